#!/usr/bin/env python3
"""Checks that the checks of the API documents can fail: they must find each of these mistakes."""

import copy
import sys

import documents
import drift
from documents import API, frame_rules, frame_schemas, schemas
from scn.report import Report

CHANNEL = "/api/v1/channels/{channelId}"
SCHEMAS = ["components", "schemas"]
WS = ["channels", "ws"]


def routes_of(document):
    """The route table that matches the document."""
    scopes = {"none": "public", "operatorKey": "operator", "token": "user"}
    return [{"method": name.split()[0], "path": path,
             "scope": scopes[drift.auth_of_operation(op)],
             "keyScopes": op.get("x-api-key-scopes", []),
             "keyActsAsUser": op.get("x-api-key-as-user", False)}
            for name, path, op in documents.operations(document)]


def frames_of(document):
    found = []
    for name, known in frame_schemas.messages_of(document, "receive").items():
        fields = {f for m in known for f in m.published["properties"]} - {"type", "id"}
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
    # name, document, place, new value, the check that must find it
    ("a reference without a target", "open",
     ["components", "schemas", "Problem", "properties", "code"], {"$ref": "#/components/x/Y"},
     lambda j, d: documents.bad_references(d)),
    ("an unused component", "open", ["components", "schemas", "Extra"], {},
     lambda j, d: documents.unused_components(d)),
    ("an example that does not fit", "open",
     ["components", "schemas", "ChannelCreate", "examples"], [{"name": 5}],
     lambda j, d: documents.schema_examples(j, d)[0]),
    ("a request that allows unknown fields", "open",
     ["components", "schemas", "ReadMark", "additionalProperties"], None,
     lambda j, d: documents.requests_open(d)),
    ("an operationId used twice", "open",
     ["paths", CHANNEL, "get", "operationId"], "listChannels",
     lambda j, d: documents.house_rules(d)),
    ("no 401", "open", ["paths", CHANNEL, "get", "responses", "401"], None,
     lambda j, d: documents.house_rules(d)),
    ("an error that is not a problem document", "open",
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
    ("a payload that is not described", "asyn", SCHEMAS + ["MemberPayload", "properties"], None,
     lambda j, d: frame_rules.faults(d)),
    ("an object that does not say what is required", "asyn",
     SCHEMAS + ["GapPayload", "required"], None, lambda j, d: frame_rules.faults(d)),
    ("a required member that is not described", "asyn",
     SCHEMAS + ["GapPayload", "properties", "reason"], None, lambda j, d: frame_rules.faults(d)),
    ("a string without a limit", "asyn", SCHEMAS + ["DisplayName", "maxLength"], None,
     lambda j, d: frame_rules.faults(d)),
    ("a pattern without a maximum length", "asyn", SCHEMAS + ["Id", "pattern"], "^[0-9a-f]+$",
     lambda j, d: frame_rules.faults(d)),
    ("a number without a limit", "asyn", SCHEMAS + ["Seq", "maximum"], None,
     lambda j, d: frame_rules.faults(d)),
    ("a list without a limit", "asyn",
     SCHEMAS + ["PresenceSnapshotPayload", "properties", "users", "maxItems"], None,
     lambda j, d: frame_rules.faults(d)),
    ("a member without a type", "asyn",
     SCHEMAS + ["PongPayload", "properties", "serverTime"], {"description": "now"},
     lambda j, d: frame_rules.faults(d)),
    ("an object that allOf describes in pieces", "asyn", SCHEMAS + ["PongPayload", "allOf"], [],
     lambda j, d: frame_rules.faults(d)),
    ("a limit beside a reference", "asyn",
     SCHEMAS + ["MessagePayload", "properties", "messageId", "maximum"], 5,
     lambda j, d: frame_rules.faults(d)),
    ("an example with a member that is not described", "asyn",
     ["components", "messages", "pong", "examples"],
     [{"payload": {"type": "pong", "payload": {"serverTime": "2026-01-02T03:04:05.678Z",
                                               "zone": "UTC"}}}],
     lambda j, d: documents.message_examples(j, d)[0]),
    ("a close code that is not documented", "asyn", WS + ["x-closeCodes"], [{"code": 4001}],
     lambda j, d: drift.close_codes_fault(d)),
    ("a refusal that is not documented", "asyn", WS + ["x-refusals"], [{"status": 400}],
     lambda j, d: drift.refusals_fault(d)),
    ("an event that is not documented", "asyn", ["operations", "tellMemberLeft"], None,
     lambda j, d: drift.event_kinds_fault(d)),
    ("a reason of a gap that is not documented", "asyn", SCHEMAS + ["GapReason", "enum"],
     ["reset"], lambda j, d: drift.gap_reasons_fault(d)),
    ("a route that is not documented", "open", ["paths", CHANNEL, "patch"], None,
     lambda j, d: drift.routes_fault(d, routes_of(j.open))),
    ("a documented route that the program does not have", "open", ["paths", CHANNEL, "put"],
     {"responses": {}}, lambda j, d: drift.routes_fault(d, routes_of(j.open))),
    ("a route with other scopes of API keys", "open",
     ["paths", CHANNEL, "get", "x-api-key-scopes"], ["admin"],
     lambda j, d: drift.routes_fault(d, routes_of(j.open))),
    ("a route with another kind of key", "open", ["paths", CHANNEL, "get", "security"],
     [{"operatorKey": []}], lambda j, d: drift.routes_fault(d, routes_of(j.open))),
    ("a frame that is not documented", "asyn", ["operations", "onClientRead"], None,
     lambda j, d: drift.frames_fault(d, frames_of(j.asyn))),
    ("a field that is not documented", "asyn",
     ["components", "schemas", "Send", "properties", "clientMessageId"], None,
     lambda j, d: drift.frames_fault(d, frames_of(j.asyn))),
    ("a documented field that the program does not have", "asyn",
     ["components", "schemas", "Send", "properties", "colour"], {},
     lambda j, d: drift.frames_fault(d, frames_of(j.asyn))),
]


class Changed:
    """The checks with one changed document."""

    def __init__(self, judge, which, document):
        self.open = document if which == "open" else judge.open
        self.asyn = document if which == "asyn" else judge.asyn


def code_mistakes(report, judge):
    document = copy.deepcopy(judge.open)
    document["components"]["schemas"]["Code"]["enum"].remove("method_not_allowed")
    report.check("selftest", "a code that is not documented is found",
                 None if drift.codes_fault(Changed(judge, "open", document)) else "not found")
    document["components"]["schemas"]["Code"]["enum"] += ["method_not_allowed", "odd"]
    report.check("selftest", "a documented code that the program does not have is found",
                 None if drift.codes_fault(Changed(judge, "open", document)) else "not found")


def main():
    report = Report()
    judge, why = schemas.open_schemas(API)
    if why:
        report.not_ok("selftest", "checks of the API documents", [why])
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
