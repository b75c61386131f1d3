"""A request as bytes and as a curl line, and a client that sends it on a kept connection."""

import http.client
import shlex
import socket

from scn import rest

TIMEOUT_S = 30
UNRESERVED = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")


class Request:
    """The parts of a request, for mutations to change. They are bytes, because some are not text."""

    def __init__(self, name, method, segments):
        self.name = name
        self.method = method
        self.segments = segments
        self.query = []
        self.headers = []
        self.body = None
        self.chunked = False
        self.token = None
        self.scheme = b"Bearer "
        self.value = self.schema = None
        self.notes = []

    def target(self):
        path = b"/" + b"/".join(self.segments)
        pairs = [name if value is None else name + b"=" + value for name, value in self.query]
        return path + (b"?" + b"&".join(pairs) if pairs else b"")

    def all_headers(self):
        found = list(self.headers)
        if self.token is not None:
            found.insert(0, (b"Authorization", self.scheme + self.token))
        if self.chunked:
            found.append((b"Transfer-Encoding", b"chunked"))
        elif self.body is not None or self.method in (b"POST", b"PUT", b"PATCH"):
            found.append((b"Content-Length", b"%d" % len(self.body or b"")))
        return found

    def header(self, name):
        return next((v for n, v in self.headers if n.lower() == name.lower()), None)

    def drop_header(self, name):
        self.headers = [(n, v) for n, v in self.headers if n.lower() != name.lower()]

    def wire(self, host):
        lines = [self.method + b" " + self.target() + b" HTTP/1.1", b"Host: " + host]
        lines += [n + b": " + v for n, v in self.all_headers()]
        return b"\r\n".join(lines) + b"\r\n\r\n" + self._sent_body()

    def _sent_body(self):
        body = self.body or b""
        if not self.chunked:
            return body
        half = len(body) // 2
        pieces = [b"%x\r\n%s\r\n" % (len(p), p) for p in (body[:half], body[half:]) if p]
        return b"".join(pieces) + b"0\r\n\r\n"

    def curl(self, url):
        """A shell command that sends the same bytes."""
        words = ["curl -sSi", "-I" if self.method == b"HEAD" else "-X " + quoted(self.method),
                 "--request-target", quoted(self.target()), url]
        names = {n.lower() for n, _ in self.headers}
        if self.body is not None and b"content-type" not in names:
            words.append("-H 'Content-Type:'")
        for name, value in self.all_headers():
            if name != b"Content-Length" or not self.body:
                # curl sends an empty header for "Name;", and none for "Name:".
                words.append("-H " + quoted(name + b": " + value if value else name + b";"))
        if not self.body:
            return " ".join(words)
        return "printf %s | %s --data-binary @-" % (printf(self.body), " ".join(words))


def quoted(data):
    """The bytes as one word of a bash command."""
    if all(32 <= c < 127 for c in data):
        return shlex.quote(data.decode())
    return "$'%s'" % "".join(chr(c) if 32 <= c < 127 and c not in b"'\\" else "\\x%02x" % c
                             for c in data)


def printf(data):
    """The bytes as arguments of printf. Many equal bytes become a command that prints them."""
    if len(data) > 3000 and len(set(data)) == 1:
        return "'%%s' \"$(head -c %d /dev/zero | tr '\\0' '\\%03o')\"" % (len(data), data[0])
    return "'%s'" % "".join(
        chr(c) if 32 <= c < 127 and c not in b"'\\%" else "\\%03o" % c for c in data)


class Unanswered(Exception):
    """The server closed the connection, or the time-out passed, before the answer was complete."""


class Wire:
    """A client with one connection, which it keeps until the server closes it."""

    def __init__(self, host, port):
        self.address = (host, port)
        self.host = ("%s:%d" % self.address).encode()
        self.sock = None

    def ask(self, request, fresh=False):
        if fresh:
            self.close()
        kept = self.sock is not None
        try:
            return self._once(request)
        except (OSError, http.client.HTTPException) as e:
            self.close()
            if not kept or isinstance(e, socket.timeout):
                raise Unanswered("%s: %s" % (type(e).__name__, e)) from None
        # The server may close an idle connection just when the client writes, so try once more.
        return self.ask(request, fresh=True)

    def _once(self, request):
        if self.sock is None:
            self.sock = socket.create_connection(self.address, TIMEOUT_S)
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self.sock.sendall(request.wire(self.host))
        except (BrokenPipeError, ConnectionResetError):
            pass  # the server may refuse before it has read the whole request, so read its answer
        got = http.client.HTTPResponse(self.sock, method=request.method.decode("latin-1"))
        got.begin()
        answer = rest.Answer(got.status, got.getheaders(), got.read())
        if got.will_close:
            self.close()
        return answer

    def close(self):
        if self.sock is not None:
            self.sock.close()
            self.sock = None


def escaped(data):
    """Bytes of a path segment or a query value, percent-encoded."""
    return b"".join(bytes((c,)) if c in UNRESERVED else b"%%%02X" % c for c in data)
