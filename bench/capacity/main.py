#!/usr/bin/env python3
"""Sizes, simulates and prices EchoStream for loads that no machine of ours can carry.

    bench/capacity/main.py                    # the table of docs/scaling.md
    bench/capacity/main.py --sockets 50000 --rate 2000 --subscribers 100
    bench/capacity/main.py --check            # simulate workloads of ./dev bench; compare"""

import argparse
import json
import os
import sys

import demand
import limits
import price
from road import Road

HERE = os.path.dirname(os.path.abspath(__file__))
MESSAGES = 30000        # simulated for one line, but for no longer than SECONDS
SECONDS = 10
WARM = 0.2              # the share of the time before which the times don't count

HEAD = ("sockets", "msg/s", "push", "fanout", "PostgreSQL", "Redis", "p50, p99 (ms)",
        "instances ($)", "volumes ($)")
LIMITS = ("Redis", "PostgreSQL", "one channel", "a month stored")
LIMITS_HEAD = ("sockets", "msg/s") + LIMITS + ("first", "met at (msg/s)")


def arguments(argv):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--scenarios", default=os.path.join(HERE, "scenarios.json"), metavar="FILE")
    p.add_argument("--costs", default=os.path.join(HERE, "costs.json"), metavar="FILE")
    p.add_argument("--sockets", type=int, action="append", metavar="N")
    p.add_argument("--rate", type=float, action="append", metavar="N", help="messages a second")
    p.add_argument("--subscribers", type=float, metavar="N", help="of each channel")
    p.add_argument("--redis", type=int, metavar="N", help="simulate with N Redis, not as many as needed")
    p.add_argument("--queue", choices=("sqs", "redis"), help="the queue; redis: in the Redis of events")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--json", metavar="FILE", help="write all that was found")
    p.add_argument("--check", action="store_true", help="simulate the workloads of ./dev bench")
    return p.parse_args(argv)


def read(path):
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def simulate(costs, load, parts, seed):
    seconds = min(SECONDS, MESSAGES / load["messagesPerS"])
    return Road(costs, load, parts, seed).run(seconds, seconds * WARM)


def case(costs, load, plan, seed, redis=None):
    """All that we know of one load: parts, cores, simulated times, limits, price."""
    parts, need = demand.size(costs, load, plan)
    if redis is not None:
        parts["redis"] = redis
    name, share, rate = limits.first(costs, load, parts)
    return {"load": load, "parts": parts, "cores": need, "limit": name, "limitShare": share,
            "limitRate": rate, "shares": limits.shares(costs, load, parts),
            "simulated": simulate(costs, load, parts, seed),
            "month": price.month(load, parts, demand.deliveries(load))}


def thousands(value):
    return "{:,.0f}".format(float("%.2g" % value))


def load_cells(load):
    return ("{:,}".format(load["sockets"]), "{:,.0f}".format(load["messagesPerS"]))


def cells(found):
    """A line of the table of parts: their numbers, the times of deliveries, the price of a month."""
    parts, times = found["parts"], found["simulated"]
    return load_cells(found["load"]) + (
        "{:,}".format(parts["push"]), str(parts["fanout"]), str(parts["postgres"]),
        str(parts["redis"]), "%.0f, %.0f" % (times["p50"] * 1000, times["p99"] * 1000),
        thousands(price.instances(found["month"])), thousands(price.volumes(found["month"])))


def limit_cells(found):
    """A line of the table of limits: the used share of each, the first that is met, and when."""
    return load_cells(found["load"]) + tuple("%.2g" % found["shares"][n] for n in LIMITS) + (
        found["limit"], thousands(found["limitRate"]))


def print_table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")


# Comparison with ./dev bench, where all programs share the cores of the server.

BEHIND = 0.05   # a run whose messages took so much longer than they were sent for was overloaded


def rows_to_check(costs):
    """The measured rows, and those of a calm machine that docs/performance.md publishes."""
    kept_up = [row for row in costs["measured"] if row["behind"] <= BEHIND]
    return kept_up + read(os.path.join(HERE, "published.json"))


def bench_load(row):
    """The load of a row of rows_to_check(); some of its channels may have no socket."""
    share = min(1.0, row["sockets"] / row["channels"])
    subscribers = [[share, max(1.0, row["sockets"] / row["channels"])], [1 - share, 0]]
    return {"sockets": row["sockets"], "messagesPerS": row["rate"], "arrivals": "even",
            "subscribers": subscribers}


def bench_parts(row):
    return {"push": row["serverCores"], "fanout": 2, "redis": 1, "front": False,
            "sharedCores": row["serverCores"], "commitS": row["fdatasyncS"],
            "redisSyncS": row["fdatasyncS"]}


def compare(costs, row, seed):
    """Yields (figure, measured, simulated) for a row of rows_to_check()."""
    got = simulate(costs, bench_load(row), bench_parts(row), seed)
    each = 1000 * got["seconds"] / got["sent"]
    for program, cpu_ms in row["cpuMs"].items():
        yield "CPU of %s (ms/msg)" % program, cpu_ms, got["busy"][program] * each
    if "perTurn" in row:
        yield "messages of a turn", row["perTurn"], got["perTurn"]
    yield "p50 (ms)", row["p50Ms"], got["p50"] * 1000


def check(costs, seed):
    print_table(("workload", "figure", "measured", "simulated", "ratio"), [
        (row["name"], figure, "%.2g" % known, "%.2g" % got, "%.2f" % (got / known))
        for row in rows_to_check(costs) for figure, known, got in compare(costs, row, seed)])


def main(argv):
    args = arguments(argv)
    costs = read(args.costs)
    if args.check:
        check(costs, args.seed)
        return 0
    given = read(args.scenarios)
    load = dict(given["load"])
    if args.subscribers:
        load["subscribers"] = args.subscribers
    plan = dict(given["plan"])
    if args.queue == "redis":   # each round of Redis waits for an fsync
        plan.update(queue="redis", queueS=0.0, redisSyncS=costs["fdatasyncS"])
    found = [case(costs, dict(load, sockets=sockets, messagesPerS=rate), plan, args.seed, args.redis)
             for sockets in args.sockets or given["sockets"]
             for rate in args.rate or given["messagesPerS"]]
    print_table(HEAD, [cells(f) for f in found])
    print()
    print_table(LIMITS_HEAD, [limit_cells(f) for f in found])
    if args.json:
        with open(args.json, "w", encoding="utf-8") as f:
            json.dump(found, f, indent=1)
            f.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
