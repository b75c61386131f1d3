"""A WebSocket client: handshake, a reader thread, and an ordered record of received frames."""

import base64
import hashlib
import json
import os
import socket
import struct
import threading
import time

from . import frames

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
MAX_HEAD = 65536


class Refused(Exception):
    """The server refused the upgrade in HTTP."""

    def __init__(self, status, headers, body):
        super().__init__("upgrade refused with %d" % status)
        self.status, self.headers, self.body = status, headers, body


class Closed(Exception):
    """The connection ended; code 1006 means that no Close frame came."""


class WsClient:
    """.inbox has the received frames as (arrival number, dict); .cond is notified of each."""

    def __init__(self, host, port, target, headers=(), timeout=10.0, rcvbuf=0):
        self.inbox = []
        self.cond = threading.Condition()
        self.close_code = None
        self.close_reason = ""
        self.closed_by_server = False  # the server's Close frame came before the client's
        self.close_sent = False
        self.fault = None
        self.ended_at = None    # time.monotonic() of the end; None while open
        self.dropped = False    # the test cut the connection, so it may end inside a frame
        self.count = 0
        self.pings = 0
        self.pongs = []
        self.answer_pings = True
        self.on_frame = None    # if set, gets each frame in place of .inbox
        self.reading = threading.Event()
        self.reading.set()
        self.parser = frames.Parser()
        self.lock = threading.Lock()
        self.sock = open_socket(host, port, timeout, rcvbuf)
        try:
            rest = self._handshake(host, port, target, headers)
        except BaseException:
            self.sock.close()
            raise
        self.sock.settimeout(None)
        self.thread = threading.Thread(target=self._read, args=(rest,), daemon=True)
        self.thread.start()

    def _handshake(self, host, port, target, headers):
        """Upgrades the connection; returns the bytes that followed the server's answer."""
        key = base64.b64encode(os.urandom(16))
        lines = {"Host": "%s:%d" % (host, port), "Upgrade": "websocket",
                 "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
                 "Sec-WebSocket-Key": key.decode()}
        for name, value in headers:
            same = [k for k in lines if k.lower() == name.lower()]
            for k in same:
                del lines[k]
            if value is not None:
                lines[name] = value
        request = "GET %s HTTP/1.1\r\n" % target
        request += "".join("%s: %s\r\n" % kv for kv in lines.items()) + "\r\n"
        self.sock.sendall(request.encode("latin-1"))
        status, got, rest = read_head(self.sock)
        if status != 101:
            raise Refused(status, got, read_body(self.sock, got, rest))
        want = base64.b64encode(hashlib.sha1(key + GUID).digest()).decode()
        if got.get("sec-websocket-accept") != want:
            raise frames.ProtocolError("wrong Sec-WebSocket-Accept")
        if got.get("upgrade", "").lower() != "websocket" \
                or "upgrade" not in got.get("connection", "").lower():
            raise frames.ProtocolError("101 without Upgrade: websocket")
        if "sec-websocket-extensions" in got:
            raise frames.ProtocolError("an extension that the client did not offer")
        return rest

    def _read(self, data):
        try:
            while True:
                if data:
                    for opcode, payload in self.parser.feed(data):
                        self._received(opcode, payload)
                self.reading.wait()
                data = self.sock.recv(65536)
                if not data:
                    break
            if not self.parser.idle() and not self.dropped:
                raise frames.ProtocolError("connection ended inside a frame")
        except frames.ProtocolError as e:
            self.fault = str(e)
        except (OSError, Closed):
            pass
        except Exception as e:      # a fault of the test: report it, and wake the waiting steps
            self.fault = "%s: %s" % (type(e).__name__, e)
        with self.cond:
            self.ended_at = time.monotonic()
            if self.close_code is None:
                self.close_code = 1006
            self.cond.notify_all()
        self._hang_up()

    def _received(self, opcode, payload):
        if opcode == frames.TEXT:
            frame = decode_text(payload)
            if self.on_frame is not None:
                self.on_frame(frame)
                return
            with self.cond:
                self.count += 1
                self.inbox.append((self.count, frame))
                self.cond.notify_all()
        elif opcode == frames.BINARY:
            raise frames.ProtocolError("binary frame from the server")
        elif opcode == frames.PING:
            with self.cond:
                self.pings += 1
                self.cond.notify_all()
            if self.answer_pings:
                self.send_frame(frames.PONG, payload)
        elif opcode == frames.PONG:
            with self.cond:
                self.pongs.append(payload)
                self.cond.notify_all()
        elif opcode == frames.CLOSE:
            with self.cond:
                self.closed_by_server = not self.close_sent
                self.close_code = struct.unpack("!H", payload[:2])[0] if payload else 1005
                self.close_reason = payload[2:].decode("utf-8")
                self.cond.notify_all()
            self.send_frame(frames.CLOSE, payload[:2])

    def send_frame(self, opcode, payload, **odd):
        with self.lock:
            try:
                self.sock.sendall(frames.encode(opcode, payload, **odd))
            except OSError as e:
                if self.close_code is None:
                    raise Closed("connection gone: %s" % e) from None

    def send_bytes(self, data):
        with self.lock:
            self.sock.sendall(data)

    def send_json(self, value):
        text = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
        self.send_frame(frames.TEXT, text)

    def wait(self, ready, seconds):
        """Calls ready() after each received frame until it is true. Returns False on a time-out."""
        end = time.monotonic() + seconds
        with self.cond:
            while not ready():
                left = end - time.monotonic()
                if left <= 0:
                    return False
                self.cond.wait(left)
            return True

    def close(self, code=1000):
        """Sends a Close frame and waits for the server's answer."""
        self.close_sent = True
        try:
            self.send_frame(frames.CLOSE, struct.pack("!H", code))
        except (Closed, OSError):
            pass
        self.wait(lambda: self.close_code is not None, 3)
        self.drop()

    def drop(self):
        """Cuts the connection without a Close frame."""
        self.dropped = True
        self.reading.set()
        self._hang_up()
        if threading.current_thread() is not self.thread:
            self.thread.join(2)

    def _hang_up(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()


def open_socket(host, port, timeout, rcvbuf):
    if not rcvbuf:
        sock = socket.create_connection((host, port), timeout)
    else:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        sock.settimeout(timeout)
        sock.connect((host, port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def read_head(sock):
    data = b""
    while b"\r\n\r\n" not in data:
        more = sock.recv(65536)
        if not more or len(data) > MAX_HEAD:
            raise frames.ProtocolError("no HTTP answer to the upgrade: %r" % data[:200])
        data += more
    head, rest = data.split(b"\r\n\r\n", 1)
    lines = head.decode("latin-1").split("\r\n")
    parts = lines[0].split(" ", 2)
    if len(parts) < 2 or not parts[0].startswith("HTTP/1.") or not parts[1].isdigit():
        raise frames.ProtocolError("not an HTTP status line: %r" % lines[0])
    headers = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return int(parts[1]), headers, rest


def read_body(sock, headers, rest):
    n = headers.get("content-length")
    body = rest
    try:
        while n is None or len(body) < int(n):
            more = sock.recv(65536)
            if not more:
                break
            body += more
    except OSError:
        pass
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return dechunk(body)
    return body


def dechunk(data):
    out = b""
    while data:
        size, _, data = data.partition(b"\r\n")
        n = int(size.split(b";")[0] or b"0", 16)
        if n == 0:
            break
        out, data = out + data[:n], data[n + 2:]
    return out


def decode_text(payload):
    try:
        frame = json.loads(payload.decode("utf-8"), object_pairs_hook=members_once)
    except ValueError as e:
        raise frames.ProtocolError("text frame that is not JSON: %s" % e) from None
    if not isinstance(frame, dict) or not isinstance(frame.get("type"), str):
        raise frames.ProtocolError("frame without a type: %r" % payload[:200])
    return frame


def members_once(pairs):
    """Refuses repeated fields, of which json.loads would silently keep the last."""
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("repeated field in: %s" % ", ".join(name for name, _ in pairs))
    return members
