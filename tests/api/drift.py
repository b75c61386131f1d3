#!/usr/bin/env python3
"""Compares api/*.yaml with the tables of the programs, in both directions: routes, frames, codes of
errors, close codes, kinds of events, reasons of gaps, refusals of the handshake.

drift.py [BUILD]   BUILD (build/) holds api-fcgi/echostream-api and push-server/echostream-push
"""

import glob
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "scenario"))

from documents import API, operations  # noqa: E402
from scn import frame_schemas, schemas  # noqa: E402
from scn.report import Report  # noqa: E402

ROUTES = ["api-fcgi/echostream-api", "--dump-routes"]
FRAMES = ["push-server/echostream-push", "--dump-frames"]


def dump(build, command):
    """Returns the table that the program prints, or None when the program is not built."""
    path = os.path.join(build, command[0])
    if not os.access(path, os.X_OK):
        return None
    out = subprocess.run([path] + command[1:], capture_output=True, check=True, timeout=20)
    return json.loads(out.stdout)


def auth_of_scope(scope):
    """The security scheme for a scope of the route table."""
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


def keys_of_route(route):
    """The scopes of API keys that open a route, and x-api-key-as-user when the key must act for a
    user, as the document spells them."""
    as_user = ["x-api-key-as-user"] if route.get("keyActsAsUser") else []
    return " ".join(sorted(route.get("keyScopes", []) + as_user))


def keys_of_operation(operation):
    return keys_of_route({"keyScopes": operation.get("x-api-key-scopes", []),
                          "keyActsAsUser": operation.get("x-api-key-as-user", False)})


def routes_fault(document, table):
    documented = {(name.split()[0], path, auth_of_operation(op), keys_of_operation(op))
                  for name, path, op in operations(document) if path.startswith("/api/")}
    real = {(r["method"], r["path"], auth_of_scope(r["scope"]), keys_of_route(r)) for r in table
            if r["path"].startswith("/api/") and r["method"] != "OPTIONS"}
    return difference(documented, real)


def queries_fault(document, table):
    """Differences in the query parameters of the routes."""
    documented, real = set(), set()
    for name, path, op in operations(document):
        if path.startswith("/api/"):
            for ref in op.get("parameters", []):
                parameter = schemas.resolve(document, ref)
                if parameter["in"] == "query":
                    documented.add((name, parameter["name"]))
    for r in table:
        if r["path"].startswith("/api/"):
            real |= {("%s %s" % (r["method"], r["path"]), q) for q in r["query"].split()}
    return difference(documented, real)


def bodies_fault(document, table):
    """Differences in the routes that accept a body."""
    documented = {(name,) for name, path, op in operations(document)
                  if path.startswith("/api/") and "requestBody" in op}
    real = {("%s %s" % (r["method"], r["path"]),) for r in table
            if r["path"].startswith("/api/") and r["body"]}
    return difference(documented, real)


def field_names(fields):
    return {f["name"] if isinstance(f, dict) else f for f in fields} - {"type"}


def frames_fault(document, table):
    """Differences in the types of frames and the names of their fields."""
    documented, real = set(), set()
    for name, known in frame_schemas.messages_of(document, "receive").items():
        for message in known:
            documented |= {(name, field) for field in message.published["properties"]}
        documented.add((name,))
    for frame in table:
        real |= {(frame["type"], field) for field in field_names(frame["fields"]) | {"type", "id"}}
        real.add((frame["type"],))
    return difference(documented, real)


def codes():
    """The error codes in core/err.h, without those of status 200."""
    with open(os.path.join(ROOT, "shared", "core", "err.h"), encoding="utf-8") as f:
        names = re.findall(r'X\(\w+, (\d+), "(\w+)"', f.read())
    return {name for status, name in names if status != "200"}


def codes_fault(judge):
    """Differences between core/err.h and the codes of both documents together.

    openapi.yaml leaves out codes that only frames have.
    """
    rest = set(judge.open["components"]["schemas"]["Code"]["enum"])
    push = set(judge.asyn["components"]["schemas"]["Code"]["enum"])
    return difference({(c,) for c in rest | push}, {(c,) for c in codes()})


