#!/usr/bin/env python3
"""Checks that the property test can fail: it must find each fault that this file plants."""

import argparse
import copy
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

import property as suite
from property import Logs, Run, Values, Verdict, environment, schemas
from scn import rest
from scn.report import Report
from wire import Request

API = os.path.join(environment.repository(), "api")
USER = {"userId": "01900000-0000-7000-8000-00000000a001", "email": "a@b.test", "displayName": "A",
        "role": "owner", "status": "active", "externalId": None,
        "readReceipts": True, "createdAt": "2026-01-02T03:04:05.678Z"}
ID = ("X-Request-Id", "r-12345678")
JSON = ("Content-Type", "application/json")
PROBLEM = ("Content-Type", "application/problem+json")
BODY = {"type": "/problems/x", "title": "X", "status": 404, "code": "not_found",
        "requestId": ID[1]}
USER_CREATE = b'{"email":"a@b.test","displayName":"A"}'


def problem(**changes):
    return dict(BODY, **changes)


# name, method, path, body of the request, status, headers, body of the answer, the fault (None: none)
ANSWERS = [
    ("a valid answer", "GET", "users/me", None, 200, [ID, JSON], USER, None),
    ("a valid refusal", "GET", "users/" + USER["userId"], None, 404, [ID, PROBLEM], BODY, None),
    ("500", "GET", "users/me", None, 500, [ID, PROBLEM], problem(status=500, code="internal"),
     "the server failed"),
    ("503 with a documented reason", "GET", "users/me", None, 503,
     [ID, PROBLEM, ("Retry-After", "1")], problem(status=503, code="unavailable"),
     "the server failed"),
    ("a status that is not documented", "GET", "users/me", None, 418, [ID, PROBLEM],
     problem(status=418), "status 418 is not documented"),
    ("a body that breaks its schema", "GET", "users/me", None, 200, [ID, JSON],
     dict(USER, role="king"), "king"),
    ("an undocumented field", "GET", "users/me", None, 200, [ID, JSON],
     dict(USER, password="x"), "field .password is not documented"),
    ("an undocumented field in a list", "GET", "users", None, 200, [ID, JSON],
     {"users": [dict(USER, password="x")], "nextCursor": None}, "users[].password"),
    ("another content type", "GET", "users/me", None, 200, [ID, ("Content-Type", "text/plain")],
     USER, "content type text/plain"),
    ("no X-Request-Id", "GET", "users/me", None, 200, [JSON], USER, "no X-Request-Id"),
    ("another requestId", "GET", "users/me", None, 404, [ID, PROBLEM], problem(requestId="r-2"),
     "requestId of the problem"),
    ("another status in the body", "GET", "users/" + USER["userId"], None, 404, [ID, PROBLEM],
     problem(status=400), "status of the problem"),
    ("401 without a challenge", "GET", "users/me", None, 401, [ID, PROBLEM],
     problem(status=401, code="unauthenticated"), "WWW-Authenticate"),
    ("405 without Allow", "PUT", "users/me", None, 405, [ID, PROBLEM],
     problem(status=405, code="method_not_allowed"), "405 without Allow"),
    ("success of an unknown operation", "PUT", "users/me", None, 204, [ID], None,
     "for a request that is not documented"),
    ("a 404 that is no problem document", "GET", "nothing", None, 404,
     [ID, PROBLEM], {}, "problem document"),
    ("an answer to HEAD with a body", "HEAD", "users/me", None, 200, [ID, JSON], USER, "has a body"),
    ("a valid creation", "POST", "users", USER_CREATE, 201, [ID, JSON, ("Location", "/x")], USER, None),
    ("an accepted body that the document forbids", "POST", "users", USER_CREATE[:-1] + b',"x":1}', 201,
     [ID, JSON, ("Location", "/x")], USER, "the document forbids"),
    ("an accepted body that is not JSON", "POST", "users", b"{", 201,
     [ID, JSON, ("Location", "/x")], USER, "not JSON"),
]


def check_answers(report, judge):
    verdict = Verdict(judge)
    for name, method, path, body, status, headers, data, wanted in ANSWERS:
        request = Request(name, method.encode(), ["api/v1".encode()] + path.encode().split(b"/"))
        request.body = body
        answer = rest.Answer(status, headers, b"" if data is None else json.dumps(data).encode())
        found = verdict.faults(request, answer)
        wrong = found if wanted is None else not any(wanted in text for text in found)
        report.check("selftest", "%s is %s" % (name, "found" if wanted else "accepted"),
                     ["found: %s" % found] if wrong else None)


def check_values(report, judge):
    """Valid values match their schema; most broken values do not."""
    values, rng = Values(judge.open), random.Random(1)
    wrong, broken = [], 0
    operations = [op for op in suite.Drawer(judge.open, values).operations if op.body]
    for op in operations:
        for _ in range(200):
            value = values.good(rng, op.body)
            fault = judge.fault(judge.open, op.body, value)
            wrong += ["%s: %s" % (op.name, fault)] if fault else []
            other = values.broken(rng, op.body, copy.deepcopy(value))
            broken += judge.fault(judge.open, op.body, other) is not None
    report.check("selftest", "valid values match their schema", wrong[:5])
    least = len(operations) * 200 * 6 // 10
    report.check("selftest", "most broken values break their schema (%d)" % broken,
                 None if broken > least else "less than %d" % least)


def receive_one(listener, into):
    """Accepts one client, appends its request to the list `into`, and answers 204."""
    sock, _ = listener.accept()
    sock.settimeout(10)
    data = sock.recv(65536)
    while not whole(data):
        data += sock.recv(65536)
    sock.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
    sock.close()
    into.append(data)


