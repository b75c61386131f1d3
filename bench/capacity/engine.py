"""A small discrete-event engine: a clock, CPUs, servers that work in batches, and percentiles."""

import collections
import heapq


class Clock:
    """Runs callbacks in the order of their times; callbacks of one time run in order of arrival."""

    def __init__(self):
        self.now, self.count, self.heap = 0.0, 0, []

    def after(self, delay, call, *args):
        self.count += 1
        heapq.heappush(self.heap, (self.now + delay, self.count, call, args))

    def run(self, until):
        """Runs all callbacks up to the time `until`; later ones stay in the heap."""
        while self.heap and self.heap[0][0] <= until:
            self.now, _, call, args = heapq.heappop(self.heap)
            call(*args)
        self.now = until


class Cpu:
    """Cores that serve jobs first come, first served. A job occupies one core."""

    def __init__(self, clock, cores):
        self.clock, self.cores, self.running = clock, cores, 0
        self.waiting = collections.deque()
        self.busy = 0.0     # core seconds that have begun
        self.used = collections.Counter()   # the same, of each program

    def do(self, program, seconds, done, *args):
        if self.running < self.cores:
            self.start(program, seconds, done, args)
        else:
            self.waiting.append((program, seconds, done, args))

    def start(self, program, seconds, done, args):
        self.running += 1
        self.busy += seconds
        self.used[program] += seconds
        self.clock.after(seconds, self.end, done, args)

    def end(self, done, args):
        self.running -= 1
        if self.waiting:
            self.start(*self.waiting.popleft())
        done(*args)


class Batcher:
    """A process that serves everything that waits in one round: CPU for all jobs together, then one
    wait that all share. Redis with `appendfsync always` works so (the wait is the fsync of a turn of
    its loop), and the WAL of PostgreSQL (no CPU; the fsync commits all that wait for it)."""

    def __init__(self, clock, cpu, program, wait):
        self.clock, self.cpu, self.program, self.wait = clock, cpu, program, wait
        self.jobs, self.working, self.rounds, self.occupied = [], False, 0, 0.0

    def do(self, seconds, done, *args):
        self.jobs.append((seconds, done, args))
        if not self.working:
            self.begin()

    def begin(self):
        jobs, self.jobs, self.working = self.jobs, [], True
        self.rounds += 1
        if self.cpu is None:
            self.sync(jobs, self.clock.now)
        else:
            self.cpu.do(self.program, sum(job[0] for job in jobs), self.sync, jobs,
                        self.clock.now)

    def sync(self, jobs, began):
        self.clock.after(self.wait, self.finish, jobs, began)

    def finish(self, jobs, began):
        self.working = False
        self.occupied += self.clock.now - began
        for _, done, args in jobs:
            done(*args)
        if self.jobs and not self.working:
            self.begin()


class Times:
    """Times with weights. The percentile of a share is the least time that so much weight has."""

    def __init__(self):
        self.found = collections.Counter()

    def add(self, seconds, weight=1):
        self.found[round(seconds, 5)] += weight

    def total(self):
        return sum(self.found.values())

    def at(self, share):
        want, seen = share * self.total(), 0
        for seconds in sorted(self.found):
            seen += self.found[seconds]
            if seen >= want:
                return seconds
        return 0.0
