#!/usr/bin/env python3
"""While fanout is stopped and 50 clients send, reads stay fast, and no accepted message is lost."""

import argparse
import collections
import json
import sys
import threading
import time

from scn import env as environment
from scn import rest
from scn.report import Report
from scn.world import API, World

POSTERS = 50
READS = 300
PAUSE_S = 0.25  # between two sends of a client, so that 50 clients leave the reader some CPU time
LIMIT_MS = 100
COMMIT_S = 30


class Posters:
    """50 clients that send until stopped; records each answer."""

    def __init__(self, world, channel):
        self.world, self.channel = world, channel
        self.answers = {}
        self.stopped = threading.Event()
        self.threads = [threading.Thread(target=self.post, args=(k,)) for k in range(POSTERS)]

    def post(self, k):
        client = rest.Client(self.world.env.url)
        headers = [("Authorization", "Bearer " + self.world.token("acme")),
                   ("Content-Type", "application/json")]
        n = 0
        while not self.stopped.is_set():
            cid = "p%d-%d" % (k, n)
            body = json.dumps({"body": cid, "clientMessageId": cid}).encode()
            try:
                got = client.request("POST", "%s/channels/%s/messages" % (API, self.channel),
                                     headers, body, keep=True)
                self.answers[cid] = got.status
            except Exception as e:
                self.answers[cid] = type(e).__name__
            n += 1
            self.stopped.wait(PAUSE_S)

    def start(self):
        for t in self.threads:
            t.start()

    def stop(self):
        self.stopped.set()
        for t in self.threads:
            t.join()


def read_times(world):
    """Returns (milliseconds of each GET /channels, sorted; answers other than 200)."""
    client = rest.Client(world.env.url)
    headers = [("Authorization", "Bearer " + world.token("acme"))]
    took, bad = [], []
    for _ in range(READS):
        at = time.monotonic()
        got = client.request("GET", API + "/channels", headers)
        took.append((time.monotonic() - at) * 1000)
        if got.status != 200:
            bad.append(str(got))
        time.sleep(0.01)
    return sorted(took), bad


def stored_counts(world, channel):
    """clientMessageId -> number of stored messages."""
    found, after = collections.Counter(), 0
    while True:
        page = world.call("GET", "%s/channels/%s/messages?after=%d&limit=200" % (
            API, channel, after), "acme")
        found.update(m["clientMessageId"] for m in page["messages"])
        if not page["hasMore"]:
            return found
        after = page["messages"][-1]["messageId"]


def commit_faults(world, channel, accepted):
    """Waits until fanout has committed the accepted messages; returns lost and repeated ones."""
    end = time.monotonic() + COMMIT_S
    while True:
        stored = stored_counts(world, channel)
        missing = [c for c in accepted if c not in stored]
        if not missing or time.monotonic() > end:
            break
        time.sleep(0.2)
    wrong = ["accepted but lost: %s" % c for c in missing[:5]]
    return wrong + ["stored %d times: %s" % (n, c) for c, n in stored.items() if n > 1][:5]


def measure(report, world, channel):
    posters = Posters(world, channel)
    world.env.signal("fanout", environment.SIGNALS["stop"])
    try:
        posters.start()
        time.sleep(1.5)
        took, bad = read_times(world)
    finally:
        posters.stop()
        world.env.signal("fanout", environment.SIGNALS["continue"])
    p99 = took[int(len(took) * 0.99) - 1]
    report.check("stalled", "GET /channels takes %.1f ms at p99 (p50 %.1f ms, max %.1f ms), under %d ms" % (
        p99, took[len(took) // 2], took[-1], LIMIT_MS),
        bad[:3] or (None if p99 < LIMIT_MS else "p99 %.1f ms" % p99))
    statuses = collections.Counter(posters.answers.values())
    report.check("stalled", "meanwhile sends are accepted (%s)" % ", ".join(
        "%s x %d" % kv for kv in sorted(statuses.items(), key=str)),
        None if statuses and set(statuses) <= {201, 202} else "other answers")
    accepted = [c for c, status in posters.answers.items() if status in (201, 202)]
    report.check("stalled", "all %d accepted messages are committed once" % len(accepted),
                 commit_faults(world, channel, accepted))


def main(argv):
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--env")
    args = p.parse_args(argv)
    report = Report()
    env = environment.read_env(args.env)
    if not env.has("signals"):
        report.skip("stalled", "reads while commits stall", "no pids of fanout's workers")
        return report.end()
    world = World(env)
    world.make_tenant("acme", {"maxMessagesPerSecond": 100000, "settings": {
        "user_send_limit": 50000, "user_send_window_s": 1}})
    world.make_channel("lobby", "acme", False, [])
    measure(report, world, world.names["lobby"])
    return report.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
