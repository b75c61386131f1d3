"""Writers send throughout the run, and repeat each message until the server answers it."""

import json
import random
import threading
import time

from scn import frames, rest, ws

from .journal import Send

API = "/api/v1"
ANSWER_S = 8.0        # seconds without an answer after which a writer closes its socket
BACKOFF_S = (0.05, 0.4)
CONNECTION_ERRORS = (OSError, ws.Refused, ws.Closed, frames.ProtocolError)


class Writer(threading.Thread):
    """A sender that uses its channels in turn."""

    transport = "?"
    strict = True         # waits for each answer, so the server must keep the order of its messages

    def __init__(self, load, name, who, channels, pause_s):
        super().__init__(daemon=True, name=name)
        self.load, self.journal, self.channels = load, load.journal, channels
        self.who, self.tenant, self.user = who, load.tenant_of(who), load.user_id(who)
        self.token = load.world.token(who)
        self.pause_s = pause_s
        self.rng = random.Random("%s %s" % (load.seed, name))
        self.newest_at = 0.0  # when the writer first sent the newest message that is acked
        self.count = 0
        self.failure = None

    def run(self):
        try:
            self.work()
        except Exception as e:      # the run reports a writer that failed
            self.failure = "%s died: %s: %s" % (self.name, type(e).__name__, e)

    def next_send(self):
        channel = self.channels[self.count % len(self.channels)]
        self.count += 1
        return Send(self.load.run_id, self, channel, self.count)

    def acked(self, send, message_id):
        self.journal.ack(send, message_id)
        self.newest_at = max(self.newest_at, send.first_at)
        if self.rng.random() < self.load.ack_check_share:
            self.load.ack_checker.put(send)

    def pause(self):
        self.load.stopping.wait(self.pause_s * self.rng.uniform(0.5, 1.5))

    def back_off(self):
        time.sleep(self.rng.uniform(*BACKOFF_S))

    def may_retry(self):
        """True until give_up_at: a writer repeats unanswered messages also after the load has stopped."""
        return time.monotonic() < self.load.give_up_at


class RestWriter(Writer):
    transport = "rest"

    def work(self):
        self.client = rest.Client(self.load.url_of(self.who), timeout=10)
        while not self.load.stopping.is_set():
            send = self.next_send()
            while self.may_retry() and not self.attempt(send):
                self.back_off()
            self.pause()
        self.client.close()

    def attempt(self, send):
        """Sends once. True when the server answered for good, False when the writer must repeat."""
        headers = [("Authorization", "Bearer " + self.token),
                   ("Content-Type", "application/json")]
        if self.rng.random() < self.load.async_share:
            headers.append(("Prefer", "respond-async"))
        body = json.dumps({"body": send.body, "clientMessageId": send.cid}).encode()
        path = "%s/channels/%s/messages" % (API, send.channel)
        at = self.journal.intent(send)
        try:
            got = self.client.request("POST", path, headers, body, keep=True)
        except Exception as e:
            self.client.close()
            self.journal.unknown(send, e)
            return False
        finally:
            send.longest_s = max(send.longest_s, time.monotonic() - at)
        return self.answered(send, got)

    def answered(self, send, got):
        if got.status in (200, 201) and got.json:
            self.acked(send, got.json["messageId"])
        elif got.status == 202:
            self.journal.accepted(send)
        elif got.status in (408, 429) or got.status >= 500:
            self.journal.unknown(send, got.status)
            return False
        else:
            self.journal.refused(send, str(got)[:300])
        return True


class Socket(ws.WsClient):
    """A WebSocket client that passes all text frames to a function."""

    def __init__(self, sink, url, token, rcvbuf=0):
        host, port, path = url
        self.sink = sink
        self.broke = None
        super().__init__(host, port, "%s?token=%s" % (path, token), timeout=5, rcvbuf=rcvbuf)

    def _received(self, opcode, payload):
        if opcode != frames.TEXT:
            super()._received(opcode, payload)
            return
        try:
            self.sink(self, ws.decode_text(payload))
        except frames.ProtocolError:
            raise
        except Exception as e:
            self.broke = "%s: %s" % (type(e).__name__, e)


