#!/usr/bin/env python3
"""Measures EchoStream beside a floor, on a private stack. `./dev bench` runs it."""

import argparse
import datetime
import json
import os
import shutil
import signal
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import machine  # noqa: E402
import table  # noqa: E402
import workloads  # noqa: E402
from measure import Bench  # noqa: E402
from stack import Stack  # noqa: E402


def arguments(argv):
    p = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    p.add_argument("words", nargs="*", metavar="WORKLOAD",
                   help="any of %s (default: all)" % ", ".join(workloads.WORDS))
    p.add_argument("--runs", type=int, default=5, help="runs of each row (5)")
    p.add_argument("--minutes", type=float, default=60,
                   help="begin no further run after so many minutes (60)")
    p.add_argument("--json", help="file for the results (build/bench/<time>.json)")
    p.add_argument("--smoke", action="store_true",
                   help="tiny workloads that only show that all works; their times mean nothing")
    p.add_argument("--env", help="settings of a stack that runs already; for tests")
    p.add_argument("--build", default=os.path.join(ROOT, "build"))
    args = p.parse_args(argv)
    unknown = set(args.words) - set(workloads.WORDS)
    if unknown:
        p.error("unknown workload: %s; workloads: %s" % (
            ", ".join(sorted(unknown)), ", ".join(workloads.WORDS)))
    if not 1 <= args.runs <= 100:
        p.error("--runs: 1 to 100")
    return args


class Options:
    def __init__(self, args, folder):
        self.runs, self.smoke, self.folder = args.runs, args.smoke, folder
        self.end = time.monotonic() + args.minutes * 60

    def out_of_time(self):
        return time.monotonic() > self.end

    @staticmethod
    def say(text):
        print(text, file=sys.stderr, flush=True)


def measure_all(args, bench, options):
    results = []
    for row in workloads.ROWS:
        if args.words and row.word not in args.words:
            continue
        if options.out_of_time():
            options.say("the time is up: %s is left out" % row.name)
            continue
        at, loads = time.monotonic(), [os.getloadavg()[0]]
        result = bench.measure(workloads.smoke(row) if args.smoke else row)
        # The load average includes the benchmark itself; far above 2, other programs use the machine.
        loads.append(os.getloadavg()[0])
        results.append(dict(result.json(), loadAverages=loads))
        options.say("%s: %s (%.0f s)" % (row.word, row.name, time.monotonic() - at))
    return results


def write_json(path, found):
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path + ".new", "w", encoding="utf-8") as f:
        json.dump(found, f, indent=1)
        f.write("\n")
    os.replace(path + ".new", path)


def show(found, places):
    print(machine.one_line(found["machine"]))
    if places.shared:
        print("One core: server and load share it, so the figures show the sum of both.")
    else:
        print("Server on core %s, load on core %s." % tuple(
            ", ".join(map(str, found["machine"][k])) for k in ("serverCores", "loadCores")))
    print()
    for line in table.lines(found["workloads"]):
        print(line)
    for title, lines in (("CPU, as shares of one core", table.shares(found["workloads"])),
                         ("FAULTS", table.faults(found["workloads"]))):
        lines = list(lines)
        if lines:
            print("\n%s:" % title)
            for line in lines:
                print("  " + line)


def main(argv):
    args = arguments(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    places = machine.Places()
    os.sched_setaffinity(0, places.load)
    folder = tempfile.mkdtemp(prefix="echostream-bench.")
    build = os.path.abspath(args.build)
    began = datetime.datetime.now(datetime.timezone.utc)
    path = args.json or os.path.join(build, "bench", began.strftime("%Y%m%d-%H%M%S.json"))
    stack = None
    try:
        options = Options(args, folder)
        stack = Stack(ROOT, build, places, args.env)
        found = {"began": began.isoformat(timespec="seconds"), "smoke": args.smoke,
                 "runs": args.runs, "settings": workloads.SETTINGS,
                 "machine": machine.describe(ROOT, build, stack.folder or folder, places)}
        found["workloads"] = measure_all(args, Bench(stack, build, places, options), options)
    finally:
        if stack is not None:
            stack.close()
        shutil.rmtree(folder, ignore_errors=True)
    write_json(path, found)
    show(found, places)
    print("\nAll figures: %s" % os.path.relpath(path))
    return 1 if any(r["faults"] for r in found["workloads"]) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
