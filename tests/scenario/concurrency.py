#!/usr/bin/env python3
"""Ten clients send 1,000 messages each into one channel at the same time, then read all 10,000."""

import argparse
import collections
import json
import sys
import threading
import time

from scn import env as environment
from scn import frames as wire
from scn import rest, schemas, ws
from scn.report import Report
from scn.world import API, World

WINDOW = 32  # sends of one connection that may wait for their acks (SENDS_WAITING_MAX of push-server)
WAIT_S = 120
COMPARED = 200  # frames of each socket that are compared with the API document


class Listener:
    """One socket; keeps all its events, and the replies to its sends."""

    def __init__(self, world, who):
        self.who = who
        self.events, self.acks, self.errors = [], {}, []
        self.compared = []
        self.cond = threading.Condition()
        env = world.env
        self.client = ws.WsClient(env.ws_host, env.ws_port,
                                  "%s?token=%s" % (env.ws_path, world.token(who)))
        with self.client.cond:
            early, self.client.inbox = self.client.inbox, []
            self.client.on_frame = self.received
        for _, frame in early:
            self.received(frame)

    def received(self, frame):
        with self.cond:
            if len(self.compared) < COMPARED:
                self.compared.append(frame)
            if "seq" in frame or frame["type"] == "gap":
                self.events.append(frame)
            elif frame["type"] == "ack":
                self.acks[frame["id"]] = frame.get("payload")
            elif frame["type"] == "error":
                self.errors.append(frame)
            self.cond.notify_all()

    def until(self, ready, what):
        with self.cond:
            if not self.cond.wait_for(ready, WAIT_S):
                raise TimeoutError("%s: no %s within %d s (acks %d, events %d, errors %s)" % (
                    self.who, what, WAIT_S, len(self.acks), len(self.events), self.errors[:3]))

    def subscribe(self, channel):
        self.client.send_json({"type": "subscribe", "id": "sub", "channelId": channel})
        self.until(lambda: "sub" in self.acks or self.errors, "ack of subscribe")
        return self.acks["sub"]["seq"]

    def send_all(self, channel, count):
        """Sends as fast as possible with at most WINDOW sends without an ack."""
        for k in range(count):
            self.until(lambda k=k: k + 1 - len(self.acks) < WINDOW or self.errors, "ack")
            frame = {"type": "send", "id": "m%d" % k, "channelId": channel,
                     "body": "%s %d" % (self.who, k), "clientMessageId": "c%d" % k}
            self.client.send_frame(wire.TEXT, json.dumps(frame).encode())
        self.until(lambda: len(self.acks) == count + 1 or self.errors, "last ack")


def post_all(world, who, channel, count, answers):
    client = rest.Client(world.env.url)
    headers = [("Authorization", "Bearer " + world.token(who)),
               ("Content-Type", "application/json")]
    for k in range(count):
        body = json.dumps({"body": "%s %d" % (who, k), "clientMessageId": "c%d" % k}).encode()
        got = client.request("POST", "%s/channels/%s/messages" % (API, channel), headers, body,
                             keep=True)
        answers[got.status] += 1
        if got.status not in (201, 202):
            answers["%s" % got] += 1


def history(world, channel, after):
    """All messages after a number, oldest first."""
    found = []
    while True:
        page = world.call("GET", "%s/channels/%s/messages?after=%d&limit=200" % (
            API, channel, after), "acme")
        found += page["messages"]
        if not page["hasMore"]:
            return found
        after = found[-1]["messageId"]


def order_faults(label, entries, start):
    """Finds a hole or a repeat. entries: (seq, prev) of each event; the first prev must be start."""
    before = start
    for seq, prev in entries:
        if prev != before or seq <= before:
            return ["%s: after %d came %d with prev %d" % (label, before, seq, prev)]
        before = seq
    return []


def sender_faults(label, bodies, senders, count):
    """Finds senders with a message that is missing, repeated or out of order."""
    seen = collections.defaultdict(list)
    for body in bodies:
        who, _, k = body.rpartition(" ")
        seen[who].append(int(k))
    return ["%s: %s's messages are not 0..%d in order" % (label, who, count - 1)
            for who in senders if seen[who] != list(range(count))]