class WsWriter(Writer):
    """A sender over a socket, with up to `window` unanswered messages."""

    transport = "ws"

    def __init__(self, load, name, who, channels, pause_s, window, direct):
        super().__init__(load, name, who, channels, pause_s)
        self.window, self.direct = window, direct
        self.strict = window == 1
        self.cond = threading.Condition()
        self.waiting = {}       # id of the frame -> Send
        self.again = []         # messages to send again, oldest first
        self.sock = None
        self.conns = 0
        self.serial = 0

    def work(self):
        while self.may_retry():
            if self.load.stopping.is_set() and not self.waiting and not self.again:
                break
            try:
                self.step()
            except CONNECTION_ERRORS as e:
                self.lost(e)
                self.back_off()
        if self.sock:
            self.sock.drop()

    def step(self):
        if self.sock is None:
            self.conns += 1
            self.sock = Socket(self.received, self.load.ws_of(self.who, self.direct), self.token)
        self.fill()
        with self.cond:
            oldest = min([at for _, at in self.waiting.values()], default=None)
            if oldest is not None:
                self.cond.wait_for(self.has_room_or_closed, max(0.0, min(
                    0.2, oldest + ANSWER_S - time.monotonic())))
            late = oldest is not None and time.monotonic() > oldest + ANSWER_S
        if self.sock.close_code is not None:
            raise ws.Closed("closed %s %s" % (self.sock.close_code, self.sock.close_reason))
        if late:
            self.journal.note("%s: no answer in %g s" % (self.name, ANSWER_S))
            raise ws.Closed("no answer")
        if not self.waiting and not self.again:
            self.pause()
        elif self.again:
            self.back_off()

    def has_room_or_closed(self):
        return len(self.waiting) < self.window or self.sock.close_code is not None

    def fill(self):
        while len(self.waiting) < self.window:
            if self.again:
                send = self.again.pop(0)
            elif self.load.stopping.is_set():
                return
            else:
                send = self.next_send()
            self.serial += 1
            ref = "s%d" % self.serial
            at = self.journal.intent(send, (self.name, self.conns))
            with self.cond:
                self.waiting[ref] = (send, at)
            self.sock.send_json({"type": "send", "id": ref, "channelId": send.channel,
                                 "body": send.body, "clientMessageId": send.cid})

    def received(self, sock, frame):
        if frame["type"] not in ("ack", "error") or frame.get("op", "send") != "send":
            return
        with self.cond:
            if sock is not self.sock or frame.get("id") not in self.waiting:
                return
            send, at = self.waiting.pop(frame["id"])
            send.longest_s = max(send.longest_s, time.monotonic() - at)
            payload = frame.get("payload", {})
            if frame["type"] == "ack":
                self.acked(send, payload["messageId"])
            elif payload.get("retryable"):
                self.journal.unknown(send, payload.get("code"))
                self.again.append(send)
            else:
                self.journal.refused(send, json.dumps(payload)[:300])
            self.cond.notify_all()

    def lost(self, why):
        """After the end of a connection, queues its unanswered messages for the next connection."""
        if self.sock:
            self.sock.drop()
            record_faults(self.load, self.name, self.sock)
        with self.cond:
            self.sock = None
            unanswered = sorted(self.waiting.values(), key=lambda one: one[0].number)
            self.again = sorted([send for send, _ in unanswered] + self.again,
                                key=lambda one: one.number)
            self.waiting = {}
            for send, _ in unanswered:
                self.journal.unknown(send, why)


def record_faults(load, who, sock, since=None):
    """Records how the server broke the protocol on this connection.

    The judge decides whether a kill by the run explains a connection that ended inside a frame. since: for
    a slow reader the earliest time of the cut, because a slow reader still reads the bytes that the
    kernel held at the cut; else None.
    """
    if sock.fault and sock.close_code == 1006 and "ended inside" in sock.fault:
        load.journal.cut_frames.append((since, sock.ended_at, who))
    elif sock.fault or sock.broke:
        load.protocol_faults.append("%s: %s" % (who, sock.fault or sock.broke))


class AckChecker(threading.Thread):
    """Reads messages right after their ack, to find acks that came before the commit."""

    def __init__(self, load):
        super().__init__(daemon=True, name="ack checker")
        self.load = load
        self.cond = threading.Condition()
        self.todo = []
        self.found = 0
        self.failure = None

    def put(self, send):
        with self.cond:
            if len(self.todo) < 100:
                self.todo.append(send)
                self.cond.notify()

    def run(self):
        while not self.load.over.is_set():
            with self.cond:
                self.cond.wait_for(lambda: self.todo, 0.2)
                send = self.todo.pop(0) if self.todo else None
            if send and self.failure is None:
                try:
                    self.check(send)
                except Exception as e:      # the run reports a checker that failed
                    self.failure = "%s died: %s: %s" % (self.name, type(e).__name__, e)

    def check(self, send):
        client = rest.Client(self.load.url_of(send.writer_who), timeout=5)
        path = "%s/channels/%s/messages/%s" % (API, send.channel, send.message_id)
        try:
            got = client.request("GET", path, [
                ("Authorization", "Bearer " + self.load.world.token(send.writer_who))])
        except Exception:
            return
        # Another message with this number is as wrong as no message.
        if got.status == 404 or got.status == 200 and got.json["clientMessageId"] != send.cid:
            self.load.journal.early.append(send)
        elif got.status == 200:
            self.found += 1
