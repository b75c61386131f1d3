#!/usr/bin/env python3
"""Checks db/functions, which has each SQL function once, against the checksum in db/migrations.

A changed function needs a migration, even an empty one. The version of the migration keeps an older
release's `echostreamctl db migrate` from loading its own functions again, and makes readiness fail
until the functions are loaded. So the newest migration with a line `-- echostream:functions SHA256`
must have the checksum of all files. The checksum leaves out lines that begin with `--`, which are
comments outside of functions. DB_STORE_VERSION must be that migration or a newer one; otherwise the
programs are ready before the functions are loaded.
"""
import hashlib
import pathlib
import re
import sys

FUNCTIONS = sorted(pathlib.Path("db/functions").glob("*.sql"))
MIGRATIONS = sorted(pathlib.Path("db/migrations").glob("*.sql"))
CREATE = re.compile(r"^\s*CREATE\s+(OR\s+REPLACE\s+)?FUNCTION\s+(?:public\.)?(\w+)", re.M | re.I)
COMMENT = re.compile(rb"^--.*\n", re.M)
CALLER = re.compile(r"\b(?:shared|api-fcgi|fanout|push-server|ctl|tests)/[\w/.-]+\.c\b")
STORE = pathlib.Path("shared/store/db_store.h")
STORE_VERSION = re.compile(r'^#define DB_STORE_VERSION "(\d+)"', re.M)
CHECKSUM = re.compile(r"^-- echostream:functions (\w+)$", re.M)


def rule(name, findings):
    for one in findings:
        print(f"    {one}")
    print(f"{'not ok' if findings else 'ok'} {name}")


def file_faults():
    for path in FUNCTIONS:
        text = path.read_text(encoding="utf-8")
        created = CREATE.findall(text)
        if not text.startswith("-- "):
            yield f"{path}: must begin with a comment that says what the function does"
        if {name for _, name in created} != {path.stem}:
            yield f"{path}: must create {path.stem}() and no other function"
        if not all(replace for replace, _ in created):
            yield f"{path}: must say CREATE OR REPLACE"


def caller_faults():
    for path in FUNCTIONS:
        for caller in sorted(set(CALLER.findall(path.read_text(encoding="utf-8")))):
            source = pathlib.Path(caller)
            if not source.exists() or path.stem not in source.read_text(encoding="utf-8"):
                yield f"{path}: {caller} does not exist, or does not name {path.stem}"


def copy_faults():
    seen = {}
    for path in MIGRATIONS:
        for _, name in CREATE.findall(path.read_text(encoding="utf-8")):
            if name in seen:
                yield f"{path}: {seen[name]} already defines {name}(); change db/functions/{name}.sql instead"
            seen[name] = path


def checksums():
    """(migration, checksum) of each `-- echostream:functions` line, oldest first."""
    return [(path, m[1]) for path in MIGRATIONS for m in CHECKSUM.finditer(path.read_text(encoding="utf-8"))]


def checksum_faults():
    total = hashlib.sha256(b"".join(COMMENT.sub(b"", path.read_bytes()) for path in FUNCTIONS)).hexdigest()
    named = checksums()
    if named and named[-1][1] == total:
        return
    yield "db/functions has changed: add a migration that begins with this line"
    yield f"-- echostream:functions {total}"
    if named:
        yield f"or, if only your machine has applied {named[-1][0]}, change the line in that file;"
        yield "run ./dev ctl db rollback --yes first if your machine has applied it"


def store_version_faults():
    version = STORE_VERSION.search(STORE.read_text(encoding="utf-8"))[1]
    for path, _ in checksums():
        if path.name.split("_")[0] > version:
            yield f"{STORE}: DB_STORE_VERSION is older than {path}; set it to that number"


def main():
    rule("each file of db/functions creates the function of its name", list(file_faults()))
    rule("callers that db/functions names exist", list(caller_faults()))
    rule("no function has two texts in db/migrations", list(copy_faults()))
    rule("the newest migration names the checksum of db/functions", list(checksum_faults()))
    rule("the programs ask for the migration that names the functions", list(store_version_faults()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