def build(env, senders):
    world = World(env)
    world.make_tenant("acme", {"maxMessagesPerSecond": 100000, "settings": {
        "user_send_limit": 50000, "user_send_window_s": 1}})
    for who in senders:
        world.make_user(who, "acme", "member")
    world.make_channel("lobby", "acme", False, senders)
    return world


def run(world, channel, listeners, posters, count):
    """Runs all clients at the same time; returns (seconds, statuses, faults)."""
    statuses, faults = collections.Counter(), []
    gate = threading.Barrier(len(listeners) + len(posters))

    def guard(work, *args):
        try:
            gate.wait()
            work(*args)
        except Exception as e:
            faults.append("%s: %s" % (type(e).__name__, e))
    threads = [threading.Thread(target=guard, args=(listener.send_all, channel, count))
               for listener in listeners]
    threads += [threading.Thread(target=guard, args=(post_all, world, who, channel, count,
                                                     statuses)) for who in posters]
    started = time.monotonic()
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return time.monotonic() - started, statuses, faults


def judge(report, world, channel, listeners, senders, count, start):
    total = len(senders) * count
    try:
        for one in listeners:
            one.until(lambda one=one: len(one.events) >= total, "%d events" % total)
    except TimeoutError as e:
        report.not_ok("concurrency", "every socket receives all messages", [e])
    stored = history(world, channel, start)
    rows = [(m["seq"], m["prev"]) for m in stored]
    bodies = [m["body"] for m in stored]
    report.check("concurrency", "%d messages are in history" % total,
                 None if len(stored) == total else "history has %d messages" % len(stored))
    report.check("concurrency", "the numbers in history rise without a hole", order_faults(
        "history", rows, start))
    report.check("concurrency", "history keeps the order of each sender", sender_faults(
        "history", bodies, senders, count))
    wrong, acks = [], []
    by_body = {m["body"]: m["messageId"] for m in stored}
    for one in listeners:
        seen = [(e["seq"], e["prev"]) for e in one.events]
        if [e.get("body") for e in one.events] != bodies or seen != rows:
            wrong.append("%s saw another order (%d events)" % (one.who, len(seen)))
        wrong += ["%s: %s" % (one.who, e) for e in one.errors[:2]]
        if one.client.fault:
            wrong.append("%s: %s" % (one.who, one.client.fault))
        acks += ["%s m%d acked as %s" % (one.who, k, one.acks.get("m%d" % k)) for k in range(count)
                 if (one.acks.get("m%d" % k) or {}).get("messageId")
                 != by_body.get("%s %d" % (one.who, k))]
    report.check("concurrency", "every socket receives the messages in the order of history", wrong)
    report.check("concurrency", "each ack has the number of its message", acks[:5])


def document_faults(report, folder, listeners):
    judge, why = schemas.open_schemas(folder)
    found = [why] if why else [
        "%s: %s" % (one.who, fault) for one in listeners for frame in one.compared
        for fault in [judge.frames.server_fault(frame)] if fault]
    report.check("concurrency", "frames are as the API document says", found[:5])


def main(argv):
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--env")
    p.add_argument("--count", type=int, default=1000, help="messages of each client (1000)")
    p.add_argument("--clients", type=int, default=10)
    p.add_argument("--rest", type=int, default=3, help="number of clients that use REST (3)")
    p.add_argument("--schemas", help="folder of the API documents; a missing validator is then a failure")
    args = p.parse_args(argv)
    report = Report()
    senders = ["sender%d" % k for k in range(args.clients)]
    posters = senders[:args.rest]
    world = build(environment.read_env(args.env), senders)
    channel = world.names["lobby"]
    listeners = [Listener(world, who) for who in senders[args.rest:]]
    start = max([one.subscribe(channel) for one in listeners])
    took, statuses, faults = run(world, channel, listeners, posters, args.count)
    report.check("concurrency", "every send is answered (%s; %.0f messages/s)" % (
        ", ".join("%s x %s" % kv for kv in sorted(statuses.items(), key=str)),
        args.count * args.clients / took), faults)
    judge(report, world, channel, listeners, senders, args.count, start)
    if args.schemas:
        document_faults(report, args.schemas, listeners)
    for one in listeners:
        one.client.drop()
    return report.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
