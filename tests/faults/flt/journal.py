"""The journal of a run: one Send for each message, recorded before the writer sends it."""

import json
import threading
import time
import uuid
import zlib

SPACE = uuid.UUID("01900000-0000-7000-8000-0000000000ff")


class Send:
    """One message of one writer, through all its attempts."""

    __slots__ = ("body", "cid", "writer", "channel", "number", "tenant", "user", "transport",
                 "writer_who", "strict", "first_at", "sent_at", "tries", "conn", "acked_at",
                 "message_id", "accepted_at", "refused", "longest_s")

    def __init__(self, run, writer, channel, number):
        text = "%s %s %s %s %d" % (run, writer.tenant, channel, writer.name, number)
        self.body = "%s %08x" % (text, zlib.crc32(text.encode()))
        self.cid = str(uuid.uuid5(SPACE, text))
        self.writer, self.channel, self.number = writer.name, channel, number
        self.tenant, self.user, self.transport = writer.tenant, writer.user, writer.transport
        self.writer_who = writer.who
        self.strict = writer.strict
        self.first_at = None   # time of the first attempt
        self.sent_at = None    # time of the last attempt
        self.tries = 0
        self.conn = None       # connection of the last attempt, for senders that do not wait
        self.acked_at = None
        self.message_id = None
        self.accepted_at = None
        self.refused = None
        self.longest_s = 0.0   # the longest wait of an attempt for its answer


class Journal:
    """All sends of a run. It also writes each step to a file, for people."""

    def __init__(self, path=None):
        self.sends = []
        self.by_cid = {}
        self.early = []        # acked messages that a read right after the ack did not find
        self.flushed_at = []   # when the run emptied the queue: begin, end, begin, ...
        self.cut_at = []       # when the run cut sockets: (begin, end)
        self.stopped_at = []   # when the run stopped a push-server: (begin, end)
        # Connections that ended inside a frame: (earliest time of the cut, time of the last byte,
        # name).
        self.cut_frames = []
        self.notes = []        # unexpected events of writers and listeners, for people
        self.acks = 0
        self.lock = threading.Lock()
        self.file = open(path, "w", encoding="utf-8") if path else None

    def intent(self, send, conn=None):
        now = time.monotonic()
        with self.lock:
            if send.first_at is None:
                send.first_at = now
                self.sends.append(send)
                self.by_cid[send.cid] = send
            send.tries += 1
            send.sent_at = now
            send.conn = conn
            self._write("intent", send, send.tries)
        return now

    def ack(self, send, message_id):
        with self.lock:
            if send.acked_at is None:
                self.acks += 1
                send.acked_at, send.message_id = time.monotonic(), message_id
            elif send.message_id != message_id:
                self.notes.append("%s acked as %s, then as %s" % (
                    send.cid, send.message_id, message_id))
                send.message_id = -1
            self._write("ack", send, message_id)

    def accepted(self, send):
        with self.lock:
            send.accepted_at = send.accepted_at or time.monotonic()
            self._write("accepted", send, None)

    def refused(self, send, code):
        with self.lock:
            send.refused = code
            self._write("refused", send, code)

    def unknown(self, send, why):
        with self.lock:
            self._write("unknown", send, str(why)[:200])

    def ended(self, who, n, why):
        """Records the end of a listener's n-th connection."""
        with self.lock:
            if self.file:
                self.file.write(json.dumps({"t": round(time.monotonic(), 4), "is": "ended",
                                            "who": who, "n": n, "why": why}) + "\n")

    def note(self, text):
        with self.lock:
            self.notes.append(text)
            if self.file:
                self.file.write(json.dumps({"t": time.monotonic(), "note": text}) + "\n")

    def _write(self, what, send, more):
        if self.file:
            self.file.write(json.dumps({
                "t": round(time.monotonic(), 4), "is": what, "writer": send.writer,
                "n": send.number, "cid": send.cid, "channel": send.channel, "more": more}) + "\n")

    def close(self):
        if self.file:
            self.file.close()
            self.file = None
