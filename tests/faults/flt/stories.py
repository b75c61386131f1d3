"""Single stories that the design answers, each with the question that it settles."""

import json
import os
import signal
import subprocess
import threading
import time
import uuid

from scn import rest

from .client import Client
from .stack import Gone, stat_of
from .writers import API

STORIES = []


def story(f):
    STORIES.append((f.__doc__.split("\n")[0].rstrip("."), f))
    return f


class Wrong(Exception):
    """The story did not end as it must."""


class Tale:
    """What a story gets: a world of its own, the stack, and hands."""

    def __init__(self, load, stack, away_s):
        self.load, self.stack, self.world, self.away_s = load, stack, load.world, away_s
        self.clients = []

    def channel(self, private=False, members=()):
        name = "s" + uuid.uuid4().hex[:8]
        self.world.make_channel(name, "main", private, members)
        return self.world.names[name]

    def client(self, who, direct=True):
        one = Client(self.load, who, direct)
        self.clients.append(one)
        return one

    def ask(self, method, path, who, value=None, timeout=15):
        body = None if value is None else json.dumps(value).encode()
        headers = [("Authorization", "Bearer " + self.world.token(who))]
        if body is not None:
            headers.append(("Content-Type", "application/json"))
        return rest.Client(self.load.env.url, timeout).request(method, path, headers, body)

    def post(self, channel, who, body, cid=None):
        return self.ask("POST", "%s/channels/%s/messages" % (API, channel), who, {
            "body": body, "clientMessageId": cid or str(uuid.uuid4())})

    def bodies(self, channel, who="w0"):
        got = self.ask("GET", "%s/channels/%s/messages?after=0&limit=200" % (API, channel), who)
        if got.status != 200:
            raise Wrong("history: %s" % got)
        return [m["body"] for m in got.json["messages"]]

    def soon(self, ready, seconds, what):
        end = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > end:
                raise Wrong("not within %g s: %s" % (seconds, what))
            time.sleep(0.05)

    def without(self, name, sig):
        """The supervisor is frozen, so that what is stopped stays away."""
        return Away(self, name, sig)

    def end(self):
        for one in self.clients:
            one.drop()


class Away:
    def __init__(self, tale, name, sig):
        self.tale, self.name, self.sig = tale, name, sig

    def __enter__(self):
        stack = self.tale.stack
        with open(os.path.join(stack.run_dir, "up.pid"), encoding="utf-8") as f:
            self.boss = int(f.read())
        self.pid = stack.master(self.name)
        os.kill(self.boss, signal.SIGSTOP)
        os.kill(self.pid, self.sig)
        self.tale.soon(lambda: (stat_of(self.pid) or ["Z"])[0] == "Z", 20, "it is gone")

    def __exit__(self, *_):
        os.kill(self.boss, signal.SIGCONT)
        self.tale.stack.restarted(self.name, self.pid)
        self.tale.soon(self.tale.stack.ready, 40, "everything is ready again")


@story
def both_doors(t):
    """The same id over both doors at once, and twice in one batch, is one message."""
    channel, count = t.channel(), 40
    c = t.client("w0")
    answers = {}

    def by_rest(cid):
        answers[cid] = t.post(channel, "w0", "same " + cid, cid)
    for k in range(count):
        cid = "both-%d" % k
        thread = threading.Thread(target=by_rest, args=(cid,))
        thread.start()
        for n in range(2):
            c.send(type="send", id="%s-%d" % (cid, n), channelId=channel, body="same " + cid,
                   clientMessageId=cid)
        thread.join()
    for k in range(count):
        cid = "both-%d" % k
        acks = {c.wait("ack", id="%s-%d" % (cid, n))["payload"]["messageId"] for n in range(2)}
        got = answers[cid]
        if got.status in (200, 201):
            acks.add(got.json["messageId"])
        elif got.status != 202:
            raise Wrong("%s: %s" % (cid, got))
        if len(acks) != 1:
            raise Wrong("%s has the numbers %s" % (cid, acks))
    if sorted(t.bodies(channel)) != sorted("same both-%d" % k for k in range(count)):
        raise Wrong("history has %d messages" % len(t.bodies(channel)))


