#!/usr/bin/env python3
"""Checks each of api/*.yaml by itself: references, examples against schemas, house rules."""

import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "scenario"))

import frame_rules  # noqa: E402
from frame_rules import walk  # noqa: E402
from scn import frame_schemas, schemas  # noqa: E402
from scn.report import Report  # noqa: E402

API = os.path.join(os.path.dirname(os.path.dirname(HERE)), "api")
VERBS = ("get", "post", "put", "patch", "delete")


def bad_references(document):
    found = []
    for path, mapping in walk(document):
        ref = mapping.get("$ref")
        if isinstance(ref, str):
            try:
                schemas.resolve(document, mapping)
            except KeyError:
                found.append("%s: %s has no target" % (path, ref))
    return found


def unused_components(document):
    used = {m["$ref"] for _, m in walk(document) if isinstance(m.get("$ref"), str)}
    found = []
    for group, members in document["components"].items():
        if group == "securitySchemes":
            continue
        for name in members:
            ref = "#/components/%s/%s" % (group, name)
            if ref not in used:
                found.append(ref + " is used nowhere")
    return found


def operations(document):
    for path, item in document["paths"].items():
        for verb in VERBS:
            if verb in item:
                yield "%s %s" % (verb.upper(), path), path, item[verb]


# Statuses that any operation below /api/ may return: a malformed query, no token, no right, a rate
# limit, an internal fault.
ANY = ("400", "401", "403", "429", "500", "503")


def missing_answers(document):
    return ["%s does not document %s" % (name, status)
            for name, path, op in operations(document) if path.startswith("/api/")
            for status in ANY if status not in op["responses"]]


def schema_examples(judge, document):
    """Returns (examples that do not fit their schema, number of examples)."""
    found, count = [], 0
    for name, schema in document["components"]["schemas"].items():
        for k, example in enumerate(schema.get("examples", [])):
            count += 1
            wrong = judge.fault(document, {"$ref": "#/components/schemas/" + name}, example)
            if wrong:
                found.append("%s example %d: %s" % (name, k, wrong))
    return found, count


def message_examples(judge, document):
    """Returns (faults of the examples of frames, number of examples). A frame without an example is a
    fault, and so is an undocumented field."""
    found, count = [], 0
    for name, message in document["components"]["messages"].items():
        if not message.get("examples"):
            found.append("message %s has no example" % name)
        for k, example in enumerate(message.get("examples", [])):
            count += 1
            whole = frame_schemas.closed(frame_schemas.expand(document, message["payload"]))
            wrong = judge.fault(document, whole, example["payload"])
            if wrong:
                found.append("%s example %d: %s" % (name, k, wrong))
    return found, count


def content_schemas(document, operation):
    """Yields (place, schema) of each JSON body of a request or an answer."""
    wanted = schemas.resolve(document, operation.get("requestBody"))
    if wanted:
        yield "request", wanted["content"]["application/json"]["schema"]
    for status, response in operation["responses"].items():
        response = schemas.resolve(document, response)
        for kind, media in response.get("content", {}).items():
            if "json" in kind:
                yield status, media["schema"]


def requests_open(document):
    """Request schemas that allow unknown fields or have no example."""
    found = []
    for name, _, operation in operations(document):
        for where, schema in content_schemas(document, operation):
            if where == "request":
                schema = schemas.resolve(document, schema)
                if schema.get("additionalProperties") is not False:
                    found.append("%s: request allows unknown fields" % name)
                if not schema.get("examples"):
                    found.append("%s: request without example" % name)
    return found


def house_rules(document):
    """Operations that break a rule: operationId is unique, a summary exists, path parameters are
    described, errors are problem documents."""
    found, ids = [], set()
    for name, path, operation in operations(document):
        oid = operation.get("operationId", "")
        if not re.fullmatch(r"[a-z][A-Za-z0-9]+", oid):
            found.append("%s: operationId %r must be letters and digits and begin in lower case"
                         % (name, oid))
        elif oid in ids:
            found.append("%s: operationId %r is used twice" % (name, oid))
        ids.add(oid)
        if not operation.get("summary") or not operation.get("tags"):
            found.append("%s: no summary or no tag" % name)
        given = {schemas.resolve(document, p)["name"] for p in
                 document["paths"][path].get("parameters", []) + operation.get("parameters", [])}
        missing = set(re.findall(r"\{(\w+)\}", path)) - given
        if missing:
            found.append("%s: path parameters not described: %s" % (name, sorted(missing)))
        if path.startswith("/api/"):
            found += response_rules(document, name, operation)
    return found


def response_rules(document, name, operation):
    found = []
    needed = {"500", "503"} | ({"401"} if operation.get("security") != [] else set())
    for status in sorted(needed - set(operation["responses"])):
        found.append("%s: %s is not described" % (name, status))
    for status, response in operation["responses"].items():
        response = schemas.resolve(document, response)
        headers = response.get("headers", {})
        if "X-Request-Id" not in headers:
            found.append("%s %s: no X-Request-Id" % (name, status))
        if status[0] in "45" and list(response.get("content", {})) != ["application/problem+json"]:
            found.append("%s %s: not application/problem+json" % (name, status))
        wanted = {"401": "WWW-Authenticate", "429": "Retry-After", "503": "Retry-After",
                  "201": None}.get(status)
        if wanted and wanted not in headers:
            found.append("%s %s: no %s" % (name, status, wanted))
    return found


def check(report, judge):
    for name, document in (("openapi.yaml", judge.open), ("asyncapi.yaml", judge.asyn)):
        report.check(name, "every reference has a target", bad_references(document))
        report.check(name, "every component is used", unused_components(document))
        found, count = schema_examples(judge, document)
        report.check(name, "%d schema examples fit their schema" % count, found)
    report.check("openapi.yaml", "requests refuse unknown fields and have an example",
                 requests_open(judge.open))
    report.check("openapi.yaml", "each operation documents the common statuses",
                 missing_answers(judge.open))
    report.check("openapi.yaml", "operations have an id, a summary and described parameters; errors are problem documents",
                 house_rules(judge.open))
    report.check("asyncapi.yaml", "each member of each frame has a type and a limit",
                 frame_rules.faults(judge.asyn))
    found, count = message_examples(judge, judge.asyn)
    report.check("asyncapi.yaml", "%d frame examples fit their schema" % count, found)


def main():
    report = Report()
    judge, why = schemas.open_schemas(API)
    if why:
        report.not_ok("documents.py", "API documents", [why])
    else:
        check(report, judge)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
