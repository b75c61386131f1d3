"""Causes faults in an order that a seed gives. Measures how long all clients take to be back."""

import random
import time

from .kinds import KINDS, Fault
from .stack import Gone

FAIL_FACTOR = 3     # a run fails when clients take this multiple of the limit to be back
RESTART_S = 15      # seconds from SIGTERM until the next process of the program runs, also under load
WAIT_S = 30.0       # maximum wait for all clients before the next fault

# These kinds cut sockets without a Close frame, even inside a frame. A client may notice the cut up to
# CUT_LATER_S later.
CUTTERS = {"push-worker-kill", "push-kill", "lighttpd-kill", "rolling-restart", "all-kill"}
CUT_LATER_S = 5.0


class Done:
    def __init__(self, kind, description, began, ended):
        self.kind, self.description, self.began, self.ended = kind, description, began, ended
        self.back_s = None      # None: not measured, because the next fault did not wait
        self.missing = []
        self.last = ""          # the client that was back last

    def line(self, start):
        back = "not measured" if self.back_s is None else "back in %5.2f s (limit %g s)%s%s" % (
            self.back_s, self.kind.limit_s, self.last and ", last " + self.last,
            "  LATE" if self.back_s > self.kind.limit_s else "")
        if self.missing:
            back = "NOT BACK in %g s: %s" % (WAIT_S, " ".join(self.missing)[:300])
        return "%7.2f  %-20s %-44s %s" % (self.began - start, self.kind.name, self.description[:44],
                                          back)


class Schedule:
    """Causes one fault after the other. pairs: the share of faults that the next fault does not wait
    for."""

    def __init__(self, stack, load, seed, kinds, pairs=0.0, say=None):
        self.stack, self.load, self.pairs = stack, load, pairs
        self.rng = random.Random("schedule %s" % seed)
        self.kinds = [KINDS[k] for k in kinds]
        self.fault = Fault(stack, load, self.rng)
        self.dead_before = stack.dead_letters()
        self.done, self.skipped, self.bag = [], [], []
        self.say = say or (lambda _line: None)
        self.start = time.monotonic()

    def next_kind(self):
        """Returns the next kind. Each round has all kinds once, in a random order. In a round every third
        kind is one that only this queue has, until all of these have run."""
        if not self.bag:
            order = list(self.kinds)
            self.rng.shuffle(order)
            order.reverse()     # pop() takes the last
            for k, own in enumerate([one for one in order if one.queue]):
                order.remove(own)
                order.insert(3 * k, own)
            order.reverse()
            self.bag = order
        return self.bag.pop()

    def wait_for_start(self, seconds):
        """Waits until all clients send and receive, before the first fault."""
        at = time.monotonic()
        self.load.until(lambda: self.load.back_since(at), seconds,
                        "all clients send and receive before the first fault")

    def run(self, seconds, rounds=0, least_acks=0):
        """Causes faults for `seconds`, and for at most `seconds` more while there are too few acks."""
        self.start = time.monotonic()
        end = self.start + seconds
        left = rounds * len(self.kinds)

        def more():
            now = time.monotonic()
            return now < end or now < end + seconds and self.load.journal.acks < least_acks
        while left > 0 if rounds else more():
            left -= 1
            self.once(self.next_kind())
            time.sleep(self.rng.uniform(0.1, 0.6))

    def once(self, kind):
        began = time.monotonic()
        try:
            description = kind.run(self.fault)
        except Gone as e:
            self.skipped.append("%s: %s" % (kind.name, e))
            return None
        ended = time.monotonic()
        if kind.name in CUTTERS:
            self.load.journal.cut_at.append((began, ended + CUT_LATER_S))
        if kind.name == "push-restart":
            self.load.journal.stopped_at.append((began, ended + CUT_LATER_S))
        one = Done(kind, description or "", began, ended)
        self.done.append(one)
        if self.rng.random() >= self.pairs:
            self.wait(one)
        self.say(one.line(self.start))
        return one

    def wait(self, one):
        """Waits until all clients are back. The time counts from the end of the fault; for kills it
        counts from the kill."""
        since = one.began if one.kind.name.endswith("kill") else one.ended
        until = time.monotonic() + WAIT_S
        while not self.load.back_since(one.ended):
            if time.monotonic() > until:
                one.missing = self.load.missing_since(one.ended)
                return
            one.last = " ".join(self.load.missing_since(one.ended)[:2])
            time.sleep(0.01)
        one.back_s = time.monotonic() - since

    def kinds_done(self):
        return {one.kind.name for one in self.done}

    def slow_stops(self):
        return ["%s: %.1f s until the new process ran" % (one.kind.name, one.ended - one.began)
                for one in self.done if one.kind.name.endswith("-restart")
                and one.kind.name != "rolling-restart" and one.ended - one.began > RESTART_S]

    def far_too_slow(self):
        """Faults after which clients took over FAIL_FACTOR times the limit. A limit below 3 s counts
        as 3 s."""
        return [one.line(self.start) for one in self.done if one.missing or (
            one.back_s or 0) > FAIL_FACTOR * max(3, one.kind.limit_s)]
