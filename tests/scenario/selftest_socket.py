"""The WebSocket client must notice each end of its connection. Otherwise a test waits for frames forever."""

import base64
import hashlib
import select
import socket
import struct
import threading

from scn import frames, ws

WITHIN_S = 5
HOLD = frames.encode(frames.TEXT, b'{"type":"hold"}', masked=False)


def check(report):
    ping = frames.encode(frames.PING, b"x", masked=False)
    odd = frames.encode(frames.TEXT, b'{"type":"odd"}', masked=False)
    for name, data, fault in (("a reset before the answer to a ping", HOLD + ping, None),
                              ("a frame that the test cannot handle", odd, "KeyError: 'odd'")):
        report.check("selftest", "the client ends with 1006 after " + name, end_of(data, fault))


def end_of(data, fault):
    """Lets a server send data and reset the connection. Returns what is wrong with the client's end."""
    listener = socket.create_server(("127.0.0.1", 0))
    ready = threading.Event()
    threading.Thread(target=serve, args=(listener, data, ready), daemon=True).start()
    client = ws.WsClient("127.0.0.1", listener.getsockname()[1], "/")
    client.on_frame = lambda frame: {"hold": wait_for_reset}[frame["type"]](client.sock)
    ready.set()
    ended = client.wait(lambda: client.close_code is not None, WITHIN_S)
    client.drop()
    listener.close()
    if not ended or client.close_code != 1006:
        return "close code %s after %d s" % (client.close_code, WITHIN_S)
    return client.fault != fault and "its fault is %r" % client.fault


def wait_for_reset(sock):
    poll = select.poll()
    poll.register(sock, 0)      # POLLERR and POLLHUP are always reported
    poll.poll(WITHIN_S * 1000)


def serve(listener, data, ready):
    sock = listener.accept()[0]
    head = sock.recv(65536).decode()
    key = head.partition("Sec-WebSocket-Key: ")[2].partition("\r\n")[0]
    accept = base64.b64encode(hashlib.sha1(key.encode() + ws.GUID).digest()).decode()
    sock.sendall(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                  "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n" % accept).encode())
    ready.wait(WITHIN_S)
    sock.sendall(data)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()
