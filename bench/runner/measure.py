"""Measures a row of the table of workloads: one function for each kind."""

import os
import time

import costs
import processes
import workloads as w
from load import Floor, Load
from result import Result
from stack import free_port
from world import World

SETTLE_MS = 3000        # after the last connect, until memory is read
MOST_GRACE_MS = 3000    # a message that comes later is above any limit of p99


class Target:
    """A server with connected clients: EchoStream, or a floor."""

    def __init__(self, bench, name, clients):
        self.name, self.floor = name, None
        stack, build, places = bench.stack, bench.build, bench.places
        port, self.pids = stack.push_port(), stack.push_pids
        if name != "echostream":
            port = free_port(stack.push_port() + 1)
            self.floor = Floor(build, places.server, port, name)
            self.pids = self.floor.pids
        try:
            self.load = Load(build, places.load, clients, port, stack.rest_port())
        except BaseException:
            self.close_floor()
            raise

    def close_floor(self):
        if self.floor is not None:
            self.floor.close()

    def close(self):
        self.load.close()
        self.close_floor()


class Bench:
    def __init__(self, stack, build, places, options):
        self.stack, self.build, self.places = stack, build, places
        self.runs, self.smoke, self.folder = options.runs, options.smoke, options.folder
        self.say, self.out_of_time = options.say, options.out_of_time

    def measure(self, row):
        result = Result(row, self.runs)
        self.stack.place(row.split)
        globals()["measure_" + row.kind](self, row, result)
        return result

    def clients(self, row):
        """Makes the tenant of a row; returns it and the file of its clients."""
        world = World(self.stack, w.SENDERS, row.sockets, row.channels)
        path = os.path.join(self.folder, "clients")
        world.write_clients(path)
        return world, path

    def numbers(self):
        """Yields the number of each run, until the time is up."""
        for n in range(self.runs):
            if n > 0 and self.out_of_time():
                self.say("the time is up: %d of %d runs" % (n, self.runs))
                return
            yield n

    def open_targets(self, row, targets):
        """Starts the floors and connects all clients of all targets."""
        _, path = self.clients(row)
        for name in ("echostream",) + row.targets:
            targets.append(Target(self, name, path))
        for target in targets:
            target.load.connect(w.SENDERS + row.sockets, w.STORM_AT_ONCE)


def send(target, rate, seconds, smoke, grace_ms=10000):
    warm_ms = 50 if smoke else w.WARM_MS
    return target.load.ask("send %g %d %d %d 0 %d" % (
        rate, seconds * 1000, warm_ms, w.BODY_BYTES, grace_ms), seconds + grace_ms / 1000 + 2)


def send_metered(bench, target, result, rate, seconds, grace_ms=10000):
    """Sends, and notes what the run has cost EchoStream."""
    if target.name != "echostream":
        return send(target, rate, seconds, bench.smoke, grace_ms)
    meter = costs.Meter(bench.stack)
    got = send(target, rate, seconds, bench.smoke, grace_ms)
    result.cost(dict(meter.read(got), rate=rate))
    return got


def measure_deliver(bench, row, result):
    targets = []
    try:
        bench.open_targets(row, targets)
        for _ in bench.numbers():
            for target in targets:
                got = send_metered(bench, target, result, row.rate, row.seconds)
                result.raw(target.name, got)
                result.judge(target.name, got)
                for share in ("p50", "p99"):
                    result.add(share, "ms", target.name, got["deliveryUs"][share] / 1000)
    finally:
        for target in targets:
            target.close()


measure_cost = measure_deliver      # without floors


def measure_most(bench, row, result):
    targets = []
    try:
        bench.open_targets(row, targets)
        for _ in bench.numbers():
            for target in targets:
                best = find_most(bench, row, target, result)
                result.add("most msg/s, p99 < %d ms" % row.limit_ms, "/s", target.name, best)
                result.add("deliveries/s", "/s", target.name, best * row.sockets / row.channels)
    finally:
        for target in targets:
            target.close()


def find_most(bench, row, target, result):
    """Returns the highest rate at which all messages arrive and p99 stays below the limit: doubles
    the rate until it fails, then halves the interval until it is 12 % wide. Returns 0 when even an
    eighth of the first rate fails."""
    good, bad = 0, None
    rate = row.rate
    for _ in range(1 if bench.smoke else w.MOST_STEPS):
        got = send_metered(bench, target, result, rate, row.seconds, MOST_GRACE_MS)
        result.raw(target.name, got)
        result.judge(target.name, got, only_frames=True)
        if holds(got, row.limit_ms) or bench.smoke:
            good = rate
        else:
            bad = rate
            recover(target, row, got)
        if bad is not None and ((bad - good) <= 0.12 * bad or bad < row.rate / 8):
            break
        rate = rate * 2 if bad is None else (good + bad) / 2
    return good


def recover(target, row, got):
    """Waits, after a rate that was too high, until the server has delivered the remaining messages.
    When the generator gave up before that, connects all clients again, so that late frames do not count as repeats."""
    if got["missing"] > 0 or got["acked"] + got["refused"] < got["scheduled"]:
        target.load.ask("cut")
        time.sleep(3)
        target.load.connect(w.SENDERS + row.sockets, w.STORM_AT_ONCE)
    time.sleep(1)


