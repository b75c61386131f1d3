#!/usr/bin/env python3
"""Requests per second through lighttpd with 16 keep-alive connections, as ratios to /healthz.

Needs a running stack with limits that the load can't reach, and the program wrk:
  export ES_DEV_DIR=/tmp/rest ES_LIMIT_USER_READ=1000000 ES_LIMIT_USER_SEND=1000000
  ./dev up -d && ./dev status -o env >/tmp/rest.env
  bench/rest.py /tmp/rest.env [--rounds 5] [--seconds 3] [--only NAME,NAME]

Each round measures each request once, so that a ratio compares runs of the same minute. The CPU
time of a request is the sum over lighttpd, api, PostgreSQL, Redis and fanout.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import tempfile
import urllib.request

CHANNEL = "01900000-0000-7000-8000-00000000c001"  # of the seed: general
HISTORY = 50
PROGRAMS = {"lighttpd": "lighttpd", "echostream-api": "api", "postgres": "postgres",
            "redis-server": "redis", "valkey-server": "redis", "echostream-fano": "fanout"}
V1 = "/api/v1"
# name, path, wait (None: a GET)
REQUESTS = (
    ("healthz", "/healthz", None),
    ("me", V1 + "/users/me", None),
    ("channel", f"{V1}/channels/{CHANNEL}", None),
    ("channels", V1 + "/channels", None),
    ("history", f"{V1}/channels/{CHANNEL}/messages?limit={HISTORY}", None),
    ("post-wait", f"{V1}/channels/{CHANNEL}/messages", True),
    ("post-async", f"{V1}/channels/{CHANNEL}/messages", False),
)


def settings(path):
    with open(path, encoding="utf-8") as f:
        return dict(line.strip().split("=", 1) for line in f if "=" in line)


def token(env):
    out = subprocess.run(["./dev", "token", "alice"], check=True, text=True, capture_output=True,
                         env={**os.environ, "ES_DEV_DIR": env["ES_DEV_DIR"]})
    return out.stdout.strip()


def script(bearer, wait):
    lines = ["local body = string.rep('x', 187)", "wrk.method = 'POST'" if wait is not None else "",
             f"wrk.headers['Authorization'] = 'Bearer {bearer}'" if bearer else ""]
    if wait is not None:
        lines += ["wrk.body = '{\"body\":\"' .. body .. '\"}'",
                  "wrk.headers['Content-Type'] = 'application/json'"]
    if wait is False:
        lines += ["wrk.headers['Prefer'] = 'respond-async'"]
    lines += ["done = function(s, l) io.write(string.format("
              "'{\"n\":%d,\"us\":%d,\"bad\":%d,\"p99\":%d}\\n', s.requests, s.duration,"
              " s.errors.status + s.errors.read + s.errors.timeout, l:percentile(99))) end"]
    return "\n".join(lines) + "\n"


def processes(dev_dir):
    """Returns {pid: (program, nanoseconds of CPU)} of the sessions that the stack has started."""
    with open(os.path.join(dev_dir, "run", "pids"), encoding="utf-8") as f:
        leaders = set(re.findall(r"\b\d+\b", f.read()))
    table, out = {}, {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as f:
                text = f.read()
            with open(f"/proc/{pid}/schedstat", encoding="utf-8") as f:
                ns = int(f.read().split()[0])
        except OSError:
            continue
        comm = text[text.index("(") + 1:text.rindex(")")]
        table[pid] = (text[text.rindex(")") + 2:].split()[1], comm, ns)
    for pid, (parent, comm, ns) in table.items():
        if pid in leaders or parent in leaders:
            out[pid] = (PROGRAMS.get(comm, comm), ns)
    return out


def load(env, bearer, path, wait, seconds):
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as lua:
        lua.write(script(bearer if path != "/healthz" else None, wait))
        lua.flush()
        before = processes(env["ES_DEV_DIR"])
        out = subprocess.run(["wrk", "-t1", "-c16", f"-d{seconds}s", "-s", lua.name, env["ES_URL"] + path],
                             check=True, text=True, capture_output=True).stdout
        after = processes(env["ES_DEV_DIR"])
    found = json.loads(out.strip().splitlines()[-1])
    cpu = {}
    for pid, (program, ns) in after.items():
        cpu[program] = cpu.get(program, 0) + ns - before.get(pid, ("", ns))[1]
    return {"rate": found["n"] * 1e6 / found["us"], "bad": found["bad"], "p99_ms": found["p99"] / 1000,
            "cpu": {p: ns / 1000 / found["n"] for p, ns in cpu.items()}}


def fill(env, bearer):
    for i in range(HISTORY):
        request = urllib.request.Request(f"{env['ES_URL']}{V1}/channels/{CHANNEL}/messages",
                                         json.dumps({"body": f"message {i} " + 180 * "x"}).encode(),
                                         {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json"})
        urllib.request.urlopen(request).read()


def spread(values, form):
    return f"{form % statistics.median(values)} ({form % min(values)} to {form % max(values)})"


def report(name, runs, base):
    ratios = [r["rate"] / b["rate"] for r, b in zip(runs, base)]
    cpu = {p: statistics.median([r["cpu"].get(p, 0) for r in runs]) for p in sorted(set(PROGRAMS.values()))}
    print(f"{name:10} {spread([r['rate'] for r in runs], '%.0f'):28} {spread(ratios, '%.2f'):22} "
          f"p99 {statistics.median([r['p99_ms'] for r in runs]):6.1f} ms  "
          f"CPU {sum(cpu.values()):5.0f} us: " + " ".join(f"{p} {us:.0f}" for p, us in cpu.items() if us >= 1)
          + (f"  {sum(r['bad'] for r in runs)} BAD" if any(r["bad"] for r in runs) else ""), flush=True)


def main():
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument("env")
    args.add_argument("--rounds", type=int, default=5)
    args.add_argument("--seconds", type=int, default=3)
    args.add_argument("--only")
    args = args.parse_args()
    env = settings(args.env)
    bearer = token(env)
    wanted = [r for r in REQUESTS if not args.only or r[0] in ("healthz", *args.only.split(","))]
    fill(env, bearer)
    runs = {name: [] for name, _, _ in wanted}
    for _ in range(args.rounds):
        for name, path, wait in wanted:
            runs[name].append(load(env, bearer, path, wait, args.seconds))
    print("request    requests/s (range)           ratio to healthz")
    for name, found in runs.items():
        report(name, found, runs["healthz"])


if __name__ == "__main__":
    main()
