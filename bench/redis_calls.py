#!/usr/bin/env python3
"""Calls of Redis for one message, by command: sent over REST, then over a WebSocket.

Needs a running stack that nothing else uses, with limits that the load can't reach:
  export ES_DEV_DIR=/tmp/calls ES_LIMIT_USER_SEND=1000000
  ./dev up -d && ./dev status -o env >/tmp/calls.env
  bench/redis_calls.py /tmp/calls.env [--messages 500]

It sends one message after the other, each when the one before is committed, and compares
INFO commandstats before and after. Redis counts what a script calls, too, and the commands that
programs send without a message (a heartbeat, a look at an idle queue), so the numbers are not
integers. "requests" is the sum of the commands that no script calls. "fsyncs" are those of the
append-only file, counted by strace in a second run.
"""

import argparse
import http.client
import json
import os
import re
import subprocess
import sys
import time
import urllib.parse

import rest
import rest_calls

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "scenario"))
from scn import ws  # noqa: E402  (the client of the scenarios)

REQUESTS = ("eval", "evalsha", "publish", "xread")
BODY = "hello " * 30


def commandstats(env):
    """Returns {command: calls} of the stack's Redis."""
    text = subprocess.run(["redis-cli", "-s", urllib.parse.urlsplit(env["ES_REDIS_URL"]).path, "INFO", "commandstats"],
                          check=True, text=True, capture_output=True).stdout
    return {name: int(n) for name, n in re.findall(r"^cmdstat_([^:]+):calls=(\d+)", text, re.M)}


def rest_sender(env, bearer):
    url = urllib.parse.urlsplit(env["ES_URL"])
    client = http.client.HTTPConnection(url.hostname, url.port)
    path = f"{rest.V1}/channels/{rest.CHANNEL}/messages"
    headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json"}

    def send():
        client.request("POST", path, json.dumps({"body": BODY}), headers)
        answer = client.getresponse()
        answer.read()
        if answer.status != 201:
            raise SystemExit(f"REST: status {answer.status}")
    return send


def ws_sender(env, bearer):
    url = urllib.parse.urlsplit(env["ES_PUSH_URL"])
    client = ws.WsClient(url.hostname, url.port, f"{url.path}?token={bearer}")

    def send():
        client.send_json({"type": "send", "id": "1", "channelId": rest.CHANNEL, "body": BODY})
        seen = []

        def answered():
            seen.extend(frame for _, frame in client.inbox)
            client.inbox.clear()
            return any(f.get("op") == "send" for f in seen)
        client.wait(answered, 10)
        if not any(f["type"] == "ack" for f in seen if f.get("op") == "send"):
            raise SystemExit(f"WebSocket: no ack, but {seen}")
    return send


def report(road, env, send, messages):
    for _ in range(20):  # connections, prepared statements and scripts
        send()
    before, start = commandstats(env), time.monotonic()
    for _ in range(messages):
        send()
    seconds, after = time.monotonic() - start, commandstats(env)
    each = {name: (n - before.get(name, 0)) / messages for name, n in after.items() if name != "info"}
    redis = [pid for pid, (name, _) in rest.processes(env["ES_DEV_DIR"]).items() if name == "redis"]
    calls = rest_calls.traced(env, redis, lambda: [send() for _ in range(messages)])
    print(f"{road}: {sum(each.get(name, 0) for name in REQUESTS):.1f} requests, "
          f"{sum(each.values()):.1f} commands, {calls.get('fdatasync', 0) / messages:.2f} fsyncs, "
          f"{sum(calls.values()) / messages:.1f} system calls of Redis a message; "
          f"{seconds * 1000 / messages:.1f} ms each")
    print("  " + ", ".join(f"{name} {n:.2f}" for name, n in sorted(each.items(), key=lambda c: -c[1])
                           if n >= 0.005))


def main():
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument("env")
    args.add_argument("--messages", type=int, default=500)
    args = args.parse_args()
    env = rest.settings(args.env)
    bearer = rest.token(env)
    report("REST", env, rest_sender(env, bearer), args.messages)
    report("WebSocket", env, ws_sender(env, bearer), args.messages)


if __name__ == "__main__":
    os.chdir(ROOT)
    main()
