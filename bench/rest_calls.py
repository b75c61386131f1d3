#!/usr/bin/env python3
"""System calls of one GET /users/me, by program. Needs the stack of bench/rest.py, and strace.

  bench/rest_calls.py /tmp/rest.env [--requests 200] [--path /api/v1/users/me] [--body JSON]

It sends all requests on one keep-alive connection. Calls that a program makes without a request
(a heartbeat, a poll of a table) count too, so the numbers are not integers.
"""

import argparse
import http.client
import os
import re
import subprocess
import tempfile
import time
import urllib.parse

import rest


def traced(env, pids, work):
    """Runs work() under strace; returns {call: count}."""
    with tempfile.NamedTemporaryFile("r") as out:
        tracer = subprocess.Popen(["strace", "-c", "-f", "-o", out.name]
                                  + [a for pid in pids for a in ("-p", pid)],
                                  stderr=subprocess.DEVNULL)
        try:
            time.sleep(1)  # until strace has attached to all processes
            work()
        finally:
            tracer.terminate()
            tracer.wait()
        rows = re.findall(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", out.read(), re.M)
    return {call: int(n) for n, call in rows if call != "total"}


def main():
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument("env")
    args.add_argument("--requests", type=int, default=200)
    args.add_argument("--path", default="/api/v1/users/me")
    args.add_argument("--body")
    args = args.parse_args()
    env = rest.settings(args.env)
    url = urllib.parse.urlsplit(env["ES_URL"])
    headers = {"Authorization": f"Bearer {rest.token(env)}"}
    if args.body:
        headers |= {"Content-Type": "application/json", "Prefer": "respond-async"}
    client = http.client.HTTPConnection(url.hostname, url.port)

    def ask():
        for _ in range(args.requests):
            client.request("POST" if args.body else "GET", args.path, args.body, headers)
            answer = client.getresponse()
            answer.read()
            if answer.status >= 300:
                raise SystemExit(f"status {answer.status}")

    ask()  # connections and prepared statements
    for program in ("api", "lighttpd", "redis", "postgres"):
        pids = [pid for pid, (name, _) in rest.processes(env["ES_DEV_DIR"]).items() if name == program]
        calls = traced(env, pids, ask)
        each = {call: n / args.requests for call, n in calls.items() if n >= args.requests / 10}
        print(f"{program:9} {sum(each.values()):5.1f}: "
              + ", ".join(f"{call} {n:.1f}" for call, n in sorted(each.items(), key=lambda c: -c[1])))


if __name__ == "__main__":
    os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    main()
