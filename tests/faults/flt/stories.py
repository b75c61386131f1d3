"""Stories: each causes one situation and checks one promise of the design."""

import signal
import threading
import time

from .story import API, Wrong, story

@story
def both_programs(t):
    """A client id sent over REST and a socket at once, and twice in one batch, stores one message."""
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
    """A client that subscribes during commits receives every message after the number in its ack."""
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
    """When a sender closes its connection before the ack, its messages are committed once."""
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
    all_bodies = t.everything(channel)
    if sorted(all_bodies) != sorted(ids):
        raise Wrong("%d sent, %d in history, %d different" % (
            len(ids), len(all_bodies), len(set(all_bodies))))
    if before != t.stack.workers("push"):
        raise Wrong("a worker of push-server exited")


@story
def lost_reply(t):
    """When Redis loses a reply, push-server looks the outcome up as soon as replies arrive again."""
    channel, times = t.channel(), []
    c = t.client("w0")
    t.post(channel, "w0", "first")
    for k in range(5):
        fanout, push = t.stack.workers("fanout"), t.stack.workers("push")
        try:
            t.stack.kill(fanout, signal.SIGSTOP)
            at = time.monotonic()
            c.send(type="send", id="l%d" % k, channelId=channel, body="lost %d" % k)
            t.soon(lambda k=k: t.stack.queue.waiting() > 0, 5, "the message is queued")
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


@story
def removed_receives_nothing(t):
    """A removed member receives no event, even when Redis loses the event of the removal."""
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
        time.sleep(0.5)         # a forbidden frame would come in this time
        received = [f["body"] for f in c.frames("message") if f["body"] != "before"]
        if received:
            raise Wrong("received after the removal: %s" % received)


@story
def drained(t):
    """A draining push-server sends each client a time to reconnect, and closes with 4200."""
    channel = t.channel()
    clients = [t.client("w%d" % (k % 4)) for k in range(40)]
    for c in clients:
        c.subscribe(channel)
    silent = t.client("w0")     # answers no Close frame, so its worker stays for a while
    silent.sock.reading.clear()
    old = t.stack.master("push")
    t.stack.kill(old, signal.SIGTERM)
    t.soon(lambda: "draining" in (t.ask("GET", "/push/readyz", "w0").json or {}), 3,
           "/push/readyz says draining")
    if t.ask("GET", "/push/healthz", "w0").status != 200:
        raise Wrong("/push/healthz fails while draining")
    times = [c.wait("reconnect")["payload"]["afterMs"] for c in clients]
    for c in clients:
        if not c.sock.wait(lambda c=c: not c.alive(), 15) or c.sock.close_code != 4200:
            raise Wrong("closed with %s" % c.sock.close_code)
    if len(set(times)) < len(times) // 4:
        raise Wrong("all clients get the same time to reconnect: %s" % sorted(times))
    t.stack.restarted("push", old)
    t.soon(t.stack.ready, 30, "push is ready again")
    again = t.client("w0")
    again.subscribe(channel, after=0)
    t.post(channel, "w1", "after the drain")
    again.wait("message", 40, body="after the drain")
