"""RFC 6455 frames: writes frames of a client, and reads frames of a server strictly."""

import os
import struct

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA


class ProtocolError(Exception):
    """The server broke RFC 6455."""


def apply_mask(data, key):
    if not data:
        return b""
    n = len(data)
    stretched = (key * (n // 4 + 1))[:n]
    return (int.from_bytes(data, "big") ^ int.from_bytes(stretched, "big")).to_bytes(n, "big")


def encode(opcode, payload, fin=True, masked=True, rsv=0):
    """The bytes of a client's frame; fin, masked and rsv make wrong frames on purpose."""
    head = bytearray([(0x80 if fin else 0) | (rsv << 4) | opcode])
    bit = 0x80 if masked else 0
    n = len(payload)
    if n < 126:
        head.append(bit | n)
    elif n < 65536:
        head.append(bit | 126)
        head += struct.pack("!H", n)
    else:
        head.append(bit | 127)
        head += struct.pack("!Q", n)
    if not masked:
        return bytes(head) + payload
    key = os.urandom(4)
    return bytes(head) + key + apply_mask(payload, key)


class Parser:
    """Takes bytes, returns (opcode, payload) of whole messages and control frames."""

    def __init__(self, max_message=1 << 20):
        self.buf = bytearray()
        self.at = 0
        self.partial = None
        self.closed = False
        self.max_message = max_message

    def feed(self, data):
        self.buf += data
        out = []
        while True:
            frame = self._frame()
            if frame is None:
                break
            done = self._message(*frame)
            if done is not None:
                out.append(done)
        if self.at:
            del self.buf[:self.at]
            self.at = 0
        return out

    def idle(self):
        """True when no part of a frame or of a message is left over."""
        return not self.buf and self.partial is None

    def _frame(self):
        buf, at = self.buf, self.at
        have = len(buf) - at
        if have < 2:
            return None
        if self.closed:
            raise ProtocolError("bytes after the Close frame")
        b0, b1 = buf[at], buf[at + 1]
        if b0 & 0x70:
            raise ProtocolError("reserved bit set: first byte 0x%02x" % b0)
        if b1 & 0x80:
            raise ProtocolError("masked frame from the server")
        n, used = b1 & 0x7F, 2
        if n == 126:
            if have < 4:
                return None
            n, used = struct.unpack_from("!H", buf, at + 2)[0], 4
            if n < 126:
                raise ProtocolError("length %d not in its shortest form" % n)
        elif n == 127:
            if have < 10:
                return None
            n, used = struct.unpack_from("!Q", buf, at + 2)[0], 10
            if n < 65536:
                raise ProtocolError("length %d not in its shortest form" % n)
        if n > self.max_message:
            raise ProtocolError("frame of %d bytes" % n)
        if have < used + n:
            return None
        self.at = at + used + n
        return b0 >> 7, b0 & 0x0F, bytes(buf[at + used:at + used + n])

    def _message(self, fin, opcode, payload):
        if opcode >= 0x8:
            return self._control(fin, opcode, payload)
        if opcode == CONT:
            if self.partial is None:
                raise ProtocolError("continuation frame without a first frame")
            opcode, payload = self.partial[0], self.partial[1] + payload
        elif opcode not in (TEXT, BINARY):
            raise ProtocolError("unknown opcode 0x%x" % opcode)
        elif self.partial is not None:
            raise ProtocolError("new message inside a fragmented one")
        if not fin:
            self.partial = (opcode, payload)
            return None
        self.partial = None
        if opcode == TEXT:
            check_utf8(payload)
        return opcode, payload

    def _control(self, fin, opcode, payload):
        if opcode not in (CLOSE, PING, PONG):
            raise ProtocolError("unknown control opcode 0x%x" % opcode)
        if not fin or len(payload) > 125:
            raise ProtocolError("control frame fragmented or over 125 bytes")
        if opcode == CLOSE:
            self.closed = True
            if len(payload) == 1:
                raise ProtocolError("Close frame with one byte")
            if len(payload) >= 2:
                check_close_code(struct.unpack("!H", payload[:2])[0])
                check_utf8(payload[2:])
        return opcode, payload


def check_utf8(payload):
    try:
        payload.decode("utf-8")
    except UnicodeDecodeError as e:
        raise ProtocolError("text that is not UTF-8: %s" % e) from None


def check_close_code(code):
    if code < 1000 or code in (1004, 1005, 1006, 1015) or 1016 <= code < 3000 or code > 4999:
        raise ProtocolError("close code %d may not be sent" % code)
