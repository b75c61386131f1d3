#!/usr/bin/env python3
"""Sends random requests from api/openapi.yaml, most of them broken, to a running stack.

Each answer must be as the document says. Afterwards the same processes must run, and no log may have
an error. --seed repeats a run.
"""

import argparse
import collections
import json
import os
import random
import re
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "scenario"))

from fixtures import Fixtures  # noqa: E402
from draw import Drawer  # noqa: E402
from mutate import MUTATIONS, mutate  # noqa: E402
from scn import env as environment, schemas  # noqa: E402
from scn.report import Report  # noqa: E402
from values import Values  # noqa: E402
from verdict import Verdict  # noqa: E402
from wire import Unanswered, Wire  # noqa: E402

ROUND = 500     # requests before the test creates new tenants, users and channels
SHOWN = 2       # requests shown for each kind of fault
KINDS_SHOWN = 30
MUTATED = 0.6   # share of the requests that are broken
LEAST = 2000    # in runs of at least this many requests each operation must succeed
RETRIES = 1000  # maximum of further requests for operations without a success
RETRY_ROUND = 200   # further requests before the test creates new tenants

# Operations that cannot succeed with random requests: operation -> reason.
NO_SUCCESS = {}


class Run:
    def __init__(self, env, folder, seed):
        self.env, self.folder, self.seed = env, folder, seed
        self.judge, why = schemas.open_schemas(folder)
        if why:
            raise SystemExit(why)
        self.values = Values(self.judge.open)
        self.drawer = Drawer(self.judge.open, self.values)
        self.met = collections.defaultdict(collections.Counter)  # operation -> statuses
        self.kinds = collections.Counter()
        self.shown = collections.OrderedDict()  # kind of fault -> lines
        self.mutated = 0
        self.show_all = False
        self.lock = threading.Lock()
        self.local = threading.local()
        self.fixtures = None

    def run(self, numbers, jobs):
        numbers = list(numbers)
        with ThreadPoolExecutor(jobs) as pool:
            for start in range(0, len(numbers), ROUND):
                self.fixtures = Fixtures(self.env, self.values)
                for done in [pool.submit(self.one, k) for k in numbers[start:start + ROUND]]:
                    done.result()

    def request(self, k):
        """Request k of this seed: (operation, tenant, request)."""
        rng = random.Random("%s:%d" % (self.seed, k))
        operation, tenant, request = self.drawer.draw(rng, self.fixtures)
        wanted = rng.choice((1, 1, 1, 2)) if rng.random() < MUTATED else 0
        for _ in range(20):
            if len(request.notes) >= wanted:
                break
            mutate(rng, rng.choice(MUTATIONS), operation, tenant, request, self.fixtures)
        return operation, tenant, request

    def one(self, k):
        self.send(k, *self.request(k))

    def send(self, k, operation, tenant, request):
        if not hasattr(self.local, "wire"):
            self.local.wire = Wire(self.env.ws_host, int(self.env.url.rpartition(":")[2]))
            self.local.verdict = Verdict(schemas.open_schemas(self.folder)[0])
        answer, faults = self.ask(request)
        if self.show_all:
            print("%s\n%s\n%s" % (request.notes, request.curl(self.env.url), answer))
        with self.lock:
            self.mutated += bool(request.notes)
            if answer is not None and not request.notes:
                self.met[operation.name][answer.status] += 1
        if answer is not None and answer.status < 300:
            self.fixtures.learn(tenant, self.drawer.id_names, answer.json)
        for fault in {without_values(fault): fault for fault in faults}.values():
            self.found(k, operation, request, answer, fault)

    def ask(self, request, fresh=False):
        try:
            answer = self.local.wire.ask(request, fresh)
        except Unanswered as e:
            return None, ["no answer: %s" % e]
        return answer, self.local.verdict.faults(request, answer)

    def found(self, k, operation, request, answer, fault):
        """Counts the fault. For the first faults of a kind, repeats the request and notes both answers."""
        kind = "%s %s: %s" % (operation.name, answer.status if answer else "-", without_values(fault))
        with self.lock:
            self.kinds[kind] += 1
            if self.kinds[kind] > SHOWN or len(self.shown) >= KINDS_SHOWN:
                return
        again, faults = self.ask(request, fresh=True)
        lines = ["request %d of seed %s, %s" % (k, self.seed, ", ".join(request.notes) or "valid"),
                 fault[:600], clipped(request.curl(self.env.url)),
                 "answer: %s" % clipped(str(answer), 700),
                 "repeated: %s" % ("the same fault" if fault in faults else
                                   clipped("%s %s" % (faults or "no fault", again), 700))]
        with self.lock:
            self.shown.setdefault(kind, []).extend(lines)

    def retry_missing(self):
        """Sends valid requests to operations without a success, and to operations that create ids."""
        for k in range(RETRIES):
            missing = {name.partition(":")[0] for name in self.without_success()}
            if not missing:
                break
            if k % RETRY_ROUND == 0:
                self.fixtures = Fixtures(self.env, self.values)
            rng = random.Random("%s:retry_missing:%d" % (self.seed, k))
            among = [op for op in self.drawer.operations if op.name in missing]
            makers = [op for op in self.drawer.operations if op.verb == "post"
                      and not op.ending and op.body]
            self.send(k, *self.drawer.draw(rng, self.fixtures, rng.choice((among, makers))))

    def without_success(self):
        """Operations without a successful valid request, and the statuses that they answered."""
        return ["%s: %s" % (op.name, dict(self.met[op.name])) for op in self.drawer.operations
                if not any(200 <= s < 300 for s in self.met[op.name]) and op.name not in NO_SUCCESS]


