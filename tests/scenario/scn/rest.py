"""One HTTP request and its answer, on a new connection or a kept one."""

import http.client
import json
import socket
import urllib.parse

TIMEOUT_S = 20


class Answer:
    """Status, headers (lower-case names; repeated ones joined by a comma) and body."""

    def __init__(self, status, headers, data):
        self.status, self.data = status, data
        self.headers = {}
        for name, value in headers:
            low = name.lower()
            self.headers[low] = self.headers[low] + ", " + value if low in self.headers else value
        self.json = None
        self.json_fault = None
        if "json" in self.headers.get("content-type", "") and data:
            try:
                self.json = json.loads(data.decode("utf-8"))
            except ValueError as e:
                self.json_fault = str(e)

    def text(self):
        return self.data.decode("utf-8", "replace")

    def __str__(self):
        shown = self.text()
        if len(shown) > 1500:
            shown = shown[:1500] + "..."
        return "%d %s %s" % (self.status, self.headers.get("content-type", "-"), shown)


class Client:
    """Sends requests to one base URL."""

    def __init__(self, base, timeout=TIMEOUT_S):
        url = urllib.parse.urlsplit(base)
        self.host, self.port = url.hostname, url.port or 80
        self.prefix = url.path.rstrip("/")
        self.timeout = timeout
        self.kept = None

    def request(self, method, path, headers=(), body=None, keep=False):
        conn = self.kept if keep and self.kept else self._connect()
        try:
            answer = self._once(conn, method, path, headers, body)
        except (OSError, http.client.HTTPException):
            conn.close()
            if not (keep and conn is self.kept):
                raise
            self.kept = None
            conn = self._connect()
            answer = self._once(conn, method, path, headers, body)
        if keep:
            self.kept = conn
        else:
            conn.close()
        return answer

    def close(self):
        if self.kept:
            self.kept.close()
            self.kept = None

    def _connect(self):
        conn = http.client.HTTPConnection(self.host, self.port, timeout=self.timeout)
        conn.connect()
        conn.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return conn

    def _once(self, conn, method, path, headers, body):
        conn.putrequest(method, self.prefix + path, skip_accept_encoding=True)
        names = {name.lower() for name, _ in headers}
        for name, value in headers:
            conn.putheader(name, value)
        if "content-length" not in names and "transfer-encoding" not in names \
                and (body is not None or method in ("POST", "PUT", "PATCH")):
            conn.putheader("Content-Length", str(len(body or b"")))
        conn.endheaders(body if body else None)
        got = conn.getresponse()
        return Answer(got.status, got.getheaders(), got.read())
