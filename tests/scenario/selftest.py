#!/usr/bin/env python3
"""Checks that each expectation of the runner can hold and can fail, with a fake server.

selftest.py [--all]   --all: fail when the validator of the API documents is not installed
"""

import io
import sys

from run import Runner
from scn import fake, lang
from scn.env import Env
from scn.report import Report
import selftest_frames
import selftest_socket
from selftest_cases import BAD_FILES, CASES, MATCHES
from scn import match, schemas


def obj(required, **properties):
    return {"type": "object", "required": required, "properties": properties}


def message(kind, required=(), **properties):
    return {"payload": obj(["type"] + list(required), type={"const": kind}, **properties)}


ANY = {"type": ["string", "integer", "object", "array", "null"]}
MESSAGES = {
    "message": message("message", ["channelId"], channelId={"type": "string"}, seq=ANY, prev=ANY,
                       body=ANY, payload=obj([], messageId={"type": "integer"})),
    "ackPing": message("ack", ["op", "id"], op={"const": "ping"}, id={"type": "string"}),
    "ackSay": message("ack", ["op", "id", "payload"], op={"const": "say"}, id={"type": "string"},
                      payload=obj(["n"], n={"type": "integer"})),
    "error": message("error", op={"type": "string"}, id={"type": "string"},
                     payload=obj(["code"], code={"type": "string"})),
    "gap": message("gap", channelId=ANY, payload=obj([], fromSeq=ANY, toSeq=ANY, reason=ANY)),
    "presence_snapshot": message("presence_snapshot", payload=obj([], users=ANY)),
    "say": message("say", ["frames"], frames={"type": "array"}, id={"type": "string"}),
    "close": message("close", ["code"], code={"type": "integer"}),
}
FROM_CLIENT = {"say", "close"}
SMALL = {
    "channels": {"ws": {"x-closeCodes": [{"code": 4001}], "x-refusals": [{"status": 403}],
                        "messages": MESSAGES}},
    "operations": {name: {"action": "receive" if name in FROM_CLIENT else "send",
                          "messages": [{"$ref": "#/channels/ws/messages/" + name}]}
                   for name in MESSAGES},
}


class Judge(schemas.Schemas):
    """The checks against API documents, with documents of a few lines."""

    def __init__(self):
        self.open = {"components": {"schemas": {"Problem": {"type": "object"}}},
                     "paths": {"/api/judged": {"get": {"responses": {
                         "200": {"headers": {"X-Must": {"required": True}},
                                 "content": {"application/json": {"schema": {
                                     "type": "object", "required": ["path"]}}}}}}}}}
        self.cache = {}
        self.lock = schemas.threading.Lock()
        self.paths = [(0, schemas.re.compile("^/api/judged$"), self.open["paths"]["/api/judged"])]
        self.frames = schemas.FrameSchemas(SMALL)


def run_case(env, text, judge=None):
    out = io.StringIO()
    report = Report(out)
    runner = Runner(env, judge, report, log_lines=0)
    runner.run_file(lang.parse("selftest", 'scenario "x"\n' + text))
    return report.failed, out.getvalue()


def wrong_outcome(failed, output, expected):
    """The difference between the outcome and the expected one, or None."""
    if expected is None:
        return output if failed else None
    if not failed:
        return "was expected to fail with: %s" % expected
    return None if expected in output else "failed with another reason: %s" % output


def check_cases(report, env):
    for name, text, expected in CASES:
        judge = None
        if name.startswith("judge: "):
            if schemas.WHY_NOT:
                report.skip("selftest", name, schemas.WHY_NOT)
                continue
            judge = Judge()
        failed, output = run_case(env, text, judge)
        report.check("selftest", name, wrong_outcome(failed, output, expected))


def check_matches(report):
    for want, got, fits in MATCHES:
        found = match.difference(want, got) is None
        report.check("selftest", "match %r with %r" % (want, got),
                     None if found == fits else "expected %s" % fits)


def check_bad_files(report):
    for name, text in BAD_FILES:
        try:
            lang.parse("bad", text)
            report.not_ok("selftest", name, ["was accepted"])
        except lang.BadScenario:
            report.ok("selftest", name)


def main():
    server, url = fake.start()
    report = Report()
    if schemas.WHY_NOT and "--all" in sys.argv[1:]:
        report.not_ok("selftest", "the checks of the API documents", [schemas.WHY_NOT])
    env = Env({"ES_URL": url, "ES_OPERATOR_KEY": "op", "ES_DEV_DIR": "/nonexistent",
               "ES_JWT_SECRET": "s" * 32})
    check_cases(report, env)
    check_matches(report)
    check_bad_files(report)
    selftest_socket.check(report)
    if not schemas.WHY_NOT:
        selftest_frames.check(report, url)
    server.shutdown()
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
