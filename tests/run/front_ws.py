"""WebSockets through lighttpd."""
import threading
import time

from front_ask import ask, check, connect

HANDSHAKE = (b"GET /ws?token=secret-token HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
             b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
             b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")


def upgrade_socket(peer):
    """Sends an upgrade request and reads the stub's hello."""
    peer.sendall(HANDSHAKE)
    got = b""
    while b"hello" not in got:
        more = peer.recv(4096)
        assert more, got
        got += more
    assert got.startswith(b"HTTP/1.1 101 "), got
    assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in got, got


@check("/ws is upgraded and carries bytes both ways")
def upgrade(**where):
    with connect(**where) as peer:
        upgrade_socket(peer)
        peer.sendall(b"\x81\x84abcd" + b"1234")
        assert peer.recv(4096) == b"\x81\x84abcd1234"


def echoed(frames, size):
    """Sends frames over one socket and counts the echoed bytes."""
    frame = b"\x82\xfe" + size.to_bytes(2, "big") + b"\0\0\0\0" + b"x" * size
    with connect() as peer:
        upgrade_socket(peer)

        def send():
            try:
                for _ in range(frames):
                    peer.sendall(frame)
            except OSError:
                pass  # the loop below reports the closed socket

        sender = threading.Thread(target=send, daemon=True)
        sender.start()
        want, got = frames * len(frame), 0
        while got < want:
            more = peer.recv(1 << 20)
            assert more, f"the socket was closed after {got} of {want} bytes"
            got += len(more)
        sender.join(10)


@check("one WebSocket accepts 10 MiB from its client")
def ten_mib():
    echoed(10, 65535)
    echoed(1024, 10240)


@check("one WebSocket carries as many frames as a busy client sends in an hour")
def an_hour():
    # 20 messages of 1 KiB in 10 s, the default limit, with a pong every 25 s.
    began = time.monotonic()
    echoed(2 * 3600 + 144, 1024)
    assert time.monotonic() - began < 20


@check("a body on /ws without an upgrade has the size limit of REST bodies")
def no_upgrade_body():
    ask("POST", "/ws", body=b"x" * 262144).has("program=push")
    ask("POST", "/ws", body=b"x" * 262145).own_error(413, "too_large")
    for lines in (["Content-Length: 9"], ["Transfer-Encoding: chunked"]):
        ask("GET", "/ws", [*lines, "Upgrade: websocket"]).own_error(400, "bad_request")
