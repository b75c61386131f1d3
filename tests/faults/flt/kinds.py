"""The kinds of fault, which kinds_*.py define and register here.

A kind is a function of a Fault that breaks something, waits for the end of the fault, and returns a
description. All clients must be back within the limit of the kind.
"""

import signal
import time


KINDS = {}


class Kind:
    def __init__(self, name, limit_s, run, redelivers=False, queue=None):
        self.name, self.limit_s, self.run = name, limit_s, run
        # True: the kind stops a fanout that holds messages, which the queue must deliver again.
        self.redelivers = redelivers
        self.queue = queue      # the only queue that has this kind; None: every queue


def kind(limit_s, redelivers=False, queue=None):
    def add(f):
        name = f.__name__.replace("_", "-")
        KINDS[name] = Kind(name, limit_s, f, redelivers, queue)
        return f
    return add


def select_for(queue):
    """Keeps the kinds that this queue has, and adds its time of redelivery to their limits."""
    for name, one in list(KINDS.items()):
        if one.queue not in (None, queue.name):
            del KINDS[name]
        elif one.redelivers:
            one.limit_s += queue.redelivery_s


class Fault:
    """The argument of a kind: the stack, the load and a source of random numbers."""

    def __init__(self, stack, load, rng):
        self.stack, self.load, self.rng = stack, load, rng
        self.poisons = 0
        self.wrong = []         # missing or wrong symptoms during the fault

    def pick(self, pids):
        return self.rng.choice(pids)

    def freeze(self, pids, seconds):
        self.stack.kill(pids, signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            self.stack.kill(pids, signal.SIGCONT)

    def replace(self, name, sig):
        """Sends the signal to the program's master and waits until another master runs."""
        old = self.stack.master(name)
        self.stack.kill(old, sig)
        self.stack.restarted(name, old)
        return "pid %d" % old

    def lose_queue(self, how):
        """Empties the queue by how(), and notes the time, because this may lose messages answered 202."""
        self.load.journal.flushed_at.append(time.monotonic())
        try:
            return how()
        finally:
            self.load.journal.flushed_at.append(time.monotonic())
