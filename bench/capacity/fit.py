#!/usr/bin/env python3
"""Fits the costs of a turn, a message, an event and a delivery to runs of ./dev bench.

    ./dev bench base channels costs stored --json BENCH
    bench/capacity/redis_loop.py --json LOOP
    bench/capacity/heads.sh
    bench/capacity/fit.py --redis LOOP --head-us N --out bench/capacity/costs.json BENCH...

A run's CPU seconds are the sum of its seconds, turns, messages, events and deliveries, each times its
cost. The costs are those with the smallest squares of the relative errors over all runs."""

import argparse
import json
import statistics
import sys

SCATTERED = 100     # a run with more deliveries of a message tells only `bulkDeliveryS`
WAL_RUN = 1000      # a run with fewer messages says little about the bytes of a message
WARM_S = 1          # bench/runner sends for so much longer than the row says
PROGRAMS = ("postgres", "redis", "fanout", "push")

# Measured for docs/deploy-aws.md with 2,000 WebSockets by TLS: 35 us for a message in and one out.
FRONT = {"frameS": 17.5e-6, "socketBytes": 32 * 1024}


def solve(matrix, right):
    """Solves a small system of equations by elimination; None when it has no single solution."""
    n = len(right)
    rows = [list(matrix[i]) + [right[i]] for i in range(n)]
    for i in range(n):
        best = max(range(i, n), key=lambda r: abs(rows[r][i]))
        if abs(rows[best][i]) < 1e-12:
            return None
        rows[i], rows[best] = rows[best], rows[i]
        rows[i] = [v / rows[i][i] for v in rows[i]]
        for r in range(n):
            if r != i:
                rows[r] = [a - rows[r][i] * b for a, b in zip(rows[r], rows[i])]
    return [row[n] for row in rows]


def least_squares(points):
    """points: [(counts, seconds)]. Returns the cost of each count; none is negative."""
    n = len(points[0][0])
    used = list(range(n))
    while used:
        # Dividing each run by its seconds minimises relative errors.
        scaled = [[counts[i] / max(seconds, 0.005) for i in used] for counts, seconds in points]
        matrix = [[sum(s[a] * s[b] for s in scaled) for b in range(len(used))]
                  for a in range(len(used))]
        size = [max(matrix[a][a], 1e-300) ** 0.5 for a in range(len(used))]
        found = solve([[matrix[a][b] / size[a] / size[b] for b in range(len(used))]
                       for a in range(len(used))],
                      [sum(s[a] for s in scaled) / size[a] for a in range(len(used))])
        if found is None:
            raise ValueError("these runs can't tell the costs apart; add other workloads")
        if min(found) >= 0:
            costs = [0.0] * n
            for i, value, by in zip(used, found, size):
                costs[i] = value / by
            return costs
        used.pop(min(range(len(used)), key=lambda i: found[i]))
    return [0.0] * n


def off(points, costs):
    """The median of the relative errors of all runs."""
    return round(statistics.median(
        abs(sum(c * n for c, n in zip(costs, counts)) / max(seconds, 0.005) - 1)
        for counts, seconds in points), 2)


def runs(files):
    """All runs of EchoStream whose messages were all answered."""
    for found in files:
        for row in found["workloads"]:
            for cost in row.get("costs", []):
                if cost["messages"] > 0 and cost["turns"] > 0 and \
                        not row["faults"].get("echostream"):
                    yield row, cost


def fit_turns(files, program):
    points = [((c["seconds"], c["turns"], c["turnMessages"]), c["cpuSeconds"][program])
              for _, c in runs(files)]
    found = least_squares(points)
    return {"secondS": found[0], "turnS": found[1], "messageS": found[2], "off": off(points, found)}


def fit_push(files):
    """From the rows with a fixed rate: a search for the highest rate ends in an overload, in which a
    worker reads and writes more at once."""
    points, bulk = [], []
    for row, c in runs(files):
        held = min(1.0, row["sockets"] / row["channels"])   # share of the messages with a subscriber
        counts = (c["seconds"], c["turns"], c["messages"], c["messages"] * held, c["deliveries"])
        if c["deliveries"] > SCATTERED * c["messages"]:
            bulk.append(c["cpuSeconds"]["push"] / c["deliveries"])
        elif row["kind"] != "most":
            points.append((counts, c["cpuSeconds"]["push"]))
    names = ("secondS", "turnS", "sendS", "eventS", "deliveryS")
    found = least_squares(points)
    costs = dict(zip(names, found), off=off(points, found))
    if bulk:
        costs["bulkDeliveryS"] = statistics.median(bulk)
    return costs