@story
def racing_subscribe(t):
    """Subscribing amid commits misses nothing between the head told and the first frame."""
    channel, stop = t.channel(), threading.Event()
    writer = t.client("w1")

    def write():
        for k in range(100000):
            if stop.is_set():
                return
            writer.send(type="send", id="r%d" % k, channelId=channel, body="race %d" % k)
            time.sleep(0.002)
    thread = threading.Thread(target=write)
    thread.start()
    try:
        for _ in range(60):
            c = t.client("w0")
            head = c.subscribe(channel)["payload"]["seq"]
            c.wait_for(lambda c: len(c.frames("message")) >= 3, 10, "three frames")
            last = head
            for frame in [f for f in c.frames(channelId=channel) if "seq" in f]:
                if frame["prev"] != last:
                    raise Wrong("after %d came %d with prev %d" % (
                        last, frame["seq"], frame["prev"]))
                last = frame["seq"]
            c.drop()
    finally:
        stop.set()
        thread.join()


@story
def gone_sender(t):
    """Results for connections that are gone harm nobody, and the messages are there once."""
    channel, ids = t.channel(), []
    before = t.stack.workers("push")
    for k in range(40):
        c = t.client("w2")
        for n in range(8):
            cid = "gone-%d-%d" % (k, n)
            ids.append(cid)
            c.send(type="send", id=cid, channelId=channel, body=cid, clientMessageId=cid)
        c.drop()
    for cid in ids:
        t.soon(lambda cid=cid: t.post(channel, "w2", cid, cid).status in (200, 201, 202), 20,
               "an answer for " + cid)
    t.soon(lambda: len(t.bodies(channel)) >= 200, 20, "200 of them in history")
    all_bodies = everything(t, channel)
    if sorted(all_bodies) != sorted(ids):
        raise Wrong("%d sent, %d in history, %d different" % (
            len(ids), len(all_bodies), len(set(all_bodies))))
    if before != t.stack.workers("push"):
        raise Wrong("push's workers are others now")


def everything(t, channel):
    found, after = [], 0
    while True:
        page = t.ask("GET", "%s/channels/%s/messages?after=%d&limit=200" % (
            API, channel, after), "w0").json
        found += [m["body"] for m in page["messages"]]
        if not page["hasMore"]:
            return found
        after = page["messages"][-1]["messageId"]


@story
def lost_reply(t):
    """A reply that is lost is looked up as soon as replies are heard again."""
    channel, times = t.channel(), []
    c = t.client("w0")
    t.post(channel, "w0", "first")
    for k in range(5):
        fanout, push = t.stack.workers("fanout"), t.stack.workers("push")
        try:
            t.stack.kill(fanout, signal.SIGSTOP)
            at = time.monotonic()
            c.send(type="send", id="l%d" % k, channelId=channel, body="lost %d" % k)
            t.soon(lambda k=k: waiting(t) > 0, 5, "the message is queued")
            t.stack.kill(push, signal.SIGSTOP)
            t.stack.redis("CLIENT", "KILL", "TYPE", "pubsub")
            t.stack.kill(fanout, signal.SIGCONT)
            t.soon(lambda k=k: "lost %d" % k in t.bodies(channel), 10, "its commit")
        finally:
            t.stack.kill(fanout + push, signal.SIGCONT)
        c.wait("ack", id="l%d" % k)
        times.append(time.monotonic() - at)
    if min(times) > 1.7:        # the deadline of a send is 2 s
        raise Wrong("answered after %s s" % ["%.1f" % s for s in times])


def waiting(t):
    return sum(int(t.stack.redis("XLEN", "es:q:%d" % p)) for p in range(8))


@story
def removed_hears_nothing(t):
    """A removed member hears nothing more, also when the news of it is lost."""
    for k in range(5):
        channel = t.channel(True, ["w0", "w3"])
        c = t.client("w3")
        c.subscribe(channel)
        t.post(channel, "w0", "before")
        c.wait("message", body="before")
        t.stack.redis("CLIENT", "PAUSE", "300", "WRITE")
        got = t.ask("DELETE", "%s/channels/%s/members/%s" % (
            API, channel, t.world.names["w3"]), "main")
        t.stack.redis("CLIENT", "KILL", "TYPE", "pubsub")
        if got.status not in (200, 204):
            raise Wrong("removal: %s" % got)
        for n in range(5):
            t.post(channel, "w0", "secret %d %d" % (k, n))
        t.soon(lambda ch=channel: "secret %d 4" % k in t.bodies(ch), 15, "the secrets' commit")
        steady = t.client("w0")
        steady.subscribe(channel)
        t.post(channel, "w0", "end")
        steady.wait("message", 40, body="end")
        time.sleep(0.5)         # room for what must not come
        heard = [f["body"] for f in c.frames("message") if f["body"] != "before"]
        if heard:
            raise Wrong("heard after its removal: %s" % heard)


