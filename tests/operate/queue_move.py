#!/usr/bin/env python3
"""Moves the queue from Redis to SQS and back under load, by the steps of docs/queue-move.md."""

import argparse
import json
import os
import signal
import sys
import time

import ops  # noqa: F401  (adds the folders of scn and flt to the path)
from flt.load import Shape, open_env
from flt.stack import Stack, children
from ops.rollout import Rollout, program
from ops.watched import Watched, ctl, report_verdict
from scn.report import Report

EMPTY_S = 30                # seconds until the old queue must be empty
QUIET_S = 1.0               # seconds for which the queue must stay empty
SHAPE = {"rest": 4, "ws": 3, "piped": 2, "pause_s": 0.03, "flapping": 2}
# The promise that a move without a pause breaks. A message that was answered 202, or has no answer yet,
# may be committed after a later message of the same sender in the other queue.
OVERTAKEN = ("sender_order",)


class Move:
    def __init__(self, env, build):
        self.env, self.build, self.report = env, build, Report()
        self.stack = Stack(env, build)
        self.roll = Rollout(self.stack)

    def settings(self, queue):
        return {"ES_QUEUE_URL": queue + ":"}

    def fanout(self, queue):
        """Starts a fanout for this queue beside the other fanout, with its own ops address."""
        path = os.path.join(self.stack.run_dir, "fanout-%s-ops.sock" % queue)
        proc, _ = self.stack.helper([program(self.build, "fanout")], {
            **self.settings(queue), "ES_FANOUT_OPS_LISTEN": "unix:" + path}, "fanout-%s.log" % queue)
        return proc

    def stats(self, queue):
        return json.loads(ctl(self.build, self.env, "queue", "stats", "--json",
                              more=self.settings(queue)))["messages"]

    def wait_empty(self, queue):
        """Waits until the queue has been empty for QUIET_S. Returns the seconds that the wait took."""
        begin = since = time.monotonic()
        while time.monotonic() - since < QUIET_S:
            now = self.stats(queue)
            if now:
                since = time.monotonic()
            if time.monotonic() - begin > EMPTY_S:
                raise TimeoutError("the %s queue has %d messages" % (queue, now))
            time.sleep(0.05)
        return time.monotonic() - begin

    def acceptors(self, queue):
        for name in ("push", "api"):
            self.roll.replace(name, program(self.build, name), self.settings(queue), hold_s=1.0)

    def stop_fanout(self, proc):
        """Stops the fanout of the old queue: proc, or the stack's own fanout when proc is None."""
        if proc is None:
            self.roll.stop("fanout")
        else:
            self.stack.dismiss(proc)

    def move(self, what, old, new, proc, pause, backlog=True):
        """Moves the queue once, with a load of its own. Returns the fanout of the new queue.

        pause: starts the new fanout only when the old queue is empty. backlog: freezes the old fanout
        while the acceptors change, so that its queue fills.
        """
        load = Watched(self.env, 7, Shape(**SHAPE))
        self.roll.journal = load.journal
        load.begin()
        time.sleep(2)
        at = time.monotonic()
        if not pause:
            after = self.fanout(new)
            load.flows()
        frozen = children(proc.pid if proc else self.roll.pids["fanout"]) if backlog else []
        try:
            self.stack.kill(frozen, signal.SIGSTOP)
            self.acceptors(new)
            left, filled = self.stats(old), self.stats(new)
        finally:
            self.stack.kill(frozen, signal.SIGCONT)
        drained_s = self.wait_empty(old)
        if pause:
            after = self.fanout(new)
            paused_s = time.monotonic() - at
        load.flows(20)
        self.stop_fanout(proc)
        end = time.monotonic()
        time.sleep(2)
        load.flows()
        print("%s: %.1f s; backlog of the old queue %d, empty after %.1f s; longest wait for an "
              "answer %.2f s%s" % (what, end - at, left, drained_s - QUIET_S, load.stall(at, end),
                                   "; the new fanout started after %.1f s; its queue had %d "
                                   "messages before" % (paused_s, filled) if pause else ""), flush=True)
        left = self.stats(old)
        self.report.check(what, "all programs use the new queue", left and "%d in the old" % left)
        self.report.check(what, "every REST send got a 2xx at its first attempt",
                          load.refused("rest")[:10])
        verdict, _ = report_verdict(self.report, what, load, self.stack,
                                    () if pause else OVERTAKEN)
        if not pause:
            n = len(verdict.faults["sender_order"])
            print("%s: %d messages were committed after a later message of their sender" % (what, n))
            self.report.check(what, "without a pause, later messages overtake the backlog of the old queue",
                              n == 0 and "none")
        return after

    def run(self):
        try:
            proc = self.move("SQS to Redis without a pause", "sqs", "redis", None, False)
            proc = self.move("Redis to SQS", "redis", "sqs", proc, True)
            proc = self.move("SQS to Redis", "sqs", "redis", proc, True, False)
            self.stop_fanout(proc)
        finally:
            self.roll.close()
            self.stack.clean_up()
        return self.report.end()


def main(argv):
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--env", required=True, help="output of ./dev status -o env of a stack with --queue=sqs")
    p.add_argument("--build", required=True)
    args = p.parse_args(argv)
    return Move(open_env(args.env), os.path.abspath(args.build)).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
