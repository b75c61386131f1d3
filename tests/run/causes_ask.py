"""Sends one GET to a program's unix socket, by HTTP or FastCGI, and returns status and body."""
import socket
import struct

BEGIN, END, PARAMS, STDIN, STDOUT = 1, 3, 4, 5, 6


def connect(path):
    peer = socket.socket(socket.AF_UNIX)
    peer.settimeout(10)
    peer.connect(path)
    return peer


def read_all(peer):
    data = b""
    while True:
        more = peer.recv(65536)
        if not more:
            return data
        data += more


def http_get(path, target):
    with connect(path) as peer:
        peer.sendall(f"GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        head, _, body = read_all(peer).partition(b"\r\n\r\n")
    if not head:
        raise OSError("no answer")
    return int(head.split()[1]), body


def record(kind, data):
    return struct.pack(">BBHHBB", 1, kind, 1, len(data), 0, 0) + data


def param(name, value):
    return struct.pack(">II", len(name) | 1 << 31, len(value) | 1 << 31) + name.encode() + value.encode()


def fcgi_get(path, target, token=""):
    params = {"REQUEST_METHOD": "GET", "REQUEST_URI": target, "SERVER_PROTOCOL": "HTTP/1.1",
              "REMOTE_ADDR": "127.0.0.1", "CONTENT_LENGTH": "0"}
    if token:
        params["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    with connect(path) as peer:
        peer.sendall(record(BEGIN, struct.pack(">HB5x", 1, 0)) +
                     record(PARAMS, b"".join(param(*one) for one in params.items())) +
                     record(PARAMS, b"") + record(STDIN, b""))
        data = read_all(peer)
    out = b""
    while data:
        _, kind, _, size, pad, _ = struct.unpack(">BBHHBB", data[:8])
        if kind == STDOUT:
            out += data[8:8 + size]
        data = data[8 + size + pad:]
    head, _, body = out.partition(b"\r\n\r\n")
    if not head:
        raise OSError("no answer")
    return int(head.split(b"Status:")[1].split()[0]), body