def without_values(fault):
    """The text of a fault without values, so that equal faults of different requests have one text."""
    return re.sub(r"'[^']*'|\"[^\"]*\"|\d{4,}|[0-9a-f]{8}-[0-9a-f-]{27}", "..", fault)[:160]


def clipped(text, length_max=4000):
    return text if len(text) <= length_max else text[:length_max] + " ... (%d characters)" % len(text)


def pids(env):
    """(program, pid) of each program and worker of the stack."""
    return {(p["name"], pid) for p in env.status().get("programs", [])
            for pid in [p["pid"]] + p["workers"]}


def changes(before, after):
    return ["%s %d is gone" % one for one in sorted(before - after)] + \
        ["%s %d is new" % one for one in sorted(after - before)]


class Logs:
    """The new lines in the logs of the programs."""

    def __init__(self, env):
        self.at = {path: os.path.getsize(path) for path in environment.log_files(env)}
        self.env = env

    def errors(self):
        found = []
        for path in environment.log_files(self.env):
            with open(path, "rb") as f:
                f.seek(self.at.get(path, 0))
                for line in f.read().decode("utf-8", "replace").splitlines():
                    if '"lvl":"error"' in line or any(
                            word in line for word in ("Sanitizer", "FATAL", "PANIC",
                                                      "CHECK failed")):
                        found.append("%s: %s" % (os.path.basename(path), line[:400]))
        return found

    def unreadable(self):
        """Lines of the access log that are not JSON in UTF-8."""
        path = os.path.join(self.env.log_dir(), "access.log")
        with open(path, "rb") as f:
            f.seek(self.at.get(path, 0))
            return [repr(line[:400]) for line in f.read().split(b"\n")[:-1] if not is_json(line)]


def is_json(line):
    try:
        json.loads(line.decode("utf-8"))
    except ValueError:
        return False
    return True


def judge(report, run, before, logs, count):
    for kind, times in run.kinds.most_common():
        report.not_ok("property", "%s (%d times)" % (kind, times), run.shown.get(kind, []))
    if not run.kinds:
        report.ok("property", "all %d answers are as the document says" % count)
    if count >= LEAST:
        report.check("property", "each operation has succeeded", run.without_success())
    report.check("property", "the same processes run as before the requests",
                 changes(before, pids(run.env)) if before else ["the stack reports no processes"])
    report.check("property", "no log has an error", logs.errors()[:20])
    report.check("property", "each line of the access log is JSON", logs.unreadable()[:20])


def arguments(argv):
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--env", help="file with the output of ./dev status -o env")
    p.add_argument("--schemas", default=os.path.join(environment.repository(), "api"))
    p.add_argument("--seed", help="seed of a run to repeat (default: random)")
    p.add_argument("--requests", type=int, default=3000)
    p.add_argument("--jobs", type=int, default=4, help="requests at once (4); 1 repeats their order, too")
    p.add_argument("--only", type=int, help="send this one request of the seed, and show it")
    p.add_argument("--statuses", action="store_true", help="print the statuses of valid requests")
    return p.parse_args(argv)


def main(argv):
    args = arguments(argv)
    report = Report()
    seed = args.seed or "%08x" % random.SystemRandom().getrandbits(32)
    report.note("ES_PROPERTY_SEED=%s ES_PROPERTY_REQUESTS=%d repeats this run" % (seed, args.requests))
    env = environment.read_env(args.env)
    run = Run(env, args.schemas, seed)
    before, logs, started = pids(env), Logs(env), time.monotonic()
    run.show_all = args.only is not None
    run.run(range(args.requests) if args.only is None else [args.only], args.jobs)
    if args.requests >= LEAST and args.only is None:
        run.retry_missing()
    took = time.monotonic() - started
    report.note("%d requests, %d of them broken, in %.1f s" % (args.requests, run.mutated, took))
    if args.statuses:
        report.note("valid requests", ["%-22s %s" % (op, dict(sorted(counts.items())))
                                       for op, counts in sorted(run.met.items())])
    judge(report, run, before, logs, args.requests)
    return report.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
