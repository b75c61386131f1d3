#!/usr/bin/env python3
"""Explains every statement of the programs on the database of load.sql.

auto_explain reports the plan and the rows of each statement, and of each statement inside a
function. A node may read at most ROWS_MOST rows and remove at most REMOVED_MOST by a filter,
whatever the size of the tenant: pages have 51 rows, arrays have 50.

usage: plans.py BUILD PSQL HOST
"""
import json
import re
import subprocess
import sys

from arguments import ARGUMENTS, LEFT_OUT, T
from statements import statements

ROWS_MOST = 1000
REMOVED_MOST = 200
SETUP = f"""
LOAD 'auto_explain';
SET auto_explain.log_min_duration = 0;
SET auto_explain.log_analyze = on;
SET auto_explain.log_timing = off;
SET auto_explain.log_nested_statements = on;
SET auto_explain.log_format = json;
SET auto_explain.log_level = notice;
SET jit = off;
SET SESSION AUTHORIZATION echostream_app;
SET client_min_messages = error;
"""
# Bad statements: the suite fails unless it finds the fault of each.
BAD = {
    "bad_scan": "SELECT count(*) FROM users",
    "bad_filter": "SELECT id FROM users WHERE tenant_id = $1::uuid AND display_name = 'x'",
}
CONTROL = re.compile(r"BEGIN|COMMIT|ROLLBACK|SELECT set_config\(")
REMOVED = ("Rows Removed by Filter", "Rows Removed by Join Filter",
           "Rows Removed by Index Recheck")


def literal(value):
    if value is None:
        return "NULL"
    return "'" + str(value).replace("'", "''") + "'"


def call(name, arguments, mode, sql=None):
    """The SQL of one call, which is rolled back. sql: the statement to prepare, only at its first call."""
    prepare = f'PREPARE "{name}" AS {sql};' if sql else ""
    values = f"({', '.join(map(literal, arguments))})" if arguments else ""
    return f"""
\\warn ==CALL {name} {mode}
{prepare}
SET plan_cache_mode = force_{mode}_plan;
BEGIN;
SELECT set_config('app.tenant', '{T}', true);
SET LOCAL client_min_messages = notice;
EXECUTE "{name}"{values};
ROLLBACK;
"""


def script(found):
    text = [SETUP]
    for one in found:
        sql = one["sql"]
        for arguments in ARGUMENTS[one["name"]]:
            text.append(call(one["name"], arguments, "generic", sql))
            text.append(call(one["name"], arguments, "custom"))
            sql = None
    for name, sql in BAD.items():
        text.append(call(name, [T] if "$1" in sql else [], "generic", sql))
    return "".join(text)


def nodes(plan):
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def fault_of(node):
    """The fault of one node of a plan, or None."""
    loops = node.get("Actual Loops", 1)
    removed = sum(node.get(key, 0) for key in REMOVED) * loops
    where = f'{node["Node Type"]} on {node.get("Relation Name", "-")}'
    if removed > REMOVED_MOST:
        return f"{where} removes {removed:.0f} rows by {node.get('Filter', 'a join')}"
    if "Relation Name" in node and node.get("Actual Rows", 0) * loops > ROWS_MOST:
        return f"{where} reads {node['Actual Rows'] * loops:.0f} rows"
    return None


def faults_of(output):
    """The faults in the plans of each call; an error of the server is a fault, too."""
    for part in output.split("==CALL ")[1:]:
        head, _, rest = part.partition("\n")
        plans = re.findall(r"plan:\n(\{.*?\n\})", rest, re.S)
        faults = [line for line in rest.splitlines() if "ERROR:" in line]
        for plan in map(json.loads, plans):
            faults += [fault + " in: " + " ".join(plan["Query Text"].split())[:120]
                       for fault in map(fault_of, nodes(plan["Plan"])) if fault]
        if not plans and not faults:
            faults.append("no plan was reported")
        yield head, faults


def unknown(found):
    """Yields an error for each statement without fitting arguments, and each name without a statement."""
    names = {one["name"] for one in found}
    for one in found:
        want = one["n_params"]
        if one["name"] not in ARGUMENTS:
            yield f'{one["name"]} of {one["source"]} has no line in arguments.py'
        elif not ARGUMENTS[one["name"]] and one["name"] not in LEFT_OUT:
            yield f'{one["name"]} has no arguments here, and LEFT_OUT gives no reason'
        elif any(len(arguments) != want for arguments in ARGUMENTS[one["name"]]):
            yield f'{one["name"]} takes {want} arguments'
    for name in sorted(ARGUMENTS.keys() - names):
        yield f"{name} of arguments.py names no statement of a program"


def main():
    build, psql, host = sys.argv[1:]
    found = [one for one in statements(build) if not CONTROL.match(one["sql"])]
    strange = list(unknown(found))
    for text in strange:
        print("not ok plans:", text)
    if strange:
        return 1
    done = subprocess.run([psql, "-X", "-q", "-h", host, "-U", "postgres", "-d",
                           "echostream", "-f", "-"], input=script(found), text=True,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    reported = {}
    for head, faults in faults_of(done.stderr):
        reported.setdefault(head, []).extend(faults)
    for name in BAD:
        bad = not reported.pop(f"{name} generic", None)
        print("not ok" if bad else "ok", f"plans: the check finds {name}")
    for head, faults in reported.items():
        print("not ok" if faults else "ok", "plans:", head)
        for fault in dict.fromkeys(faults):
            print("   ", fault)
    expected = 2 * sum(bool(ARGUMENTS[one["name"]]) for one in found)
    if len(reported) != expected:
        print(f"not ok plans: {len(reported)} of {expected} were explained")
    return 0


if __name__ == "__main__":
    sys.exit(main())