@story
def drained(t):
    """A push server that stops tells each client its own time to come back, and closes 4200."""
    channel = t.channel()
    clients = [t.client("w%d" % (k % 4)) for k in range(40)]
    for c in clients:
        c.subscribe(channel)
    deaf = t.client("w0")       # hears no Close: it holds its worker for a while
    deaf.sock.reading.clear()
    old = t.stack.master("push")
    t.stack.kill(old, signal.SIGTERM)
    t.soon(lambda: "draining" in (t.ask("GET", "/push/readyz", "w0").json or {}), 3,
           "readiness says that it drains")
    if t.ask("GET", "/push/healthz", "w0").status != 200:
        raise Wrong("liveness red while draining")
    times = [c.wait("reconnect")["payload"]["afterMs"] for c in clients]
    for c in clients:
        if not c.sock.wait(lambda c=c: not c.alive(), 15) or c.sock.close_code != 4200:
            raise Wrong("closed with %s" % c.sock.close_code)
    if len(set(times)) < len(times) // 4:
        raise Wrong("told to come back all at once: %s" % sorted(times))
    t.stack.restarted("push", old)
    t.soon(t.stack.ready, 30, "push is ready again")
    again = t.client("w0")
    again.subscribe(channel, after=0)
    t.post(channel, "w1", "after the drain")
    again.wait("message", 40, body="after the drain")


@story
def postgres_away(t):
    """PostgreSQL is away: sends are 202 or 503, sockets stay, nothing becomes a dead letter."""
    away(t, "postgres", signal.SIGINT, (202, 503))


@story
def redis_away(t):
    """Redis is away: sends are 503, history is read on, sockets stay, nothing is lost."""
    away(t, "redis", signal.SIGTERM, (202, 503))


def away(t, name, sig, statuses):
    channel = t.channel()
    c = t.client("w0")
    c.subscribe(channel)
    if t.post(channel, "w1", "before").status not in (201, 202):
        raise Wrong("not even before")
    dead = t.stack.sql("select count(*) from dead_letters")
    accepted, slowest, reads, k = [], 0.0, set(), 0
    with t.without(name, sig):
        end = time.monotonic() + t.away_s
        while time.monotonic() < end:
            at = time.monotonic()
            got = t.post(channel, "w1", "away %d" % k, "away-%d" % k)
            slowest = max(slowest, time.monotonic() - at)
            if got.status not in statuses:
                raise Wrong("a send is answered %s" % got)
            if got.status == 503 and "retry-after" not in got.headers:
                raise Wrong("503 without Retry-After")
            if got.status == 202:
                accepted.append("away %d" % k)
            k += 1
            reads.add(t.ask("GET", "%s/channels/%s/messages" % (API, channel), "w1").status)
            if t.ask("GET", "/healthz", "w1").status != 200:
                raise Wrong("liveness went red")
            time.sleep(0.3)
        if not c.alive():
            raise Wrong("the socket was closed: %s" % c.sock.close_code)
    if slowest > 10:
        raise Wrong("a send took %.1f s" % slowest)
    if reads - ({503, 504} if name == "postgres" else {200}):
        raise Wrong("history answered %s" % reads)
    t.soon(lambda: t.post(channel, "w1", "after").status == 201, 20, "201 again")
    c.wait("message", 40, body="after")
    missing = [b for b in accepted if b not in everything(t, channel)]
    if missing:
        raise Wrong("202 and gone: %s" % missing[:5])
    if t.stack.sql("select count(*) from dead_letters") != dead:
        raise Wrong("dead letters: " + t.stack.sql("select reason from dead_letters"))


@story
def recovered(t):
    """`db recovered`: numbers jump, the epoch is another, old cursors get a gap `reset`."""
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


def tell(tale, report):
    for name, run in STORIES:
        try:
            run(tale)
            report.ok("story", name)
        except (Wrong, TimeoutError, Gone, OSError) as e:
            report.not_ok("story", name, ["%s: %s" % (type(e).__name__, e)])
        finally:
            tale.end()
