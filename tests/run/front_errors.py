"""lighttpd's own errors and its access log."""
import json
import os
import socket
import time

import front_stubs
from front_ask import ask, check, raw

RUN = os.environ["ES_RUN_DIR"]


@check("the 411 for a POST without Content-Length names a curl option that works")
def no_length():
    problem = ask("POST", "/api/v1/channels/x/join").own_error(411, "length_required")
    assert "-d ''" in problem["detail"], problem
    ask("POST", "/api/v1/channels/x/join", ["Content-Length: 0"]).has("pool=api", "body=0")


@check("an error keeps a valid request id of the client")
def request_id():
    for given, kept in (("abc-DEF_1.2", True), ("short", False), ("x" * 64, True), ("x" * 65, False),
                        ("quote\"quote", False)):
        problem = ask("GET", "/nope", [f"X-Request-Id: {given}"]).own_error(404, "not_found")
        assert (problem["requestId"] == given) == kept, problem
    ids = {ask("GET", "/nope").own_error(404, "not_found")["requestId"] for _ in range(50)}
    assert len(ids) == 50, ids


@check("the `instance` of an error is the path without the query")
def instance():
    assert ask("GET", "/no%22pe?token=x").own_error(404, "not_found")["instance"] == "/no\"pe"
    assert ask("GET", "/%F0%9F%98%80").own_error(404, "not_found")["instance"] == "/%F0%9F%98%80"
    assert raw(b"GET /a\x12\\\"\xc3\xa9 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").own_error(
        400, "bad_request")["instance"] == "/a%12\\\"%C3%A9"
    assert raw(b"GET /a\xff HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").own_error(
        400, "bad_request")["instance"] == "/a%FF"


@check("when a FastCGI worker exits during a request, the answer is a retryable 502")
def worker_dies():
    assert ask("GET", "/api/v1/x?die").own_error(502, "unavailable")["retryAfterMs"] == 1000
    ask("POST", "/api/v1/channels/x/messages?die", body=b"{}").own_error(502, "unavailable")
    assert ask("HEAD", "/api/v1/x?die").status == 502


@check("when a program is down, the answer is a 503 with Retry-After")
def down():
    for name, path in (("api", "/api/v1/channels"), ("push-ops", "/push/healthz"), ("push", "/ws")):
        os.unlink(f"{RUN}/{name}.sock")
        ask("GET", path).own_error(503, "unavailable")


@check("lighttpd uses a restarted program again within half a second")
def restarted():
    for name, path in (("api", "/api/v1/channels"), ("push", "/ws")):
        for _ in range(4):
            down_s, began = 0.7, time.monotonic()
            while time.monotonic() - began < down_s:
                ask("GET", path).own_error(503, "unavailable")
                time.sleep(0.01)
            listener = front_stubs.start_one(RUN, name)
            began = time.monotonic()
            while ask("GET", path).status == 503:
                assert time.monotonic() - began < 5, "not used again in 5 s"
                time.sleep(0.01)
            took = time.monotonic() - began
            assert took < 0.5, f"{name} used again after {took:.2f} s"
            os.unlink(f"{RUN}/{name}.sock")
            listener.close()


AGENTS = [b'quote"quote', b"tab\tESC\x1b", b"\xff\xfe", b"\xc0\xaf", b"\xed\xa0\x80", b"cut \xf0\x9f",
          "na\u00efve \u202e".encode(), b""]


@check("each line of the access log is JSON in UTF-8 and has no query")
def access_log(stop):
    for agent in AGENTS:
        raw(b"GET /nope?token=secret-token HTTP/1.1\r\nHost: a\r\nConnection: close\r\nUser-Agent: "
            + agent + b"\r\n\r\n")
    control = [b"/" + bytes((c,)) for c in range(1, 128) if c not in b"\r\n" and not 32 <= c < 127]
    for path in [b"/\xff\xfe", b"/%ff?x", b"/\"q\\"] + control:
        raw(b"GET " + path + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    # Each byte, and each text that JSON must escape, in every part of a request.
    for odd in [bytes((c,)) for c in range(1, 256) if c not in b"\r\n"] + [b'"\\', b"\\u0000", b'","x":"']:
        for line in (b"GET /odd" + odd + b" HTTP/1.1", b"GET /odd?q=" + odd + b" HTTP/1.1",
                     b"GET /odd%%%02X HTTP/1.1" % odd[0], b"G" + odd + b"T /odd HTTP/1.1", b"GET /odd HTTP/1." + odd,
                     b"GET http://a" + odd + b"/odd HTTP/1.1"):
            raw(line + b"\r\nHost: a\r\nConnection: close\r\n\r\n")
        raw(b"GET /odd HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + b"".join(
            name + b": x" + odd + b"\r\n" for name in (b"User-Agent", b"Referer", b"X-Request-Id", b"X-Forwarded-For")) + b"\r\n")
        raw(b"GET /api/v1/odd HTTP/1.1\r\nHost: " + odd + b"\r\nConnection: close\r\n\r\n")
    # A client closes its connection before the first byte of its answer.
    with socket.create_connection(("127.0.0.1", int(os.environ["ES_PORT"])), 10) as gone:
        gone.sendall(b"GET /api/v1/slow HTTP/1.1\r\nHost: a\r\n\r\n")
    time.sleep(0.3)
    stop()
    with open(os.path.join(os.environ["ES_LOG_DIR"], "access.log"), "rb") as log:
        lines = [json.loads(line.decode("utf-8")) for line in log.read().splitlines()]
    names = {"ts", "svc", "remote", "requestId", "method", "path", "status", "bytes", "us", "agent"}
    for line in lines:
        assert set(line) == names and isinstance(line["status"], int), line
    assert any(x["path"] == "/ws" and x["status"] == 101 for x in lines), lines[-5:]
    assert any(x["agent"] == "na%C3%AFve %E2%80%AE" for x in lines), lines[-20:]
    assert not any("secret-token" in str(x) for x in lines)
    assert len([x for x in lines if x["path"] == "/nope"]) >= len(AGENTS)
    assert len([x for x in lines if x["agent"].startswith("x%") or x["path"].startswith("/odd")]) > 500


# These checks stop programs or lighttpd, so they run last.
LAST = [down, restarted, access_log]
