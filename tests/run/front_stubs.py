"""Stand-ins for the programs behind lighttpd: they answer with the request that they received."""
import base64
import hashlib
import os
import re
import socket
import struct
import threading
import time

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def listen(path, serve):
    if os.path.exists(path):
        os.unlink(path)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)

    def loop():
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve_and_close, args=(serve, peer), daemon=True).start()

    threading.Thread(target=loop, daemon=True).start()
    return listener


def serve_and_close(serve, peer):
    try:
        with peer:
            serve(peer)
    except OSError:
        pass


def read_exactly(peer, n):
    data = b""
    while len(data) < n:
        more = peer.recv(n - len(data))
        if not more:
            raise OSError("short")
        data += more
    return data


def fcgi_params(data):
    params, at = {}, 0
    while at < len(data):
        sizes = []
        for _ in range(2):
            size = data[at]
            at += 1
            if size >> 7:
                size = (size & 0x7F) << 24 | int.from_bytes(data[at:at + 3], "big")
                at += 3
            sizes.append(size)
        name, value = data[at:at + sizes[0]], data[at + sizes[0]:at + sum(sizes)]
        params[name.decode()] = value.decode("latin1")
        at += sum(sizes)
    return params


def fcgi(pool):
    """A FastCGI responder that answers with the name of its pool and the request."""
    def serve(peer):
        params, body = b"", b""
        while True:
            _, kind, _, size, pad, _ = struct.unpack("!BBHHBB", read_exactly(peer, 8))
            data = read_exactly(peer, size + pad)[:size]
            if kind == 4:
                params += data
            elif kind == 5:
                if not data:
                    break
                body += data
        seen = fcgi_params(params)
        if "die" in seen.get("QUERY_STRING", ""):
            return
        if "slow" in seen.get("QUERY_STRING", ""):
            time.sleep(4)
        text = "Status: 200 OK\r\nContent-Type: text/plain\r\n\r\npool=%s\nbody=%d\n%s" % (
            pool, len(body), "".join(f"{k}={v}\n" for k, v in sorted(seen.items())))
        if "empty=404" in seen.get("QUERY_STRING", ""):
            text = "Status: 404 Not Found\r\nContent-Type: application/problem+json\r\n\r\n{\"own\":1}"
        out = text.encode("latin1")
        peer.sendall(struct.pack("!BBHHBB", 1, 6, 1, len(out), 0, 0) + out
                     + struct.pack("!BBHHBB", 1, 6, 1, 0, 0, 0)
                     + struct.pack("!BBHHBBIBBBB", 1, 3, 1, 8, 0, 0, 0, 0, 0, 0, 0))
    return serve


def http(name):
    """An HTTP server that answers with the request; after an upgrade it sends hello and echoes raw bytes."""
    def serve(peer):
        head = b""
        while b"\r\n\r\n" not in head:
            more = peer.recv(4096)
            if not more:
                return
            head += more
        text = head.decode("latin1")
        key = re.search(r"(?im)^sec-websocket-key: *(\S+)", text)
        if key and re.search(r"(?im)^upgrade: *websocket", text):
            accept = base64.b64encode(hashlib.sha1((key[1] + GUID).encode()).digest())
            peer.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                         b"Connection: Upgrade\r\nSec-WebSocket-Accept: " + accept
                         + b"\r\n\r\n\x81\x05hello")
            while data := peer.recv(65536):
                peer.sendall(data)
            return
        body = f"program={name}\n{text}".encode("latin1")
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n"
                     b"Content-Length: %d\r\n\r\n" % len(body) + body)
    return serve


PROGRAMS = {
    "api": fcgi("api"), "api-send": fcgi("send"), "api-health": fcgi("health"),
    "push": http("push"), "push-ops": http("push-ops"), "fanout-ops": http("fanout-ops"),
}


def start_one(run, name):
    """Starts one stub and returns its listening socket."""
    return listen(f"{run}/{name}.sock", PROGRAMS[name])


def start(run):
    for name in PROGRAMS:
        start_one(run, name)
