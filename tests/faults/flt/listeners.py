"""Listeners: clients that stay subscribed and record every frame. After a lost connection they
resume after the last number that they received."""

import random
import threading
import time

from .writers import CONNECTION_ERRORS, Socket, record_faults

BACKOFF_S = (0.05, 0.5)
SUBSCRIBE_S = 6.0


class Stretch:
    """The frames of one channel on one connection."""

    def __init__(self, listener, conn, channel, after):
        self.listener, self.conn, self.channel = listener, conn, channel
        self.after = after          # `after` of the subscribe frame; None: only new events
        self.base = None            # the number before the first event; None: not subscribed yet
        self.frames = []            # (time, type, seq, prev, body, cid, user)
        self.gaps = []              # (number of frames before the gap, from, to, reason)
        self.early = []             # frames before the ack of the subscribe

    def last(self):
        """The last number that these frames and gaps cover."""
        last = self.base
        if self.frames:
            last = max(last or 0, self.frames[-1][2])
        if self.gaps:
            last = max(last or 0, self.gaps[-1][2])
        return last


class Listener(threading.Thread):
    """kind: steady, flapping (cuts its own connections) or slow (pauses reading)."""

    def __init__(self, load, name, who, channels, kind, direct):
        super().__init__(daemon=True, name=name)
        self.load, self.who, self.channels, self.kind = load, who, channels, kind
        self.direct = direct
        self.tenant = load.tenant_of(who)
        self.rng = random.Random("%s %s" % (load.seed, name))
        self.stretches = []
        self.now = {}               # channel -> Stretch of the open connection
        self.last = {}              # channel -> last number seen
        self.newest_at = {}         # channel -> when the writer first sent the newest message
        self.foreign = []
        self.conns = 0
        self.since = None           # start of the open connection
        self.sock = None
        self.failure = None

    def run(self):
        while not self.load.over.is_set():
            try:
                self.connection()
            except CONNECTION_ERRORS as e:
                self.ended(str(e)[:80])
            except Exception as e:
                self.failure = "%s died: %s: %s" % (self.name, type(e).__name__, e)
                return
            finally:
                self.hang_up()
            self.load.over.wait(self.rng.uniform(*BACKOFF_S))

    def connection(self):
        self.conns += 1
        self.since = time.monotonic()
        self.now = {}
        rcvbuf = 4096 if self.kind == "slow" else 0
        self.sock = Socket(self.received, self.load.ws_of(self.who, self.direct),
                           self.load.world.token(self.who), rcvbuf)
        for channel in self.channels:
            self.subscribe(channel)
        until = time.monotonic() + (self.rng.uniform(0.5, 4.0) if self.kind == "flapping"
                                    else 1e9)
        while time.monotonic() < until and not self.load.over.is_set():
            if self.sock.close_code is not None:
                self.ended("%s %s" % (self.sock.close_code, self.sock.close_reason))
                return
            if self.kind == "slow" and not self.load.stopping.is_set():
                self.sock.reading.clear()
                self.load.stopping.wait(self.rng.uniform(0.5, 2.0))
                self.sock.reading.set()
            elif self.kind == "flapping" and self.load.stopping.is_set():
                until = 1e18
            self.load.over.wait(0.1)

    def subscribe(self, channel):
        after = self.last.get(channel)
        stretch = Stretch(self, self.conns, channel, after)
        self.now[channel] = stretch
        self.stretches.append(stretch)
        frame = {"type": "subscribe", "id": "sub-" + channel, "channelId": channel}
        if after is not None:
            frame["after"] = after
        self.sock.send_json(frame)
        ready = self.sock.wait(lambda: stretch.base is not None
                               or self.sock.close_code is not None, SUBSCRIBE_S)
        if not ready:
            raise OSError("no answer to subscribe")

    def received(self, sock, frame):
        channel = frame.get("channelId")
        kind = frame["type"]
        if kind == "ack" and frame.get("op") == "subscribe":
            self.subscribed(sock, frame)
        elif kind == "error" and frame.get("op") == "subscribe":
            payload = frame.get("payload", {})
            self.ended("subscribe: %s" % payload.get("code"))
            if not payload.get("retryable"):
                self.load.protocol_faults.append("%s: subscribe refused: %s" % (
                    self.name, payload))
            threading.Thread(target=sock.drop, daemon=True).start()
        elif channel is not None and channel not in self.channels:
            self.foreign.append(frame)
        elif "seq" in frame or kind == "gap":
            self.event(frame, kind, channel)

    def subscribed(self, sock, frame):
        stretch = self.now[frame["channelId"]]
        head = frame["payload"]["seq"]
        stretch.base = stretch.after if stretch.after is not None else head
        stretch.head = head
        self.last.setdefault(frame["channelId"], stretch.base)
        with sock.cond:
            sock.cond.notify_all()

    def event(self, frame, kind, channel):
        stretch = self.now[channel]
        now = time.monotonic()
        if stretch.base is None:
            stretch.early.append(frame)
            return
        if kind == "gap":
            gap = frame["payload"]
            stretch.gaps.append((len(stretch.frames), gap["fromSeq"], gap["toSeq"],
                                 gap["reason"]))
            self.last[channel] = gap["toSeq"]
            return
        payload = frame.get("payload") or {}
        cid, body, user = payload.get("clientMessageId"), frame.get("body"), frame.get("userId")
        send = self.load.journal.by_cid.get(cid)
        if send is not None and (body, user) == (send.body, send.user):
            cid, body, user = send.cid, send.body, send.user    # keep no copies of millions of texts
        stretch.frames.append((now, kind, frame["seq"], frame["prev"], body, cid, user))
        self.last[channel] = frame["seq"]
        if send is not None:
            self.newest_at[channel] = max(self.newest_at.get(channel, 0.0), send.first_at)

    def ended(self, why):
        self.load.journal.ended(self.name, self.conns, why)

    def hang_up(self):
        if self.sock:
            self.sock.drop()
            record_faults(self.load, self.name, self.sock,
                     self.since if self.kind == "slow" else None)
            self.sock = None


class Spy(Listener):
    """Repeatedly subscribes to channels that it may not read; the server must refuse each time."""

    def __init__(self, load, name, who, channels, wanted):
        super().__init__(load, name, who, channels, "steady", False)
        self.wanted = wanted
        self.refusals = 0

    def connection(self):
        self.conns += 1
        self.now = {}
        self.sock = Socket(self.received, self.load.ws_of(self.who, False),
                           self.load.world.token(self.who))
        for channel in self.channels:
            self.subscribe(channel)
        while not self.load.over.is_set() and self.sock.close_code is None:
            for channel in self.wanted:
                self.sock.send_json({"type": "subscribe", "id": "spy", "channelId": channel})
            self.load.over.wait(1.0)

    def received(self, sock, frame):
        if frame.get("id") == "spy":
            if frame["type"] == "error":
                self.refusals += 1
            else:
                self.foreign.append(frame)
            return
        super().received(sock, frame)
