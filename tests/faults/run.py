#!/usr/bin/env python3
"""Causes faults on a running stack under load, then checks the promises."""

import argparse
import fnmatch
import os
import random
import sys
import time

import flt  # noqa: F401  (adds the folder of scn to the path)
from flt import (judge, kinds_machine, kinds_points, kinds_postgres, kinds_programs,  # noqa: F401
                 kinds_queue, kinds_redis, kinds_sqs, outcome)
from flt.kinds import KINDS, select_for
from flt.load import Load, Shape, open_env
from flt.schedule import Schedule
from flt.stack import Stack
from scn.report import Report


def arguments(argv):
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--env", required=True, help="output of ./dev status -o env; the run "
                   "breaks the stack, so use a separate one")
    p.add_argument("--build", default="build", help="folder of the programs")
    p.add_argument("--seconds", type=float, default=60)
    p.add_argument("--seed", type=int, default=None, help="seed of the schedule (default: random)")
    p.add_argument("--rounds", type=int, default=0, help="cause each kind this many times, instead "
                   "of running for --seconds")
    p.add_argument("--points", default="", help="a build with -Dcrash_points=true; adds "
                   "the kinds crash-*")
    p.add_argument("--machine", action="store_true", help="adds the kinds that need "
                   "namespaces: net-*, disk-*, ...")
    p.add_argument("--kinds", default="", help="kinds or globs, separated by commas (default: all); "
                   "-NAME leaves a kind out")
    p.add_argument("--pairs", type=float, default=0.0,
                   help="share of faults for which the next fault does not wait (0)")
    p.add_argument("--least-acks", type=int, default=0)
    p.add_argument("--least-kinds", type=int, default=0)
    p.add_argument("--journal", default=None, help="write every step of every message to this file")
    p.add_argument("--pause-ms", type=float, default=20, help="pause between a writer's messages (20)")
    args = p.parse_args(argv)
    if args.seed is None:
        args.seed = random.randrange(1 << 31)
    return p, args


def chosen(p, text):
    words = [w for w in text.split(",") if w]
    for w in words:
        if not fnmatch.filter(KINDS, w.lstrip("-")):
            p.error("unknown kind: %s; kinds: %s" % (w, " ".join(sorted(KINDS))))
    words = [k for w in words for k in (
        fnmatch.filter(KINDS, w) if w[:1] != "-" else ["-" + k for k in fnmatch.filter(
            KINDS, w[1:])])]
    wanted = [w for w in words if not w.startswith("-")] or sorted(KINDS)
    return [k for k in wanted if "-" + k not in words]


def main(argv):
    p, args = arguments(argv)
    report = Report()
    env = open_env(args.env)
    stack = Stack(env, os.path.abspath(args.build), args.points and os.path.abspath(args.points))
    if args.points:
        kinds_points.add()
    if args.machine:
        kinds_machine.add()
    select_for(stack.queue)
    args.kinds = chosen(p, args.kinds)
    # With few channels, the second fanout of the crash points may hold only partitions without entries.
    shape = Shape(channels=12 if args.points else 6, pause_s=args.pause_ms / 1000)
    load = Load(env, args.seed, shape, args.journal)
    load.build()
    print("queue %s, seed %d, %g s, %d kinds; run %s" % (
        stack.queue.name, args.seed, args.seconds, len(args.kinds), load.run_id), flush=True)
    started = time.monotonic()
    load.start()
    schedule = Schedule(stack, load, args.seed, args.kinds, args.pairs,
                        lambda line: print(line, flush=True))
    try:
        schedule.wait_for_start(10)
        schedule.run(args.seconds, args.rounds, args.least_acks)
        broken_s = time.monotonic() - started
        histories = load.finish()
    finally:
        stack.clean_up()
    verdict = judge.judge(load.journal, histories, load.listeners + load.spies,
                          load.protocol_faults)
    outcome.report_results(report, args, load, stack, schedule, verdict, broken_s)
    return report.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