# Close codes that no Close frame carries (RFC 6455 section 7.4.1): 1005 stands for a Close frame
# without a code, and 1006 for a connection that was lost without a Close frame.
NEVER_SENT = {"1005", "1006"}


def in_source(folder, pattern):
    """The matches of the pattern in the C files of ROOT/folder/**."""
    found = set()
    for path in glob.glob(os.path.join(ROOT, folder, "**", "*.[ch]"), recursive=True):
        with open(path, encoding="utf-8") as f:
            found |= set(re.findall(pattern, f.read(), re.MULTILINE))
    return found


def source_fault(documented, real):
    if not real:
        return "the table was not found in the source"
    return difference({(v,) for v in documented}, {(v,) for v in real})


def close_codes_fault(document):
    """Differences between x-closeCodes and push-server's CLOSE_* constants."""
    real = in_source("push-server", r"^\s*CLOSE_\w+ = (\d+),")
    documented = {str(entry["code"]) for entry in document["channels"]["ws"]["x-closeCodes"]}
    return source_fault(documented, real - NEVER_SENT)


def refusals_fault(document):
    """Differences between x-refusals and the HTTP statuses of push-server's table, except 200."""
    real = in_source("push-server/door", r"^\s*\{(\d{3}), ES_\w+, ")
    documented = {str(entry["status"]) for entry in document["channels"]["ws"]["x-refusals"]}
    return source_fault(documented, real - {"200"})


def event_kinds_fault(document):
    """Compares the frames with `seq` and the kinds of event.h; typing, receipt and read have none."""
    with open(os.path.join(ROOT, "shared", "event", "event.h"), encoding="utf-8") as f:
        real = set(re.findall(r'^\s*X\([A-Z_]+, "(\w+)"\)', f.read(), re.MULTILINE))
    documented = {m.type for m in frame_schemas.flat(
        frame_schemas.messages_of(document, "send")) if "seq" in m.published["properties"]}
    return source_fault(documented, real - {"typing", "receipt", "read"})


def gap_reasons_fault(document):
    real = in_source("push-server", r'^\s*\[GAP_\w+\] = "(\w+)",')
    return source_fault(document["components"]["schemas"]["GapReason"]["enum"], real)


SOURCES = [
    ("close codes are those of push-server", close_codes_fault),
    ("refusals are those of push-server", refusals_fault),
    ("numbered frames are the kinds of event.h", event_kinds_fault),
    ("reasons of gaps are those of push-server", gap_reasons_fault),
]


def front_door_fault(document):
    """Differences between x-front-door and lighttpd's error pages. The page for 500 answers 502."""
    pages = glob.glob(os.path.join(ROOT, "lighttpd", "errors", "problem.*.html"))
    real = {os.path.basename(page).split(".")[1] for page in pages} - {"500"}
    return difference({(s,) for s in document["x-front-door"]}, {(s,) for s in real})


def compare(report, name, table, fault, document):
    if table is None:
        report.not_ok("drift.py", name, ["the program is not built"])
    else:
        report.check("drift.py", name, fault(document, table))


def main(argv):
    build = argv[0] if argv else os.path.join(ROOT, "build")
    report = Report()
    judge, why = schemas.open_schemas(API)
    if why:
        report.not_ok("drift.py", "API documents", [why])
        return report.end()
    report.check("drift.py", "error codes are those of core/err.h", codes_fault(judge))
    for name, fault in SOURCES:
        report.check("drift.py", name, fault(judge.asyn))
    report.check("drift.py", "x-front-door has the error pages of lighttpd", front_door_fault(judge.open))
    compare(report, "routes are those of the document", dump(build, ROUTES), routes_fault,
            judge.open)
    compare(report, "query parameters are those of the document", dump(build, ROUTES),
            queries_fault, judge.open)
    compare(report, "bodies are those of the document", dump(build, ROUTES), bodies_fault,
            judge.open)
    compare(report, "frames are those of the document", dump(build, FRAMES), frames_fault,
            judge.asyn)
    return report.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