def whole(data):
    head, end, body = data.partition(b"\r\n\r\n")
    length = [int(line[15:]) for line in head.lower().split(b"\r\n")
              if line.startswith(b"content-length:")]
    return bool(end) and len(body) >= (length[0] if length else 0)


def check_curl(report):
    """The curl line of a failure sends the bytes of the request, also unusual ones."""
    request = Request("odd", b"PATCH", [b"a%2F", b"..", b"\xff'$(x){}[1-2]"])
    request.query = [(b"q", b"'\"\xe9"), (b"flag", None)]
    request.headers = [(b"X-Odd", b"a'\\\x7f\xff"), (b"X-None", b"")]
    request.token = b"tok'en"
    request.body = b"\x00'%s\\n\\\xff\r\n$x"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        received = []
        thread = threading.Thread(target=receive_one, args=(listener, received))
        thread.start()
        url = "http://127.0.0.1:%d" % listener.getsockname()[1]
        subprocess.run(["bash", "-c", request.curl(url)], capture_output=True, timeout=20,
                       check=False)
        thread.join()
    got_head, _, got_body = (received or [b""])[0].partition(b"\r\n\r\n")
    head, _, body = request.wire(url[7:].encode()).partition(b"\r\n\r\n")
    wanted, got = set(head.split(b"\r\n")), set(got_head.split(b"\r\n"))
    got |= {line + b" " for line in got if line.endswith(b":")}
    report.check("selftest", "the curl line sends the same bytes",
                 ["missing: %r" % sorted(wanted - got), "body: %r" % got_body]
                 if wanted - got or got_body != body else None)


def planted(folder, change):
    """Copies the API documents to the folder and changes openapi.yaml."""
    shutil.copytree(API, folder, dirs_exist_ok=True)
    path = os.path.join(folder, "openapi.yaml")
    document = schemas.load(path)
    change(document)
    with open(path, "w", encoding="utf-8") as f:
        json.dump(document, f, ensure_ascii=False)  # YAML reads no surrogate pairs


def no_success(document):
    del document["paths"]["/api/v1/users/me"]["get"]["responses"]["200"]


def wrong_role(document):
    document["components"]["schemas"]["User"]["properties"]["role"] = {"type": "integer"}


def no_member(document):
    del document["components"]["schemas"]["Channel"]["properties"]["topic"]


def strict_name(document):
    document["components"]["schemas"]["ChannelCreate"]["properties"]["name"]["maxLength"] = 1


PLANTED = [
    ("a status missing in the document", no_success, "getMe 200: status 200"),
    ("a wrong schema", wrong_role, "is not of type"),
    ("a field missing in a schema", no_member, "topic is not documented"),
    ("too small a limit", strict_name, "accepted a request that the document forbids"),
]


def check_planted(report, env):
    """A run against the stack finds each mistake in a wrong document."""
    right = Run(env, API, "selftest")
    for name, change, wanted in PLANTED:
        with tempfile.TemporaryDirectory() as folder:
            planted(folder, change)
            run = Run(env, folder, "selftest")
            run.values, run.drawer = right.values, right.drawer
            run.run(range(500), 4)
        report.check("selftest", name + " is found", None if any(
            wanted in kind for kind in run.kinds) else ["found: %s" % list(run.kinds)])


def check_seed(report, env):
    """The same seed and number make the same request."""
    run = Run(env, API, "selftest")
    run.fixtures = suite.Fixtures(env, run.values)
    wires = [[run.request(k)[2].wire(b"x") for k in range(300)] for _ in range(2)]
    report.check("selftest", "a seed makes the same requests again",
                 None if wires[0] == wires[1] else "they differ")
    run.seed = "another"
    report.check("selftest", "another seed makes other requests",
                 None if wires[0] != [run.request(k)[2].wire(b"x") for k in range(300)] else "no")


class FakeEnv:
    """A stack that reports one program with two workers."""

    def __init__(self, folder):
        self.folder, self.programs = folder, [{"name": "api", "pid": 5, "workers": [6, 7]}]

    def log_dir(self):
        return self.folder

    def status(self):
        return {"programs": self.programs}


def check_watch(report):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "api.log")
        with open(path, "w", encoding="utf-8") as f:
            f.write('{"ts":"x","lvl":"error","msg":"old"}\n')
        env = FakeEnv(folder)
        logs, before = Logs(env), suite.pids(env)
        report.check("selftest", "an error from before the run does not count", logs.errors())
        with open(path, "a", encoding="utf-8") as f:
            f.write('{"ts":"x","lvl":"warn","msg":"fine"}\n{"ts":"x","lvl":"error","msg":"new"}\n')
        report.check("selftest", "an error during the run is found",
                     None if len(logs.errors()) == 1 else "found: %s" % logs.errors())
        with open(os.path.join(folder, "access.log"), "wb") as f:
            f.write(b'{"path":"/a"}\n{"path":"/\xff"}\n{"path":"\\x12"}\n')
        report.check("selftest", "lines of the access log that are not JSON are found",
                     None if len(logs.unreadable()) == 2 else "found: %s" % logs.unreadable())
        env.programs[0]["workers"] = [6, 8]
        report.check("selftest", "a replaced worker is found", None if suite.changes(
            before, suite.pids(env)) == ["api 7 is gone", "api 8 is new"] else "not found")


def main(argv):
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--env")
    args = p.parse_args(argv)
    report = Report()
    judge, why = schemas.open_schemas(API)
    if why:
        report.not_ok("selftest", "the API documents can be read", [why])
        return report.end()
    env = environment.read_env(args.env)
    check_answers(report, judge)
    check_values(report, judge)
    check_curl(report)
    check_watch(report)
    check_seed(report, env)
    check_planted(report, env)
    return report.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
