#!/usr/bin/env python3
"""Cuts the connections of thousands of clients at once and checks how the clients resume."""

import argparse
import http.client
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import uuid

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests", "faults"), os.path.join(ROOT, "tests", "scenario")]

import flt  # noqa: E402,F401  (adds the folder of scn to the path)
import queries  # noqa: E402
from flt.stack import Stack, children  # noqa: E402
from scn import env as environment  # noqa: E402
from scn.report import Report  # noqa: E402
from world import World  # noqa: E402

BACK_S = 30         # promised time until all clients have resumed
GIVE_UP_S = 120
SOCKETS_PER_STATEMENT = 20
# Two workers notice a storm after up to 0.4 s. Until then they gather look-ups for only 30 ms, so they
# send up to this many statements for users and rights.
UNNOTICED = 100
IDLE_KB = 20        # maximum memory of one idle connection


def arguments(argv):
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--env", required=True)
    p.add_argument("--build", default="build")
    p.add_argument("--clients", type=int, default=10000)
    p.add_argument("--channels", type=int, default=50)
    p.add_argument("--cuts", default="reset,no_backoff,kill,drain")
    return p.parse_args(argv)


class Writer(threading.Thread):
    """Sends a few messages a second to all channels in turn, during the storm."""

    def __init__(self, world, pause_s=0.1):
        super().__init__(daemon=True)
        self.world, self.pause_s = world, pause_s
        self.over = threading.Event()
        self.acked, self.failure = 0, None

    def run(self):
        try:
            self.write()
        except Exception as e:  # judge() reports it
            self.failure = repr(e)

    def write(self):
        url = urllib.parse.urlsplit(self.world.env.url)
        rooms = [(t, c) for t in self.world.tenants for c in t.channels]
        tokens = {t.id: self.world.token(t.id, t.users[0]) for t in self.world.tenants}
        n = 0
        while not self.over.wait(self.pause_s):
            tenant, channel = rooms[n % len(rooms)]
            n += 1
            conn = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
            conn.request("POST", "/api/v1/channels/%s/messages" % channel, json.dumps(
                {"body": "storm %d" % n, "clientMessageId": uuid.uuid4().hex}), {
                    "Authorization": "Bearer " + tokens[tenant.id],
                    "Content-Type": "application/json"})
            status = conn.getresponse().status
            conn.close()
            if status not in (201, 202):
                raise RuntimeError("a POST of a message was answered with status %d" % status)
            self.acked += status == 201

    def end(self):
        self.over.set()
        self.join(60)