def holds(got, limit_ms):
    return got["acked"] == got["scheduled"] and got["missing"] == 0 and \
        0 < got["deliveryUs"]["p99"] < limit_ms * 1000


def measure_idle(bench, row, result):
    _, path = bench.clients(row)
    for _ in bench.numbers():
        for name in ("echostream",) + row.targets:
            if name == "echostream" and not bench.smoke:
                bench.stack.restart_push()
                bench.stack.place(row.split)
            target = Target(bench, name, path)
            try:
                before = processes.user_bytes(target.pids())
                got = target.load.connect(w.SENDERS + row.sockets, w.AT_ONCE)
                target.load.ask("wait %d" % (50 if bench.smoke else SETTLE_MS))
                after = processes.user_bytes(target.pids())
            finally:
                target.close()
            got.update(userBytesBefore=before, userBytesAfter=after)
            result.raw(name, got)
            result.judge(name, got)
            sockets = w.SENDERS + row.sockets
            result.add("user memory a socket", "KiB", name, (after - before) / sockets / 1024)
            result.add("all user memory / sockets", "KiB", name, after / sockets / 1024)


def measure_connect(bench, row, result):
    _, path = bench.clients(row)
    count = w.SENDERS + row.sockets
    for _ in bench.numbers():
        for name in ("echostream",) + row.targets:
            target = Target(bench, name, path)
            try:
                first = target.load.connect(count, w.AT_ONCE)
                target.load.ask("cut")
                storm = target.load.connect(count, w.STORM_AT_ONCE)
            finally:
                target.close()
            for kind, got in (("connects + subscribes/s, %d at once" % w.AT_ONCE, first),
                              ("reconnects/s, %d at once" % w.STORM_AT_ONCE, storm)):
                result.raw(name, got)
                result.judge(name, got)
                result.add(kind, "/s", name, got["perS"])
                result.add(kind.partition("/s")[0] + ": p99", "ms", name, got["readyUs"]["p99"] / 1000)


def measure_rest(bench, row, result):
    world, path = bench.clients(row)
    target = Target(bench, "echostream", path)
    try:
        target.load.connect(w.SENDERS + row.sockets, w.AT_ONCE)
        # 60 messages in each channel for the history, posted over 8 connections.
        got = target.load.ask("send %d %d 0 %d 8" % (
            60 * row.channels, 100 if bench.smoke else 1000, w.BODY_BYTES), 12)
        result.raw("echostream", got)
        result.judge("echostream", got)
        for _ in bench.numbers():
            base = 0
            for name, method, url, prefer in w.REQUESTS:
                got = rest(bench, row, target, result, (name, method, url, prefer),
                           world.channels[0])
                base = base or got["perS"]
                result.add(name, "/s", "healthz", base)
                result.add(name, "/s", "echostream", got["perS"])
                result.add(name + ": p99", "ms", "echostream", got["us"]["p99"] / 1000)
    finally:
        target.close()


def rest(bench, row, target, result, request, channel):
    """Repeats a request in a closed loop; returns the answer of the generator."""
    name, method, url, prefer = request
    got = target.load.ask("rest %d %d %d %s %s %s" % (
        w.REST_CONNECTIONS, row.seconds * 1000, 50 if bench.smoke else 500, method,
        url.replace("{channel}", channel), prefer), row.seconds + 12)
    got["request"] = name
    result.raw(target.name, got)
    result.judge(target.name, got)
    return got


def measure_growth(bench, row, result):
    """Runs the same load on a small and on a large tenant. Compares the CPU time of all programs for
    each message, because a duration depends on the machine's other work."""
    targets = []
    try:
        for name, times in (("small", 1), ("echostream", w.GROWTH if not bench.smoke else 2)):
            world = World(bench.stack, w.SENDERS, row.sockets, row.channels * times,
                          w.GROWTH_MESSAGES)
            path = os.path.join(bench.folder, "clients-" + name)
            world.write_clients(path)
            target = Target(bench, "echostream", path)
            target.name = name
            targets.append((target, world))
            target.load.connect(w.SENDERS + row.sockets, w.AT_ONCE)
        for _ in bench.numbers():
            for target, world in targets:
                grow(bench, row, result, target, world)
    finally:
        for target, _ in targets:
            target.close()


def grow(bench, row, result, target, world):
    before = bench.stack.cpu()
    got = send(target, row.rate, row.seconds, bench.smoke)
    after = bench.stack.cpu()
    result.raw(target.name, got)
    result.judge(target.name, got)
    result.add("CPU of a message", "ms", target.name,
               sum(after[n] - before.get(n, 0) for n in after) * 1000 / max(got["sent"], 1))
    for share in ("p50", "p99"):
        result.add("ack " + share, "ms", target.name, got["ackUs"][share] / 1000)
    for request in w.REQUESTS:
        if request[0] in w.GROWTH_REQUESTS:
            got = rest(bench, row, target, result, request, world.channels[0])
            result.add(request[0], "/s", target.name, got["perS"])
