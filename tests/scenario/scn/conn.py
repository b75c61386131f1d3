"""A scenario's view of one WebSocket: three classes of frames, each with its own order."""

import time
import urllib.parse

from . import frames, match, ws
from .sent import SentFrames, short
from .world import Failure

REPLIES = {"ack", "error", "pong"}
AMBIENT = {"hello", "presence", "presence_snapshot", "typing_indicator", "receipt", "read",
           "token_expiring", "reconnect", "unsubscribed"}
PENDING_S = 2.0  # time that read_pending() waits for the pong
RESUBSCRIBES = {"subscribe", "unsubscribe", "sync"}


def kind_of(frame_type):
    if frame_type in REPLIES:
        return "reply"
    return "ambient" if frame_type in AMBIENT else "event"


class Conn:
    """Steps read events and replies one by one, and search ambient frames."""

    def __init__(self, name, env, token, via="query", headers=(), query="", rcvbuf=0):
        self.name = name
        self.refused = None
        self.fault = None
        self.client = None
        self.seen = []
        self.sent = SentFrames()
        self.last = None
        self.last_number = 0
        self.subscribed = {}
        headers = list(headers)
        target = env.ws_path
        if token is not None and via == "query":
            query = "token=%s%s" % (urllib.parse.quote(token, safe=""),
                                    "&" + query if query else "")
        elif token is not None:
            headers.append(("Authorization", "Bearer " + token))
        if query:
            target += "?" + query
        try:
            self.client = ws.WsClient(env.ws_host, env.ws_port, target, headers, rcvbuf=rcvbuf)
        except ws.Refused as e:
            self.refused = e
        except (OSError, frames.ProtocolError) as e:
            raise Failure("ws %s could not connect: %s" % (name, e)) from None

    def need_open(self):
        if self.refused is not None:
            raise Failure("ws %s was refused with %d: %s" % (
                self.name, self.refused.status, self.refused.body[:500]))
        return self.client

    def send(self, value, loose=False):
        """loose: the frame has undocumented fields on purpose."""
        client = self.need_open()
        if isinstance(value, dict):
            self.sent.add(value, loose)
        if isinstance(value, dict) and value.get("type") in RESUBSCRIBES:
            for channel in channels_of(value):
                self.subscribed[channel] = self.subscribed.get(channel, 0) + 1
        try:
            client.send_json(value)
        except ws.Closed as e:
            raise Failure("ws %s: %s" % (self.name, e)) from None

    def next(self, pattern, within, skip=False):
        """Takes the next frame of the pattern's class, which must match.

        skip: passes over frames of this class that do not match; ambient frames are always skipped so.
        """
        kind = kind_of(pattern.get("type", ""))
        client = self.need_open()
        end = time.monotonic() + within
        passed = []
        while True:
            left = end - time.monotonic()
            client.wait(lambda: self._find(kind) is not None or client.close_code is not None,
                        max(left, 0))
            taken = self._take(kind)
            if taken is None:
                raise Failure(self._nothing(pattern, within, passed))
            wrong = match.difference(pattern, taken[1])
            if not wrong:
                self.last_number, self.last = taken
                return taken[1]
            if kind != "ambient" and not skip:
                raise Failure("ws %s: expected %s\n  got %s\n  %s" % (
                    self.name, short(pattern), short(taken[1]), wrong))
            passed.append(taken[1])

    def next_of(self, patterns, within):
        """Takes the first frame that matches one of the patterns; returns that pattern."""
        kinds = {kind_of(p.get("type", "")) for p in patterns}
        client = self.need_open()
        client.wait(lambda: any(self._find(k) is not None for k in kinds)
                    or client.close_code is not None, within)
        for kind in sorted(kinds):
            taken = self._take(kind)
            if taken is None:
                continue
            self.last_number, self.last = taken
            for pattern in patterns:
                if match.difference(pattern, taken[1]) is None:
                    return pattern
            raise Failure("ws %s: got %s, which matches none of the %d expected frames" % (
                self.name, short(taken[1]), len(patterns)))
        raise Failure(self._nothing(patterns[0], within, []))

    def _find(self, kind):
        for k, (_, frame) in enumerate(self.client.inbox):
            if kind_of(frame["type"]) == kind:
                return k
        return None

    def _take(self, kind):
        with self.client.cond:
            k = self._find(kind)
            if k is None:
                return None
            taken = self.client.inbox.pop(k)
            self.seen.append(taken)
            return taken

    def _nothing(self, pattern, within, passed):
        text = "ws %s: expected %s within %gs, nothing came" % (self.name, short(pattern), within)
        if self.client.close_code is not None:
            text += "; closed with %d %s" % (self.client.close_code, self.client.close_reason)
        if passed:
            text += "; passed over:" + "".join("\n  " + short(f) for f in passed[-5:])
        waiting = [f for _, f in self.client.inbox]
        if waiting:
            text += "; frames of other classes:" + "".join("\n  " + short(f) for f in waiting[:5])
        return text

    def expect_silence(self, within, types, pattern=None):
        """Checks that no frame of these types or this pattern comes; without them, no event and no reply."""
        def breaks(frame):
            if pattern is not None:
                return match.difference(pattern, frame) is None
            return frame["type"] in types if types else kind_of(frame["type"]) != "ambient"

        def broken():
            return next((frame for _, frame in self.client.inbox if breaks(frame)), None)
        self.need_open().wait(lambda: broken() is not None, within)
        if broken() is not None:
            raise Failure("ws %s: expected silence for %gs, got %s" % (
                self.name, within, short(broken())))

    def expect_close(self, codes, within):
        client = self.need_open()
        client.wait(lambda: client.close_code is not None, within)
        if client.close_code not in codes:
            got = "still open" if client.close_code is None else \
                "%d %s" % (client.close_code, client.close_reason)
            raise Failure("ws %s: expected close %s, got %s" % (
                self.name, " or ".join(map(str, codes)), got))

    def expect_pong(self, within):
        """Checks that the server answers a ping of RFC 6455 with the ping's payload."""
        client = self.need_open()
        payload = b"scn-%d" % (len(client.pongs) + 1)
        client.send_frame(frames.PING, payload)
        if not client.wait(lambda: payload in client.pongs, within):
            raise Failure("ws %s: no pong to a ping (closed with %s)" % (
                self.name, client.close_code))

    def read_pending(self):
        """Reads all frames that the server wrote before now; the pong to a ping comes after them."""
        client = self.client
        if client is None or client.close_code is not None:
            return
        client.reading.set()
        try:
            client.send_frame(frames.PING, b"pending")
        except ws.Closed:
            return
        client.wait(lambda: b"pending" in client.pongs or client.close_code is not None,
                    PENDING_S)

    def end(self):
        if self.client is not None and self.client.close_code is None:
            self.client.drop()

    def verdict(self, schemas):
        """Faults that the runner finds without a step: breaches of RFC 6455 or of the API documents,
        and silent holes."""
        if self.client is None:
            wrong = self.refused and schemas and schemas.refusal_fault(self.refused)
            return ["ws %s: %s" % (self.name, wrong)] if wrong else []
        everything = [frame for _, frame in
                      sorted(self.seen + self.client.inbox, key=lambda entry: entry[0])]
        found = [self.client.fault] if self.client.fault else []
        last = {}
        for frame in everything:
            wrong = schemas and schemas.frames.server_fault(frame)
            if wrong:
                found.append("%s in %s" % (wrong, short(frame)))
            hole = self._hole(frame, last)
            if hole:
                found.append(hole)
        if schemas is not None:
            found += self._document_faults(schemas.frames, everything)
        return ["ws %s: %s" % (self.name, text) for text in found]

    def _document_faults(self, schemas, everything):
        """Compares the server's close code and the client's frames with the document."""
        client = self.client
        wrong = client.closed_by_server and schemas.close_fault(client.close_code)
        ended = client.close_code is not None and not client.dropped
        return ([wrong] if wrong else []) + self.sent.verdict(schemas, everything, ended)

    def _hole(self, frame, last):
        """The silent hole before the frame, or None. last: channel -> its last number.

        After a gap, and after a second subscription, any number may follow.
        """
        channel = frame.get("channelId")
        if frame["type"] == "gap" or self.subscribed.get(channel, 0) > 1:
            last.pop(channel, None)
            return None
        if not match.is_int(frame.get("seq")):
            return None
        before = last.get(channel)
        last[channel] = frame["seq"]
        if before is not None and frame.get("prev") != before:
            return "silent hole: after %d came %s" % (before, short(frame))
        return None


def channels_of(value):
    entries = value.get("channels") if value.get("type") == "sync" else [value]
    return [e["channelId"] for e in entries or []
            if isinstance(e, dict) and isinstance(e.get("channelId"), str)]
