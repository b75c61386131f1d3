#!/usr/bin/env python3
"""Tests the simulation of bench/capacity: known results of queueing theory, no message is lost or
made, the same seed gives the same result, the arithmetic agrees with the simulation, and costs that
are planted are found again. Needs no server."""

import json
import os
import random
import subprocess
import sys
import tempfile

import demand
import fit
import limits
import main
import price
from engine import Batcher, Clock, Cpu, Times
from road import Road

HERE = os.path.dirname(os.path.abspath(__file__))

# Round numbers, near to those of costs.json, so that a new measurement changes no test.
COSTS = {
    "postgres": {"secondS": 5e-3, "turnS": 1.5e-3, "messageS": 3e-5, "headS": 5e-6},
    "fanout": {"secondS": 3e-3, "turnS": 1.5e-4, "messageS": 5e-5},
    "redis": {"secondS": 1e-2, "turnS": 4e-4, "enqueueS": 6e-5, "xaddS": 2e-5, "publishS": 1e-5,
              "copyS": 6e-7},
    "push": {"secondS": 2e-2, "turnS": 1e-4, "sendS": 6e-5, "eventS": 1e-5, "deliveryS": 2e-5},
    "front": {"frameS": 1.7e-5},
}
PLAN = {"busy": 0.6, "turnMessages": 150, "socketsOfATask": 6000, "queue": "sqs", "queueS": 0.02, "commitS": 0.004}
PARTS = {"push": 4, "fanout": 2, "postgres": 2, "redis": 1, "commitS": 0.001, "front": False}
LOAD = {"sockets": 1000, "messagesPerS": 1000, "subscribers": 8}

# How far the simulation may be from the measurement, up or down.
CPU_FACTOR, TIME_FACTOR = 2, 4

FAILED = []


def check(name, wrong):
    print("%s %s" % ("not ok" if wrong else "ok", name), flush=True)
    if wrong:
        print(wrong)
        FAILED.append(name)


def near(what, got, expected, share):
    """Empty when the number is as expected, else a text."""
    return "" if abs(got - expected) <= share * expected else \
        "%s is %g, not %g" % (what, got, expected)


def queue(cores, load, exponential):
    """Simulates arrivals by chance at cores with a service of 1 s on average; returns the mean time
    from arrival to end, and the busy share."""
    rng, clock = random.Random(7), Clock()
    cpu, spent, end = Cpu(clock, cores), [], 60000

    def arrive():
        if clock.now < end:
            clock.after(rng.expovariate(load * cores), arrive)
            service = rng.expovariate(1) if exponential else 1.0
            cpu.do("x", service, lambda at: spent.append(clock.now - at), clock.now)

    clock.after(0, arrive)
    clock.run(end)
    return sum(spent) / len(spent), cpu.busy / end / cores


def check_theory():
    for load in (0.5, 0.8):
        mean, busy = queue(1, load, True)
        check("M/M/1 at %g: mean 1 / (1 - load), busy as the load" % load,
              near("mean", mean, 1 / (1 - load), 0.1) or near("busy", busy, load, 0.03))
    mean, _ = queue(1, 0.8, False)
    check("M/D/1 at 0.8: mean 1 + load / 2 (1 - load)", near("mean", mean, 1 + 0.8 / 0.4, 0.06))
    mean, _ = queue(2, 0.8, True)
    check("M/M/2 at 0.8: mean 1 / (1 - load^2)", near("mean", mean, 1 / (1 - 0.64), 0.06))


def check_batcher():
    """Ten jobs: the first has a round of its own, the nine that wait share the second."""
    clock, ended = Clock(), []
    batcher = Batcher(clock, Cpu(clock, 1), "redis", 1.0)
    for _ in range(10):
        batcher.do(0.1, lambda: ended.append(round(clock.now, 6)))
    clock.run(100)
    check("jobs that wait share an fsync", "" if ended == [1.1] + [3.0] * 9 and batcher.rounds == 2
          else str(ended))