class Driver:
    def __init__(self, build, clients, ports):
        self.proc = subprocess.Popen([os.path.join(build, "tests", "storm"), clients]
                                     + [str(p) for p in ports], text=True, bufsize=1,
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def command(self, word):
        self.proc.stdin.write(word + "\n")
        self.proc.stdin.flush()
        return self.proc.stdout.readline().strip()

    def report(self):
        return json.loads(self.command("report"))

    def end(self):
        self.proc.stdin.close()
        self.proc.wait(60)


def rss_kb(pids):
    total = 0
    for pid in pids:
        with open("/proc/%d/status" % pid, encoding="ascii") as f:
            total += next(int(line.split()[1]) for line in f if line.startswith("VmRSS:"))
    return total


class Storms:
    def __init__(self, args, report):
        self.args, self.report = args, report
        self.env = environment.read_env(args.env)
        self.stack = Stack(self.env, os.path.abspath(args.build))
        self.world = World(self.env, args.clients, args.channels)
        self.world.sql("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        self.port = int(self.env.get("ES_PUSH_PORT"))
        self.folder = tempfile.mkdtemp(prefix="storm-")
        self.file = os.path.join(self.folder, "clients")

    def run(self):
        for name in self.args.cuts.split(","):
            self.world.write_clients(self.file)
            getattr(self, "cut_" + name)()

    # kinds of cuts

    def cut_reset(self):
        self.storm("reset by the clients", [self.port], lambda driver: driver.command("cut"),
                   idle=True)

    def cut_kill(self):
        self.storm("workers killed", [self.port], lambda _: self.stack.kill(
            self.stack.workers("push"), signal.SIGKILL))

    def cut_no_backoff(self):
        """All clients reconnect at the same moment. This tests accept() and the Retry-After of refusals."""
        def cut(driver):
            driver.command("no_backoff")
            driver.command("cut")
        self.storm("reset, then reconnects without back-off", [self.port], cut, jitter=False)

    def cut_drain(self):
        """The drained server does not start again, so clients reconnect to a second one."""
        port = free_port()
        run_dir = self.env.get("ES_RUN_DIR")
        proc, _ = self.stack.helper(
            [os.path.join(self.stack.build, "push-server", "echostream-push")],
            {"ES_PUSH_LISTEN": "127.0.0.1:%d" % port,
             "ES_PUSH_OPS_LISTEN": "unix:%s/push2-ops.sock" % run_dir}, "push2.log")
        wait_for(lambda: len(children(proc.pid)) > 2, 30, "the second push-server")
        wait_for_port(port)
        self.storm("drained to another server", [self.port, port],
                   lambda _: self.stack.kill(self.stack.master("push"), signal.SIGTERM))
        self.stack.dismiss(proc, signal.SIGKILL)

    # one storm

    def storm(self, name, ports, cut, idle=False, jitter=True):
        wait_for_port(self.port)
        before = rss_kb(self.stack.workers("push"))
        driver = Driver(self.args.build, self.file, ports)
        writer = Writer(self.world)
        driver.command("connect")
        if idle:
            self.judge_balance([len(os.listdir("/proc/%d/fd" % p))
                                for p in self.stack.workers("push")])
            self.judge_idle(rss_kb(self.stack.workers("push")) - before)
        writer.start()
        driver.command("wait 2000")  # the writer sends, so that some clients resume after a number above 0
        driver.command("begin")
        queries.reset(self.world)
        at = time.monotonic()
        cut(driver)
        driver.command("wait %d" % (GIVE_UP_S * 1000))
        took = time.monotonic() - at
        calls, others, slowest = queries.counts(self.world)
        writer.end()
        end = time.monotonic() + 20
        heads = self.world.heads()
        got = driver.report()
        while got["heads"] != {c: heads[c] for c in got["heads"]} and time.monotonic() < end:
            driver.command("wait 200")
            got = driver.report()
        driver.end()
        self.print_result(name, got, calls, others, took, slowest)
        self.judge(name, got, calls, took, writer, heads)
        if jitter:
            self.judge_jitter(name, got)

    def print_result(self, name, got, calls, others, took, slowest):
        print("%s: %d clients, all back after %.1f s; resumed %s ms; first tried %s ms" % (
            name, got["clients"], got["resumedMs"].get("max", 0) / 1000, got["resumedMs"],
            got["tried"]))
        print("  attempts %(attempts)d, busy %(busy)d, refused %(refused)d, timeouts %(timeouts)d, ends "
              "%(ends)s; events %(events)d, holes %(holes)d, doubled %(doubled)d, gaps "
              "%(gaps)d; %(bytesIn)d bytes in, %(bytesOut)d out" % got)
        print("  PostgreSQL in %.1f s: calls %s; slowest call in ms %s; other statements %d" % (
            took, calls, slowest, sum(others.values())), flush=True)

    def judge_balance(self, held):
        """Checks that the kernel divides clients evenly (SO_REUSEPORT)."""
        held = sorted(held)[1:]  # the smallest is the health child, which holds no clients
        print("descriptors of the workers: %s" % held)
        mean = sum(held) / len(held)
        self.report.check("storm", "no worker has more than 1.3 times the mean number of descriptors",
                          "" if held[-1] <= 1.3 * mean else str(held))

    def judge_idle(self, kb):
        each = kb / self.args.clients
        print("an idle connection with 3 subscriptions takes %.1f KB of push-server's memory" % each)
        self.report.check("storm", "an idle connection takes at most %d KB of memory" % IDLE_KB,
                          "" if each <= IDLE_KB else "%.1f KB" % each)

    def judge(self, name, got, calls, took, writer, heads):
        def check(what, wrong):
            self.report.check("storm", "%s: %s" % (name, what), wrong)

        n = got["clients"]
        check("all clients are cut, come back and resume", "" if (
            got["cutClients"] == got["resumed"] == got["back"] == n) else
            "%(cutClients)d cut, %(resumed)d resumed, %(back)d back" % got)
        late = got["resumedMs"].get("max", 0) / 1000
        check("all clients resume within %d s (the promise is %d s)" % (2 * BACK_S, BACK_S),
              "" if late <= 2 * BACK_S else "%.1f s" % late)
        check("no event is missed or repeated, and there is no gap", "" if (
            got["holes"] == got["doubled"] == got["gaps"] == got["errors"] == 0) else str(got))
        check("every client reaches the head of its channels", "" if got["behind"] == 0 and got["heads"] == {
            c: heads[c] for c in got["heads"]} else "%d behind" % got["behind"])
        check("messages sent during the storm are acked", writer.failure or (
            "" if writer.acked > 0 else "nothing acked"))
        self.judge_queries(check, calls, took, got["attempts"])

    def judge_jitter(self, name, got):
        """Checks that clients spread their reconnects. `hello` advises each client to wait for a random
        time of at most 500 ms, plus 2 ms for each client of the worker."""
        spread = got["tried"].get("p90", 0) - got["tried"].get("p10", 0)
        least = 0.1 * (500 + got["clients"])
        self.report.check("storm", "%s: clients spread their reconnects over time" % name,
                          "" if spread >= least else "p10 to p90 is %d ms, expected at least %d ms" % (
                              spread, least))

    def judge_queries(self, check, calls, took, sockets):
        """Checks the number of statements. Each channel may cost one page read in each 30 s. The look-ups
        of users and rights may cost one statement for every SOCKETS_PER_STATEMENT sockets. With few
        sockets, UNNOTICED statements are allowed for the look-ups."""
        allowed = self.args.channels * math.ceil(took / BACK_S) + max(
            sockets // SOCKETS_PER_STATEMENT, UNNOTICED)
        sent = sum(calls[k] for k in queries.STORM)
        check("there is at most one statement per channel in each 30 s, plus one per %d sockets" %
              SOCKETS_PER_STATEMENT,
              "" if sent <= allowed else "%d of %d: %s" % (sent, allowed, calls))
        workers = 4  # two of the first server, and two of the second one in cut_drain
        # Without a storm a worker sends `heads` once a second and `versions` every 5 s, together 1.2 a
        # second. 2.5 allows about twice as many.
        allowed = workers * (2.5 * took + 10)
        sent = sum(calls[k] for k in queries.PERIODIC)
        check("on average a worker sends at most 10 periodic statements, plus 2.5 a second",
              "" if sent <= allowed else "%d of %d: %s" % (sent, allowed, calls))


def free_port():
    import socket
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(ready, seconds, what):
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.05)


def wait_for_port(port):
    def healthy():
        try:
            conn = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            conn.request("GET", "/healthz")
            return conn.getresponse().status == 200
        except OSError:
            return False
        finally:
            conn.close()
    wait_for(healthy, 60, "a push-server on port %d" % port)


def main(argv):
    report = Report()
    storms = Storms(arguments(argv), report)
    try:
        storms.run()
    finally:
        storms.stack.clean_up()
        shutil.rmtree(storms.folder)
    return report.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