def fit_redis(files, loop):
    """Splits the cost of a message by the loop: its two PUBLISH (event, outcome), and the rest."""
    found = fit_turns(files, "redis")
    by = {int(n): seconds for n, seconds in loop["publishS"].items()}
    most = max(by)
    publish = 2 * by[1]
    return {"secondS": found["secondS"], "turnS": found["turnS"], "off": found["off"],
            "publishS": publish,
            "enqueueS": max(found["messageS"] - publish, loop["xaddS"]),
            "copyS": (by[most] - by[0]) / most, "xaddS": loop["xaddS"]}


def measured(files):
    """What the runs with a fixed rate showed, for a comparison with the simulation (main.py --check)."""
    for found in files:
        for row in found["workloads"]:
            if row["kind"] == "most" or not row["costs"] or \
                    row["sockets"] > SCATTERED * row["channels"]:
                continue

            def middle(value, runs=row["costs"]):
                return statistics.median(map(value, runs))

            answers = row["answers"]["echostream"]
            yield {"name": row["name"], "sockets": row["sockets"], "channels": row["channels"],
                   "rate": row["rate"], "serverCores": len(found["machine"]["serverCores"]),
                   "fdatasyncS": found["machine"]["fdatasyncMs"] / 1000, "runs": len(answers),
                   "loadAverage": row["loadAverages"][1],
                   "behind": middle(lambda c, due=row["seconds"] + WARM_S: c["seconds"] / due - 1),
                   "othersShare": middle(lambda c: c["cpuSeconds"]["others"] / c["seconds"]),
                   "perTurn": middle(lambda c: c["turnMessages"] / c["turns"]),
                   "cpuMs": {p: middle(lambda c, p=p: c["cpuSeconds"][p] * 1000 / c["messages"])
                             for p in PROGRAMS},
                   "p50Ms": statistics.median(a["deliveryUs"]["p50"] / 1000 for a in answers)}


def rounded(value):
    if isinstance(value, list):
        return [rounded(v) for v in value]
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    return float("%.3g" % value) if isinstance(value, float) else value


def fit(files, loop, head_us):
    long = [c for _, c in runs(files) if c["messages"] >= WAL_RUN]
    return rounded({
        "postgres": dict(fit_turns(files, "postgres"), headS=head_us / 1e6, walBytesOfAMessage=statistics.median(
            c["walBytes"] / c["messages"] for c in long)),
        "fanout": fit_turns(files, "fanout"),
        "redis": fit_redis(files, loop),
        "push": fit_push(files),
        "front": FRONT,
        "fdatasyncS": statistics.median(f["machine"]["fdatasyncMs"] for f in files) / 1000,
    })


def about(files):
    """Names the machine as docs/performance.md does."""
    names = ("cpu", "cores", "postgresql", "redis", "lighttpd", "commit")
    return dict({n: files[-1]["machine"][n] for n in names}, runs=len(list(runs(files))))


def main(argv):
    p = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    p.add_argument("files", nargs="+", metavar="BENCH", help="JSON of ./dev bench")
    p.add_argument("--redis", required=True, metavar="LOOP", help="JSON of redis_loop.py")
    p.add_argument("--head-us", required=True, type=float, metavar="N", help="what heads.sh prints")
    p.add_argument("--out", required=True, metavar="FILE", help="the file to write")
    args = p.parse_args(argv)

    def load(path):
        with open(path, encoding="utf-8") as f:
            return json.load(f)

    files = [load(path) for path in args.files]
    costs = dict({"machine": about(files)}, **fit(files, load(args.redis), args.head_us),
                 measured=rounded(list(measured(files))))
    with open(args.out, "w", encoding="utf-8") as f:
        json.dump(costs, f, indent=1)
        f.write("\n")
    print("costs of %d runs; relative errors (median): %s" % (costs["machine"]["runs"], ", ".join(
        "%s %.2g" % (p, costs[p]["off"]) for p in PROGRAMS)))


if __name__ == "__main__":
    main(sys.argv[1:])
