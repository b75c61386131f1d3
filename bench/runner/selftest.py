#!/usr/bin/env python3
"""Tests the benchmark itself: that the generator finds planted faults and counts stalls, that each
workload runs, and that the results are complete. No check depends on how quick the machine is."""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import uuid

import table
import workloads
from load import Floor, Load
from stack import free_port

HERE = os.path.dirname(os.path.abspath(__file__))
PORT = 23500
SOCKETS = 5
TARGETS = {
    "idle": {"plain", "echostream"}, "connect": {"plain", "echostream"},
    "deliver": {"plain", "gather", "echostream"}, "most": {"plain", "gather", "echostream"},
    "cost": {"echostream"}, "rest": {"echostream"}, "growth": {"small", "echostream"},
}
METERED = ("deliver", "most", "cost")     # kinds of rows with costs
PROGRAMS = ("postgres", "redis", "fanout", "push", "api", "lighttpd")
MACHINE = ("cpu", "cores", "memoryMiB", "serverCores", "loadCores", "kernel", "fdatasyncMs",
           "echostream", "commit", "postgresql", "redis", "lighttpd")


class Checks:
    failed = 0

    def check(self, name, wrong):
        print("%s %s" % ("not ok" if wrong else "ok", name), flush=True)
        if wrong:
            print(wrong)
            self.failed += 1


@contextlib.contextmanager
def floor_with_load(build, kind, folder):
    """A floor with connected clients in one channel."""
    path = os.path.join(folder, "floor-clients")
    with open(path, "w", encoding="ascii") as f:
        f.write("sender\n" + ("reader %s\n" % uuid.uuid4()) * SOCKETS)
    cores = os.sched_getaffinity(0)
    floor = Floor(build, cores, free_port(PORT), kind)
    try:
        load = Load(build, cores, path, floor.port)
        try:
            load.connect(1 + SOCKETS, 10)
            yield floor, load
        finally:
            load.close()
    finally:
        floor.close()


def differences(got, expected):
    return ", ".join("%s %s, not %s" % (k, got[k], v) for k, v in expected.items() if got[k] != v)


def check_frames(checks, build, folder):
    """Of each ten events the faulty floor loses one, doubles one and swaps one."""
    for kind, faults in (("plain", 0), ("gather", 0), ("faulty", 2 * SOCKETS)):
        with floor_with_load(build, kind, folder) as (_, load):
            got = load.ask("send 100 200 0 100")
            checks.check("the generator judges each frame of the floor: %s" % kind, differences(got, {
                "scheduled": 20, "acked": 20, "received": 20 * SOCKETS, "missing": faults,
                "doubled": faults, "disordered": faults}))


def check_stall(checks, build, folder):
    """A server that stalls delays all messages that are due meanwhile, not only the first."""
    with floor_with_load(build, "plain", folder) as (floor, load):
        floor.proc.send_signal(signal.SIGSTOP)
        again = threading.Timer(0.5, floor.proc.send_signal, (signal.SIGCONT,))
        again.start()
        got = load.ask("send 100 1000 0 100")
        again.join()
        slow = got["deliveryUs"]["p95"]
        checks.check("messages that are due during a stall count from their time (no coordinated "
                     "omission)", "" if slow >= 300000 and got["received"] == 100 * SOCKETS else
                     "p95 is %d us; received %d" % (slow, got["received"]))


def check_results(checks, found):
    rows = {row.name: row for row in workloads.ROWS}
    checks.check("the result names the machine and the versions", ", ".join(
        "%s is missing" % k for k in MACHINE if found["machine"].get(k) in (None, "")))
    for result in found["workloads"]:
        row = rows.pop(result["name"], None)
        wrong = [] if result["figures"] else ["no figures"]
        if result["faults"]:
            wrong.append("faults: %s" % result["faults"])
        for figure in result["figures"]:
            for target in TARGETS[row.kind]:
                values = figure["values"].get(target)
                if not values or len(values) != 1 or min(values) <= 0:
                    if not figure["figure"].startswith("user memory"):
                        wrong.append("%s of %s: %s" % (figure["figure"], target, values))
        if row.kind in METERED:
            wrong += costs_missing(result)
        checks.check("%s: all figures, no fault" % row.name, "; ".join(wrong))
    checks.check("every workload has run", ", ".join(rows))


def costs_missing(result):
    """What is wrong in the costs of a row: each run has some, and all counters rose."""
    if not result["costs"]:
        return ["no costs"]
    return ["costs of a run: %s" % cost for cost in result["costs"]
            if set(PROGRAMS) - set(cost["cpuSeconds"]) or cost["turns"] < 1
            or cost["turnMessages"] < cost["messages"] / 2 or cost["redisCalls"].get("publish", 0) < 1
            or cost["walBytes"] < 1]


def check_table(checks, found):
    """The table that people read must show a fault of the results."""
    first = found["workloads"][0]
    first["faults"] = {"echostream": {"missing": 3}}
    lines = list(table.lines(found["workloads"]))
    checks.check("the table has a line for each figure, and names faults", "" if (
        len(lines) == 2 + sum(len(r["figures"]) for r in found["workloads"]) and
        list(table.faults(found["workloads"])) == ["%s, echostream: missing 3" % first["name"]])
        else "\n".join(lines))


def main(argv):
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--env", required=True)
    p.add_argument("--build", required=True)
    args = p.parse_args(argv)
    checks = Checks()
    with tempfile.TemporaryDirectory() as folder:
        check_frames(checks, args.build, folder)
        check_stall(checks, args.build, folder)
        path = os.path.join(folder, "result.json")
        done = subprocess.run([sys.executable, os.path.join(HERE, "main.py"), "--smoke", "--runs",
                               "1", "--env", args.env, "--build", args.build, "--json", path],
                              check=False)
        checks.check("the runner exits without a fault", "" if done.returncode == 0 else
                     "status %d" % done.returncode)
        with open(path, encoding="utf-8") as f:
            found = json.load(f)
        check_results(checks, found)
        check_table(checks, found)
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
