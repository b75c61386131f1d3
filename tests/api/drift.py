#!/usr/bin/env python3
"""Compares api/*.yaml with the programs' own route, frame and code tables, both ways.

drift.py [BUILD]   BUILD (build/) holds api-fcgi/echostream-api and push-server/echostream-push
"""

import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "scenario"))

from documents import API, operations  # noqa: E402
from scn import schemas  # noqa: E402
from scn.report import Report  # noqa: E402

ROUTES = ["api-fcgi/echostream-api", "--dump-routes"]
FRAMES = ["push-server/echostream-push", "--dump-frames"]


def dump(build, command):
    """A table as the program prints it, or None when it is not built."""
    path = os.path.join(build, command[0])
    if not os.access(path, os.X_OK):
        return None
    out = subprocess.run([path] + command[1:], capture_output=True, check=True, timeout=20)
    return json.loads(out.stdout)


def auth_of_scope(scope):
    """What a scope of the route table means to a client."""
    return {"": "none", "none": "none", "public": "none",
            "operator": "operatorKey"}.get(str(scope).lower(), "token")


def auth_of_operation(operation):
    security = operation.get("security")
    if security is None:
        return "token"
    return next(iter(security[0])) if security else "none"


def difference(documented, real):
    found = ["not in the document: %s" % " ".join(r) for r in sorted(real - documented)]
    return found + ["not in the program: %s" % " ".join(r) for r in sorted(documented - real)]


def routes_fault(document, table):
    documented = {(name.split()[0], path, auth_of_operation(op))
                  for name, path, op in operations(document) if path.startswith("/api/")}
    real = {(r["method"], r["path"], auth_of_scope(r["scope"])) for r in table
            if r["path"].startswith("/api/") and r["method"] != "OPTIONS"}
    return difference(documented, real)


def field_names(fields):
    return {f["name"] if isinstance(f, dict) else f for f in fields} - {"type"}


def frames_fault(document, table):
    """Types and the names of their fields."""
    documented, real = set(), set()
    for name, schema in schemas.messages_of(document, "receive").items():
        schema = schemas.resolve(document, schema)
        documented |= {(name, field) for field in schema["properties"]} | {(name,)}
    for frame in table:
        real |= {(frame["type"], field) for field in field_names(frame["fields"]) | {"type", "id"}}
        real.add((frame["type"],))
    return difference(documented, real)


def codes():
    """Wire names in the one list of errors."""
    with open(os.path.join(ROOT, "shared", "core", "err.h"), encoding="utf-8") as f:
        names = re.findall(r'X\(\w+, (\d+), "(\w+)"', f.read())
    return {name for status, name in names if status != "200"}


def codes_fault(judge):
    """REST documents all but what only frames can have; together they are the list."""
    rest = set(judge.open["components"]["schemas"]["Code"]["enum"])
    push = set(judge.asyn["components"]["schemas"]["Code"]["enum"])
    return difference({(c,) for c in rest | push}, {(c,) for c in codes()})


def compare(report, name, table, fault, document):
    if table is None:
        report.skip("drift.py", name, "the program is not built")
    else:
        report.check("drift.py", name, fault(document, table))


def main(argv):
    build = argv[0] if argv else os.path.join(ROOT, "build")
    report = Report()
    judge, why = schemas.open_schemas(API)
    if why:
        report.skip("drift.py", "API documents", why)
        return report.end()
    report.check("drift.py", "error codes are those of core/err.h", codes_fault(judge))
    compare(report, "routes are those of the document", dump(build, ROUTES), routes_fault,
            judge.open)
    compare(report, "frames are those of the document", dump(build, FRAMES), frames_fault,
            judge.asyn)
    return report.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
