"""What was measured of one row: figures of all runs, the answers of the generator, and faults."""

import statistics

# Counts of an answer that must be zero. A benchmark that loses a delivery measures nothing.
FRAMES = ("missing", "doubled", "disordered", "gaps")
FAULTS = FRAMES + ("refused", "failed", "cut")
BASES = ("plain", "healthz", "small")    # what EchoStream is compared with


class Result:
    def __init__(self, row, runs):
        self.row, self.runs = row, runs
        self.figures = {}       # {(name, unit): {target: [a value for each run]}}
        self.answers = {}       # {target: [answers of the generator]}
        self.faults = {}        # {target: {what: number}}
        self.costs = []         # a dict of costs.Meter for each run of EchoStream
        self.shares = {}        # {program: [share of one core in each run]}

    def add(self, name, unit, target, value):
        self.figures.setdefault((name, unit), {}).setdefault(target, []).append(value)

    def raw(self, target, answer):
        self.answers.setdefault(target, []).append(answer)

    def judge(self, target, answer, only_frames=False):
        """Counts faults. With only_frames a refusal is no fault, because the search for the highest
        rate exceeds that rate on purpose. A missing number is no fault either, because it may still
        be under way when the generator gives up; measure.holds() judges missing numbers."""
        found = self.faults.setdefault(target, {})
        for name in FAULTS if not only_frames else ("doubled", "disordered", "gaps"):
            if answer.get(name, 0) > 0:
                found[name] = found.get(name, 0) + answer[name]
        unanswered = answer.get("scheduled", 0) - answer.get("acked", 0) - answer.get("refused", 0)
        if not only_frames and unanswered > 0:
            found["unanswered"] = found.get("unanswered", 0) + unanswered

    def cost(self, found):
        """Notes what a run has cost (costs.Meter)."""
        self.costs.append(found)
        if self.row.kind == "most":
            return      # each run has another rate, so a share of all runs means nothing
        for name, used in found["cpuSeconds"].items():
            self.shares.setdefault(name, []).append(round(used / found["seconds"], 3))

    def has_faults(self):
        return any(self.faults.values())

    def json(self):
        row = self.row
        return {
            "word": row.word, "name": row.name, "kind": row.kind, "sockets": row.sockets,
            "channels": row.channels, "rate": row.rate, "seconds": row.seconds,
            "split": row.split, "faults": {t: f for t, f in self.faults.items() if f},
            "cpuShares": self.shares, "costs": self.costs, "answers": self.answers,
            "figures": [dict(figure(name, unit, values), values=values)
                        for (name, unit), values in self.figures.items()]}


def figure(name, unit, values):
    """Median and range of each target, and the ratio to the floor: the median of the runs' ratios."""
    found = {"figure": name, "unit": unit, "targets": {}}
    for target, all_runs in values.items():
        found["targets"][target] = {"median": statistics.median(all_runs), "min": min(all_runs),
                                    "max": max(all_runs), "runs": len(all_runs)}
    base = next((b for b in BASES if b in values), None)
    if base is not None and "echostream" in values:
        pairs = [e / b for e, b in zip(values["echostream"], values[base]) if b > 0]
        if pairs:
            found["ratioTo"], found["ratio"] = base, statistics.median(pairs)
            found["ratioMin"], found["ratioMax"] = min(pairs), max(pairs)
    return found
