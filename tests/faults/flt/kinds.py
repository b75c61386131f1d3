"""The kinds of fault. Each is a function (Fault) that breaks something, returns when the fault has
ended, and returns a description. Its limit is the time until all clients are back.

kinds_*.py define the kinds and register them here."""

import signal
import time


KINDS = {}


class Kind:
    def __init__(self, name, limit_s, run, holds=False, queue=None):
        self.name, self.limit_s, self.run = name, limit_s, run
        self.holds = holds      # the ended program keeps messages until the queue delivers them again
        self.queue = queue      # the only queue of this kind; None: any queue


def kind(limit_s, holds=False, queue=None):
    def add(f):
        name = f.__name__.replace("_", "-")
        KINDS[name] = Kind(name, limit_s, f, holds, queue)
        return f
    return add


def settle(queue):
    """Keeps the kinds of this queue, and adds the time of its leases to their limits."""
    for name, one in list(KINDS.items()):
        if one.queue not in (None, queue.name):
            del KINDS[name]
        elif one.holds:
            one.limit_s += queue.comes_again_s


class Fault:
    """The arguments of a kind: the stack, the load and a source of random numbers."""

    def __init__(self, stack, load, rng):
        self.stack, self.load, self.rng = stack, load, rng
        self.poisons = 0
        self.wrong = []         # missing or wrong symptoms during the fault

    def some(self, pids):
        return self.rng.choice(pids)

    def freeze(self, pids, seconds):
        self.stack.kill(pids, signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            self.stack.kill(pids, signal.SIGCONT)

    def replace(self, name, sig):
        """Waits until another process is the master of the program."""
        old = self.stack.master(name)
        self.stack.kill(old, sig)
        self.stack.restarted(name, old)
        return "pid %d" % old

    def lose_queue(self, how):
        """Marks that the run empties the queue: the judge does not blame a lost 202 from before."""
        self.load.journal.flushed_at.append(time.monotonic())
        try:
            return how()
        finally:
            self.load.journal.flushed_at.append(time.monotonic())
