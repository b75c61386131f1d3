#!/usr/bin/env python3
"""Proves that the checks of the API documents can fail: each mistake here must be found."""

import copy
import sys

import documents
import drift
from documents import API, schemas
from scn.report import Report

CHANNEL = "/api/v1/channels/{channelId}"


def routes_of(document):
    """The route table that fits the document."""
    scopes = {"none": "public", "operatorKey": "operator", "token": "user"}
    return [{"method": name.split()[0], "path": path,
             "scope": scopes[drift.auth_of_operation(op)]}
            for name, path, op in documents.operations(document)]


def frames_of(document):
    found = []
    for name, schema in schemas.messages_of(document, "receive").items():
        fields = set(schemas.resolve(document, schema)["properties"]) - {"type", "id"}
        found.append({"type": name, "fields": sorted(fields)})
    return found


def set_at(document, path, value):
    for step in path[:-1]:
        document = document[step]
    if value is None:
        del document[path[-1]]
    else:
        document[path[-1]] = value


MISTAKES = [
    # name, which document, where, what, the check that must see it
    ("a reference that leads nowhere", "open",
     ["components", "schemas", "Problem", "properties", "code"], {"$ref": "#/components/x/Y"},
     lambda j, d: documents.bad_references(d)),
    ("a component that nobody uses", "open", ["components", "schemas", "Extra"], {},
     lambda j, d: documents.unused_components(d)),
    ("an example that does not fit", "open",
     ["components", "schemas", "ChannelCreate", "examples"], [{"name": 5}],
     lambda j, d: documents.schema_examples(j, d)[0]),
    ("a request open to anything", "open",
     ["components", "schemas", "ReadMark", "additionalProperties"], None,
     lambda j, d: documents.requests_open(d)),
    ("an operationId used twice", "open",
     ["paths", CHANNEL, "get", "operationId"], "listChannels",
     lambda j, d: documents.house_rules(d)),
    ("no 401", "open", ["paths", CHANNEL, "get", "responses", "401"], None,
     lambda j, d: documents.house_rules(d)),
    ("an error that is no problem document", "open",
     ["components", "responses", "NotFound", "content"], {"application/json": {"schema": {}}},
     lambda j, d: documents.house_rules(d)),
    ("an answer without request id", "open",
     ["components", "responses", "NotFound", "headers"], {},
     lambda j, d: documents.house_rules(d)),
    ("429 without Retry-After", "open",
     ["components", "responses", "RateLimited", "headers", "Retry-After"], None,
     lambda j, d: documents.house_rules(d)),
    ("a path parameter that is not described", "open",
     ["paths", CHANNEL, "parameters"], [],
     lambda j, d: documents.house_rules(d)),
    ("a frame example that does not fit", "asyn",
     ["components", "messages", "gap", "examples"], [{"payload": {"type": "gap"}}],
     lambda j, d: documents.message_examples(j, d)[0]),
    ("a frame without example", "asyn", ["components", "messages", "gap", "examples"], [],
     lambda j, d: documents.message_examples(j, d)[0]),
    ("a route that is not documented", "open", ["paths", CHANNEL, "patch"], None,
     lambda j, d: drift.routes_fault(d, routes_of(j.open))),
    ("a documented route that is not there", "open", ["paths", CHANNEL, "delete"],
     {"responses": {}}, lambda j, d: drift.routes_fault(d, routes_of(j.open))),
    ("a route with another kind of key", "open", ["paths", CHANNEL, "get", "security"],
     [{"operatorKey": []}], lambda j, d: drift.routes_fault(d, routes_of(j.open))),
    ("a frame that is not documented", "asyn", ["operations", "onClientRead"], None,
     lambda j, d: drift.frames_fault(d, frames_of(j.asyn))),
    ("a field that is not documented", "asyn",
     ["components", "schemas", "Send", "properties", "clientMessageId"], None,
     lambda j, d: drift.frames_fault(d, frames_of(j.asyn))),
    ("a field that is not there", "asyn",
     ["components", "schemas", "Send", "properties", "colour"], {},
     lambda j, d: drift.frames_fault(d, frames_of(j.asyn))),
]


class Changed:
    """A judge with one document changed."""

    def __init__(self, judge, which, document):
        self.open = document if which == "open" else judge.open
        self.asyn = document if which == "asyn" else judge.asyn


def code_mistakes(report, judge):
    document = copy.deepcopy(judge.open)
    document["components"]["schemas"]["Code"]["enum"].remove("method_not_allowed")
    report.check("selftest", "a code that is not documented is found",
                 None if drift.codes_fault(Changed(judge, "open", document)) else "not found")
    document["components"]["schemas"]["Code"]["enum"] += ["method_not_allowed", "odd"]
    report.check("selftest", "a documented code that is not there is found",
                 None if drift.codes_fault(Changed(judge, "open", document)) else "not found")


def main():
    report = Report()
    judge, why = schemas.open_schemas(API)
    if why:
        report.skip("selftest", "checks of the API documents", why)
        return report.end()
    for name, which, path, value, check in MISTAKES:
        document = copy.deepcopy(getattr(judge, which))
        report.check("selftest", "good before: " + name, check(judge, document))
        set_at(document, path, value)
        judge.cache.clear()
        report.check("selftest", name + " is found",
                     None if check(judge, document) else "not found")
        judge.cache.clear()
    code_mistakes(report, judge)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
