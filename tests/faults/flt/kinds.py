"""The kinds of fault. Each is a function (Fault) that breaks something, returns when the
breaking is over, and says what it did; its limit is the time until all is back.

They stand in kinds_*.py, which register them here."""

import signal
import time


KINDS = {}


class Kind:
    def __init__(self, name, limit_s, run, holds=False, queue=None):
        self.name, self.limit_s, self.run = name, limit_s, run
        self.holds = holds      # messages stay with who was ended, until the queue gives them again
        self.queue = queue      # only where this is the queue; None: everywhere


def kind(limit_s, holds=False, queue=None):
    def add(f):
        name = f.__name__.replace("_", "-")
        KINDS[name] = Kind(name, limit_s, f, holds, queue)
        return f
    return add


def settle(queue):
    """Only what this queue's stack has; and what its leases add to the limits."""
    for name, one in list(KINDS.items()):
        if one.queue not in (None, queue.name):
            del KINDS[name]
        elif one.holds:
            one.limit_s += queue.comes_again_s


class Fault:
    """What a kind gets: the stack, the load and its own dice."""

    def __init__(self, stack, load, rng):
        self.stack, self.load, self.rng = stack, load, rng
        self.poisons = 0
        self.wrong = []         # what was not as it should be while it was broken

    def some(self, pids):
        return self.rng.choice(pids)

    def freeze(self, pids, seconds):
        self.stack.kill(pids, signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            self.stack.kill(pids, signal.SIGCONT)

    def replace(self, name, sig):
        """Until another process stands in the place of a program's master."""
        old = self.stack.master(name)
        self.stack.kill(old, sig)
        self.stack.restarted(name, old)
        return "pid %d" % old

    def lose_queue(self, how):
        """What is queued goes away on purpose: a 202 from before is not held against it."""
        self.load.journal.flushed_at.append(time.monotonic())
        try:
            return how()
        finally:
            self.load.journal.flushed_at.append(time.monotonic())
