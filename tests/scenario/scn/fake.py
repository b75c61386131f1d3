"""A fake server for the self-test of the runner: each request contains the answer that it gets."""

import base64
import hashlib
import json
import struct
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from . import frames
from .ws import GUID


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_any(self):
        if self.path.startswith("/ws"):
            self._upgrade()
            return
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        status, value = self._answer(self.path, body)
        status = int(self.headers.get("X-Fake-Status", status))
        text = self.headers.get("X-Fake-Body")
        data = text.encode("latin-1") if text is not None else json.dumps(value).encode()
        if status == 204:
            data = b""
        self.send_response(status)
        self.send_header("X-Request-Id", self.headers.get("X-Fake-Id", "r1"))
        self.send_header("Content-Type", self.headers.get("X-Fake-Type", "application/json"))
        for pair in self.headers.get_all("X-Fake-Head") or []:
            self.send_header(*pair.split("=", 1))
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_any

    def _answer(self, path, body):
        if path.endswith("/admin/tenants"):
            return 201, {"tenantId": str(uuid.uuid4()), "token": "t0",
                         "admin": {"userId": str(uuid.uuid4())}}
        if path.endswith("/users"):
            return 201, dict(json.loads(body), userId=str(uuid.uuid4()))
        if path.endswith("/tokens"):
            return 201, {"token": "t-%s" % path.split("/")[-2]}
        if path.endswith("/channels"):
            return 201, {"channelId": str(uuid.uuid4())}
        if path == "/counter":
            self.server.counter += 1
            return 200, {"n": self.server.counter}
        return 200, {"path": path, "body": body.decode("utf-8", "replace"),
                     "auth": self.headers.get("Authorization")}

    def _upgrade(self):
        self.close_connection = True
        if "refuse" in self.path:
            self.send_response(403)
            self.send_header("Content-Length", "9")
            self.end_headers()
            self.wfile.write(b"forbidden")
            return
        key = self.headers["Sec-WebSocket-Key"].encode()
        accept = base64.b64encode(hashlib.sha1(key + GUID).digest()).decode()
        if "lie" in self.path:
            accept = "bm90IHRoaXMgb25l"
        self.wfile.write(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                          "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n"
                          % accept).encode())
        try:
            self._serve_frames()
        except OSError:
            pass

    def _serve_frames(self):
        parser = ClientParser()
        while True:
            data = self.connection.recv(65536)
            if not data:
                return
            for opcode, payload in parser.feed(data):
                if opcode == frames.CLOSE:
                    self._put(frames.CLOSE, payload)
                    return
                if opcode == frames.PING:
                    self._put(frames.PONG, payload)
                if opcode == frames.TEXT and not self._obey(json.loads(payload)):
                    return

    def _obey(self, order):
        if order["type"] == "say":
            for frame in order["frames"]:
                self._put(frames.TEXT, json.dumps(frame).encode())
        elif order["type"] == "later":
            time.sleep(order["ms"] / 1000)
            self._put(frames.TEXT, json.dumps(order["frame"]).encode())
        elif order["type"] == "wire":
            self.wfile.write(bytes.fromhex(order["hex"]))
        elif order["type"] == "close":
            self._put(frames.CLOSE, struct.pack("!H", order["code"])
                      + order.get("reason", "").encode())
            return False
        elif order["type"] == "cut":
            return False
        return True

    def _put(self, opcode, payload):
        self.wfile.write(frames.encode(opcode, payload, masked=False))


class ClientParser(frames.Parser):
    """Unmasks and reads frames without checks, because the client is our own."""

    def feed(self, data):
        self.raw = getattr(self, "raw", b"") + data
        out = []
        while len(self.raw) >= 6:
            n, used = self.raw[1] & 0x7F, 2
            if n == 126:
                n, used = struct.unpack("!H", self.raw[2:4])[0], 4
            if len(self.raw) < used + 4 + n:
                break
            key = self.raw[used:used + 4]
            payload = frames.apply_mask(self.raw[used + 4:used + 4 + n], key)
            done = self._message(self.raw[0] >> 7, self.raw[0] & 15, payload)
            self.raw = self.raw[used + 4 + n:]
            if done:
                out.append(done)
        return out


def start():
    """Starts a fake on a free port; returns (server, base URL)."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.counter = 0
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, "http://127.0.0.1:%d" % server.server_port
