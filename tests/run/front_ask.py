"""Sends requests to lighttpd for the checks of front.py, and parses the answers."""
import json
import os
import socket
import ssl
import sys

PORT = int(os.environ["ES_PORT"])
TLS_PORT = int(os.environ["ES_TLS_PORT"])
CHECKS = []


def check(name):
    def keep(function):
        CHECKS.append((name, function))
        return function
    return keep


class Answer:
    def __init__(self, raw):
        head, _, self.body = raw.partition(b"\r\n\r\n")
        lines = head.decode("latin1").split("\r\n")
        self.status = int(lines[0].split()[1]) if lines[0] else 0
        self.headers = {k.lower(): v.strip() for k, _, v in (x.partition(":") for x in lines[1:])}
        self.text = self.body.decode("latin1")

    def problem(self, status, code):
        assert self.status == status, f"{self.status} instead of {status}: {self.text[:200]}"
        assert self.headers["content-type"] == "application/problem+json", self.headers
        problem = json.loads(self.body)
        assert problem["status"] == status and problem["code"] == code, problem
        return problem

    def own_error(self, status, code):
        """Checks that this is an error of lighttpd itself, complete, and readable by any web app."""
        problem = self.problem(status, code)
        assert problem["requestId"] == self.headers["x-request-id"] and len(problem["requestId"]) >= 8, problem
        assert self.headers["access-control-allow-origin"] == "*", self.headers
        assert "Retry-After" in self.headers["access-control-expose-headers"], self.headers
        assert self.headers["x-content-type-options"] == "nosniff", self.headers
        assert problem["retryable"] == (status >= 502), problem
        assert ("retry-after" in self.headers) == problem["retryable"], self.headers
        return problem

    def has(self, *words):
        assert self.status == 200, f"{self.status}: {self.text[:200]}"
        for word in words:
            assert word in self.text, f"{word!r} is not in {self.text}"


def connect(tls=False, source="127.0.0.1"):
    plain = socket.create_connection(("127.0.0.1", TLS_PORT if tls else PORT), 10, (source, 0))
    if not tls:
        return plain
    trust = ssl.create_default_context(cafile=os.path.join(sys.argv[2], "tls/fullchain.pem"))
    return trust.wrap_socket(plain, server_hostname="localhost")


def raw(data, **where):
    with connect(**where) as peer:
        peer.sendall(data)
        out = b""
        try:
            while more := peer.recv(65536):
                out += more
        except TimeoutError:
            pass
        return Answer(out)


def ask(method, path, headers=(), body=b"", **where):
    head = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close", *headers]
    if body:
        head.append(f"Content-Length: {len(body)}")
    return raw("\r\n".join(head).encode("latin1") + b"\r\n\r\n" + body, **where)
