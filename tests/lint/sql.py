#!/usr/bin/env python3
"""Checks that SQL is in shared/store only, and that every statement there names its tenant.

A statement is a run of adjacent C string literals that starts with an SQL verb. A statement that only
calls es_ functions need not name a tenant, because these functions take the tenant as an argument or
are meant to see all tenants. A statement on the table of tenants need not either: its key is the tenant.
"""
import pathlib
import re
import sys

SOURCES = ("shared", "api-fcgi", "fanout", "push-server", "ctl")
# Files whose string literals may be SQL, or look like it: the stores, shared/pg (begins and ends
# transactions), shared/redis (Redis has a command SELECT) and echostreamctl (applies migrations).
HOMES = re.compile(r"^(shared/store/|shared/pg/|shared/redis/|ctl/(ctl_)?(db|migrat)[a-z_]*\.[ch]$)")
LITERAL = re.compile(r'"(?:[^"\\\n]|\\.)*"')
RUN = re.compile(r'"(?:[^"\\\n]|\\.)*"(?:(?:\s|\\\n)*(?:[A-Z_0-9]+(?:\s|\\\n)+)?"(?:[^"\\\n]|\\.)*")*')
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
VERB = re.compile(r"^\s*(WITH|SELECT|INSERT\s+INTO|UPDATE|DELETE\s+FROM|TRUNCATE|CREATE|ALTER|DROP|"
                  r"LOCK\s+TABLE)\b.*\b\w+", re.I | re.S)
TABLE = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE)\s+(?!ONLY\b)([a-z_]+)", re.I)
LOOSE = re.compile(r"^(es_\w+|unnest|tenants|set|json_\w+|jsonb_\w+|generate_series|of|skip|nothing)$", re.I)


def statements(path):
    text = path.read_text(encoding="utf-8")
    # Blank out comments, keep the line breaks, and leave strings that contain // alone.
    text = re.sub(r'"(?:[^"\\\n]|\\.)*"|/\*.*?\*/|//[^\n]*',
                  lambda m: m[0] if m[0][0] == '"' else re.sub(r"[^\n]", " ", m[0]), text, flags=re.S)
    for run in RUN.finditer(text):
        sql = "".join(x[1:-1] for x in LITERAL.findall(run[0]))
        sql = sql.replace("\\n", " ").replace("\\t", " ")
        if VERB.match(sql) and (sql.split()[0].isupper() or " from " in sql):
            yield text.count("\n", 0, run.start()) + 1, sql


def tenantless(sql):
    tables = [t for t in TABLE.findall(sql) if not LOOSE.match(t)]
    return tables and "tenant" not in sql


def rule(name, findings):
    for one in findings:
        print(f"    {one}")
    print(f"{'not ok' if findings else 'ok'} {name}")


def main():
    outside, loose = [], []
    for folder in SOURCES:
        for path in sorted(pathlib.Path(folder).rglob("*.[ch]")):
            for line, sql in statements(path):
                where = f"{path}:{line}: {sql[:90]}"
                if not HOMES.match(str(path)):
                    outside.append(where)
                elif str(path).startswith("shared/store/") and tenantless(sql):
                    loose.append(where)
    rule("SQL is in shared/store only", outside)
    rule("every statement of shared/store names its tenant", loose)
    return 0


if __name__ == "__main__":
    sys.exit(main())