def check_times():
    times = Times()
    for ms in range(1, 101):
        times.add(ms / 1000, 2)
    check("percentiles count weights", near("p50", times.at(0.5), 0.05, 1e-9) or
          near("p99", times.at(0.99), 0.099, 1e-9) or near("all", times.total(), 200, 0))


def check_road():
    got = Road(COSTS, LOAD, PARTS).run(5)
    check("each message that was sent is published once, and none waits at the end",
          near("published", got["published"], got["sent"], 0) or near("sent", got["sent"], 5000, 0.1))
    check("each message reaches all its subscribers",
          near("delivered", got["delivered"], 8 * got["sent"], 0.02))
    one = Road(COSTS, dict(LOAD, arrivals="even"), dict(PARTS, push=1)).run(5)
    check("with one push worker the deliveries are exact",
          near("delivered", one["delivered"], 8 * one["sent"], 0))
    check("the same seed gives the same result, another seed another",
          "" if got == Road(COSTS, LOAD, PARTS).run(5) != Road(COSTS, LOAD, PARTS, 2).run(5)
          else "p50 %g" % got["p50"])
    need = demand.cores(COSTS, LOAD, PARTS)
    check("the busy shares agree with the arithmetic", "; ".join(filter(None, (
        near(name, got["busy"][name], need[name] / PARTS[name], 0.15) for name in need))))
    n, _ = demand.turn(COSTS, LOAD, 2, 4, PARTS["commitS"])
    check("the messages of a turn agree with the arithmetic", near("turn", got["perTurn"], n, 0.25))
    idle = Road(COSTS, dict(LOAD, messagesPerS=5), PARTS).run(60)
    alone = 6e-5 + 6e-5 + 1.5e-4 + 5e-5 + 1.5e-3 + 3e-5 + 0.001 + 4e-4 + 1e-5 + 1e-4 + 5e-5
    check("without a queue, a delivery takes the sum of its costs",
          near("p50", idle["p50"], alone, 0.1))


def check_overload():
    """At a rate above the limit of Redis messages wait; below it none does."""
    parts = dict(PARTS, push=50, fanout=8, postgres=16)
    _, _, rate = limits.first(COSTS, LOAD, parts)
    low, high = (Road(COSTS, dict(LOAD, messagesPerS=rate * by), parts).run(2) for by in (0.7, 1.5))
    check("Redis is the first limit; 0.7 of its rate holds, 1.5 does not",
          "" if limits.first(COSTS, LOAD, parts)[0] == "Redis" and low["backlog"] < 0.1 * low["sent"]
          and high["backlog"] > 0.2 * high["sent"] and high["busy"]["redis"] > 0.95 else
          "%s %s %s" % (limits.first(COSTS, LOAD, parts), low, high))


def check_size():
    for rate in (100, 10000, 100000):
        load = dict(LOAD, sockets=100000, messagesPerS=rate)
        parts, need = demand.size(COSTS, load, PLAN)
        over = [n for n in need if n != "fanout" and need[n] > PLAN["busy"] * parts[n] + 1e-9]
        check("at %d messages/s no part is above its plan, and no socket is without a task" % rate,
              ", ".join(over) or near("room", max(0, 100000 - 6000 * parts["push"]) + 1, 1, 0))
    check("copies: one for one subscriber, fewer than the workers, at last to each worker",
          near("one", demand.holders(1, 9), 1, 1e-9) or
          near("eight", demand.holders(8, 9), 9 - 9 * (8 / 9) ** 8, 1e-9) or
          near("many", demand.holders(1000, 9), 9, 1e-9))
    month = price.month(dict(LOAD, messagesPerS=17), {"push": 3, "fanout": 4, "postgres": 2,
                                                      "redis": 1, "queue": "sqs"}, 20)
    check("SQS and traffic cost as in docs/deploy-aws.md for 10,000 sockets",
          near("sqs", month["sqs"], 66, 0.05) or near("traffic", month["traffic"], 394 / 10, 0.05))


