"""WebSockets through lighttpd."""
from front_ask import check, connect

HANDSHAKE = (b"GET /ws?token=secret-token HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
             b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
             b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")


def shake(peer):
    """Asks for the upgrade and reads the stub's hello."""
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
        shake(peer)
        peer.sendall(b"\x81\x84abcd" + b"1234")
        assert peer.recv(4096) == b"\x81\x84abcd1234"
