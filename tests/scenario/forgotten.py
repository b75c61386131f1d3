#!/usr/bin/env python3
"""The text of a deleted message is no longer in the memory of push-server's workers.

The test sends texts by REST and by WebSocket, and lets the workers deliver them live, from their ring
and from PostgreSQL. It deletes the messages, and then searches the memory of each worker.
"""

import argparse
import json
import os
import sys
import threading
import time
import uuid

from scn import env as environment
from scn import ws
from scn.report import Report
from scn.world import API, World

DEADLINE_S = 30
CLIENTS = 12  # they connect to several workers
SIZES = (20, 500, 9000)
FORGET_S = 5  # a worker replaces its connection for pages in about 2 s


def eventually(what, ready, seconds=DEADLINE_S):
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError("%s: not within %d s" % (what, seconds))
        time.sleep(0.02)


class Text:
    """A text of words that begin with the same random letters, so that a fragment of two words is
    found."""

    def __init__(self, name, size):
        self.name, self.word = "%s, %d bytes" % (name, size), uuid.uuid4().hex[:14]
        self.body = "".join("%s%03d " % (self.word, i) for i in range(size // 18 + 1))[:size]


class Listener:
    """A socket that records the texts and the deletions it receives."""

    def __init__(self, world, channel, after=None):
        env = world.env
        self.channel = channel
        self.bodies, self.deleted, self.ids = set(), set(), {}
        self.replies = set()
        self.cond = threading.Condition()
        self.socket = ws.WsClient(env.ws_host, env.ws_port, env.ws_path + "?token="
                                  + world.token("acme"))
        self.socket.on_frame = self.received
        frame = {"type": "subscribe", "id": "sub", "channelId": channel}
        self.socket.send_json(frame if after is None else {**frame, "after": after})
        eventually("the ack of subscribe", lambda: "sub" in self.replies)

    def received(self, frame):
        if frame["type"] in ("message", "message_updated"):
            self.bodies.add(frame["body"])
            self.ids[frame["body"]] = frame["payload"]["messageId"]
        elif frame["type"] == "message_deleted":
            self.deleted.add(frame["payload"]["messageId"])
        elif frame["type"] in ("ack", "error"):
            self.replies.add(frame.get("id"))

    def send(self, body):
        self.socket.send_json({"type": "send", "channelId": self.channel, "body": body})


def memory(pid):
    """The readable regions of a process as (name of the region, bytes)."""
    with open("/proc/%d/maps" % pid, encoding="ascii") as maps, \
            open("/proc/%d/mem" % pid, "rb", buffering=0) as mem:
        for line in maps:
            words = line.split()
            first, last = (int(x, 16) for x in words[0].split("-"))
            if words[1][0] != "r" or line.rstrip().endswith(("[vvar]", "[vsyscall]", "[vvar_vclock]")):
                continue
            mem.seek(first)
            yield "%s %s" % (words[0], words[5] if len(words) > 5 else "anonymous"), \
                mem.read(last - first)


def hits(pid, texts):
    """The places of the texts in the memory of a process, as lines for people."""
    found = []
    for region, data in memory(pid):
        for text in texts:
            at, n = data.find(text.word.encode()), data.count(text.word.encode())
            if n > 0:
                near = data[max(0, at - 60):at + 40]
                found.append("pid %d: %s: %d words in %s, first at +%#x: %r" % (
                    pid, text.name, n, region, at, near))
    return found


def send_all(world, channel, texts, clients):
    """Sends every second text by REST, the others by WebSocket."""
    for i, text in enumerate(texts):
        if i % 2 == 0 or not clients:
            world.call("POST", "%s/channels/%s/messages" % (API, channel), "acme",
                       {"body": text.body}, (201, 202))
        else:
            clients[i % len(clients)].send(text.body)


def all_received(clients, texts):
    eventually("the texts", lambda: all(t.body in c.bodies for c in clients for t in texts))


def make_texts(what):
    return [Text("%s %d" % (what, k), size) for size in SIZES for k in (1, 2)]


def spread(world, channel):
    """Sends texts, and makes the workers deliver them in each way. Returns texts and clients."""
    early, live = make_texts("sent before the subscription"), make_texts("live")
    send_all(world, channel, early, [])
    clients = [Listener(world, channel, 0) for _ in range(CLIENTS)]
    all_received(clients, early)
    send_all(world, channel, live, clients)
    all_received(clients, live)
    clients += [Listener(world, channel, 0) for _ in range(CLIENTS)]
    all_received(clients, early + live)
    later = [edit(world, channel, clients[0].ids[text.body], text) for text in live[::2]]
    all_received(clients, later)
    clients += [Listener(world, channel, 0) for _ in range(CLIENTS)]
    all_received(clients[-CLIENTS:], later)
    return early + live + later, clients


def edit(world, channel, message_id, text):
    later = Text("edited, before " + text.name, len(text.body))
    world.call("PATCH", path_of(channel, message_id), "acme", {"body": later.body}, (200, 202))
    return later


def path_of(channel, message_id):
    return "%s/channels/%s/messages/%d" % (API, channel, message_id)


def delete_all(world, channel, ids, clients):
    """Deletes every second message by REST, the others by WebSocket."""
    for i, message_id in enumerate(ids):
        if i % 2 == 0:
            world.call("DELETE", path_of(channel, message_id), "acme", None, (200, 202, 204))
        else:
            clients[i % len(clients)].socket.send_json(
                {"type": "delete", "channelId": channel, "messageId": message_id})
    eventually("the deletions", lambda: all(set(ids) <= c.deleted for c in clients))


def still_known(pids, texts):
    """The places of the texts in the processes, as soon as there are none, or after FORGET_S."""
    try:
        eventually("", lambda: not any(hits(pid, texts) for pid in pids), FORGET_S)
    except TimeoutError:
        pass
    return [line for pid in pids for line in hits(pid, texts)]


def measure(report, world, channel):
    push = world.env.pids("push")
    texts, clients = spread(world, channel)
    having = [pid for pid in push if hits(pid, texts)]  # the others serve /metrics, export traces
    report.check("forgotten", "before the delete, %d processes have texts in memory" % len(having),
                 None if having else "the search finds nothing")
    delete_all(world, channel, sorted({clients[0].ids[t.body] for t in texts}), clients)
    report.check("forgotten", "after the delete, no text is in the memory of push-server",
                 still_known(push, texts))
    # No later message overwrites this one. hiredis frees larger buffers by itself.
    last = [Text("alone", 5000)]
    send_all(world, channel, last, [])
    all_received(clients, last)
    delete_all(world, channel, [clients[0].ids[last[0].body]], clients)
    report.check("forgotten", "nor is the text of a message that was deleted as the last one",
                 still_known(push, last))
    for pid in world.env.pids("fanout"):
        report.note("fanout, pid %d, which does not forget: %d places" % (
            pid, len(hits(pid, texts + last))))


def main(argv):
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--env")
    args = p.parse_args(argv)
    report = Report()
    env = environment.read_env(args.env)
    pids = env.pids("push")
    if not pids or not os.access("/proc/%d/mem" % pids[0], os.R_OK):
        report.skip("forgotten", "the memory of push-server", "it can't be read")
        return report.end()
    world = World(env)
    world.make_tenant("acme", {"settings": {"user_send_limit": 50000, "user_send_window_s": 1}})
    world.make_channel("lobby", "acme", False, [])
    try:
        measure(report, world, world.names["lobby"])
    except (OSError, TimeoutError) as why:
        report.not_ok("forgotten", "the test runs to its end", [why])
    return report.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