def planted():
    """Runs of ./dev bench whose CPU times follow from COSTS. Each line: turns, messages, sockets,
    channels, deliveries of a message, seconds."""
    c, rows = COSTS, []
    for turns, n, sockets, channels, each, seconds in (
            (1000, 1100, 100, 10, 10, 11), (300, 9000, 1000, 100, 10, 10),
            (400, 4000, 1000, 1000, 1, 9), (300, 4000, 100, 1000, .1, 9),
            (44, 100, 100, 1, 100, 12), (500, 5000, 500, 1000, 1, 6)):
        push = seconds * c["push"]["secondS"] + turns * c["push"]["turnS"] + \
            n * c["push"]["sendS"] + n * min(1, sockets / channels) * c["push"]["eventS"] + \
            n * each * c["push"]["deliveryS"]
        cpu = {p: seconds * c[p]["secondS"] + turns * c[p]["turnS"] + n * c[p]["messageS"]
               for p in ("postgres", "fanout")}
        cpu.update(push=push, redis=seconds * 1e-2 + turns * 4e-4 + n * 7e-5)
        rows.append({"faults": {}, "sockets": sockets, "channels": channels, "kind": "deliver",
                     "costs": [{"turns": turns, "turnMessages": n, "messages": n, "walBytes": 900 * n,
                                "deliveries": n * each, "cpuSeconds": cpu, "seconds": seconds}]})
    return {"workloads": rows, "machine": {"fdatasyncMs": 0.1}}


def check_fit():
    loop = {"publishS": {"0": 4.4e-6, "1": 5e-6, "200": 1.244e-4}, "xaddS": 2e-5}
    found = fit.fit([planted()], loop, 5)
    check("planted costs are found", "; ".join(filter(None, (
        near(part + " " + name, found[part][name], value, 0.01)
        for part in ("postgres", "fanout", "redis", "push") for name, value in COSTS[part].items()))))
    check("a cost is never negative", "" if fit.least_squares(
        [((10, 1), 1.0), ((10, 2), 0.9), ((10, 5), 0.5)])[1] == 0 else "negative")
    with open(os.path.join(HERE, "costs.json"), encoding="utf-8") as f:
        known = json.load(f)
    check("costs.json has all costs, and the runs that it was fitted to are near", "; ".join(
        "%s is %s" % (part, known.get(part)) for part in ("postgres", "fanout", "redis", "push")
        if part not in known or "off" not in known[part] or known[part]["off"] > 0.35 or
        min(known[part][name] for name in COSTS[part]) <= 0))


def check_measured():
    """The simulation against what ./dev bench measured, by the factors that docs/scaling.md states."""
    with open(os.path.join(HERE, "costs.json"), encoding="utf-8") as f:
        costs = json.load(f)
    for row in main.rows_to_check(costs):
        wrong = []
        for figure, known, got in main.compare(costs, row, 1):
            factor = CPU_FACTOR if figure.startswith("CPU") else TIME_FACTOR
            if not known / factor <= got <= known * factor:
                wrong.append("%s: measured %.3g, simulated %.3g" % (figure, known, got))
        check("simulated as measured: " + row["name"], "; ".join(wrong))


def check_program():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "found.json")
        done = subprocess.run(
            [sys.executable, os.path.join(HERE, "main.py"), "--sockets", "10000", "--rate", "100",
             "--json", path], stdout=subprocess.PIPE, text=True, check=False)
        lines = done.stdout.splitlines()
        with open(path, encoding="utf-8") as f:
            found = json.load(f)
    check("the program prints two tables and writes its JSON", "" if done.returncode == 0 and
          len(lines) == 7 and lines[2].count("|") == len(main.HEAD) + 1 and
          lines[6].count("|") == len(main.LIMITS_HEAD) + 1 and
          0 < found[0]["simulated"]["p50"] < 1 else done.stdout)


if __name__ == "__main__":
    for test in (check_theory, check_batcher, check_times, check_road, check_overload, check_size,
                 check_fit, check_measured, check_program):
        test()
    sys.exit(1 if FAILED else 0)
