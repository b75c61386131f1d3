"""Stories of a server that is stopped for a while, and of a database that was restored."""

import os
import signal
import subprocess
import time

from .story import API, BACK_S, Wrong, story, story_if

SEND_S = 10             # an answer to a send must come within this time
RECEIVES_MOST = 10      # far below the 100 receives after which SQS moves a message to its dead-letter queue


@story
def postgres_away(t):
    """PostgreSQL is away: sends get 202 or 503, sockets stay open, no message becomes a dead letter."""
    check_while_away(t, t.without("postgres", signal.SIGINT), {202, 503}, {503, 504})


@story
def redis_away(t):
    """Redis is away: sends get 503 or are queued, history and sockets work, no message is lost."""
    queued = set() if t.stack.queue.in_redis else {201}
    check_while_away(t, t.without("redis", signal.SIGTERM), {202, 503} | queued, {200})


@story_if(lambda queue: queue.process)
def queue_away(t):
    """The queue is away: sends get 503, history and sockets work, all clients come back."""
    channel = t.channel()
    # The queue's server stores nothing on disk, so stop it only when it is empty.
    t.soon(lambda: t.stack.queue.waiting() == 0, 20, "the queue is empty")
    socket = t.client("w2")

    def send(k):
        socket.send(type="send", id="q%d" % k, channelId=channel, body="q", clientMessageId="q")
        error = socket.wait("error", id="q%d" % k)
        if not error["payload"]["retryable"]:
            raise Wrong("a socket's send is answered %s" % error)
    check_while_away(t, t.without(t.stack.queue.process, signal.SIGTERM), {503}, {200}, send, counted=False)
    socket.send(type="send", id="last", channelId=channel, body="q", clientMessageId="q")
    socket.wait("ack", id="last")
    if t.bodies(channel) != ["q"]:
        raise Wrong("history: %s" % t.bodies(channel))


class Watcher:
    """Sends messages, reads history and checks health while a server is away."""

    def __init__(self, t, channel):
        self.t, self.channel = t, channel
        self.accepted, self.slowest, self.sent, self.reads = [], 0.0, set(), set()
        self.k = 0

    def step(self):
        t, at = self.t, time.monotonic()
        body = "away %d" % self.k
        got = t.post(self.channel, "w1", body, "away-%d" % self.k)
        self.slowest = max(self.slowest, time.monotonic() - at)
        self.sent.add(got.status)
        if got.status == 503 and "retry-after" not in got.headers:
            raise Wrong("503 without Retry-After")
        if got.status in (201, 202):
            self.accepted.append(body)
        self.k += 1
        self.reads.add(t.ask("GET", "%s/channels/%s/messages" % (API, self.channel),
                             "w1").status)
        if t.ask("GET", "/healthz", "w1").status != 200:
            raise Wrong("/healthz fails")


def check_while_away(t, broken, may_send, may_read, also=lambda _k: None, not_ready=True,
                     counted=True):
    """During `broken`, sends must get a status of may_send, and reads one of may_read. Afterwards every
    accepted message must be in history.

    not_ready: /readyz must answer 503 meanwhile. counted: check how often the queue delivered a
    message.
    """
    # A worker may still be in its back-off after the previous story.
    t.soon(lambda: all(t.ask("GET", API + "/channels", "w1").status == 200
                       for _ in range(40)), BACK_S, "every worker is back")
    channel = t.channel()
    c = t.client("w0")
    c.subscribe(channel)
    t.soon(lambda: t.post(channel, "w1", "before", "b").status in (200, 201), 20, "a commit")
    before = t.stack.sql("select count(*) from dead_letters"), t.stack.queue.given_up()
    watcher = Watcher(t, channel)
    with broken:
        if not_ready:
            t.soon(lambda: t.ask("GET", "/readyz", "w1").status == 503, 20, "/readyz answers 503")
        end = time.monotonic() + t.away_s
        while time.monotonic() < end:
            watcher.step()
            also(watcher.k)
            time.sleep(0.3)
        if not c.alive():
            raise Wrong("the socket was closed: %s" % c.sock.close_code)
        if counted and t.stack.queue.most_receives() > RECEIVES_MOST:
            raise Wrong("a message was received %d times" % t.stack.queue.most_receives())
    if watcher.slowest > SEND_S:
        raise Wrong("a send took %.1f s" % watcher.slowest)
    if watcher.sent - may_send or watcher.reads - may_read:
        raise Wrong("sends answered %s, history %s" % (watcher.sent, watcher.reads))
    t.soon(lambda: t.post(channel, "w1", "after").status == 201, 20, "201 again")
    c.wait("message", 40, body="after")
    there = set(t.everything(channel))
    missing = [b for b in watcher.accepted if b not in there]
    if missing:
        raise Wrong("accepted and lost: %s" % missing[:5])
    after = t.stack.sql("select count(*) from dead_letters"), t.stack.queue.given_up()
    if after != before:
        raise Wrong("dead letters: %s before, %s after: %s" % (
            before, after, t.stack.sql("select reason from dead_letters")))


@story
def recovered(t):
    """After `db recovered` numbers jump, the epoch is new, and old cursors get a gap `reset`."""
    channel = t.channel()
    c = t.client("w0")
    ack = c.subscribe(channel)
    t.post(channel, "w1", "before")
    seen = c.wait("message", body="before")
    out = subprocess.run([os.path.join(t.stack.build, "ctl", "echostreamctl"), "db",
                          "recovered"], capture_output=True, text=True, check=False,
                         env={**os.environ, **t.stack.env.values})
    if out.returncode != 0:
        raise Wrong(out.stdout + out.stderr)
    t.soon(lambda: t.post(channel, "w1", "after").status == 201, 20, "201")
    c.wait("message", 40, body="after")
    again = t.client("w0")
    other = again.subscribe(channel, after=seen["seq"], epoch=ack["payload"]["epoch"])
    if other["payload"]["epoch"] == ack["payload"]["epoch"]:
        raise Wrong("the epoch is the same")
    gap = again.wait("gap", channelId=channel)
    if gap["payload"]["reason"] != "reset":
        raise Wrong("gap: %s" % gap)
    if t.bodies(channel) != ["before", "after"]:
        raise Wrong("history: %s" % t.bodies(channel))
