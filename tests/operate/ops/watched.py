"""The load of tests/faults, with a record of each answer that made a writer repeat a message."""

import os
import subprocess
import time

from flt import judge, outcome
from flt.load import Load

START_S = 30
DEADLINE_S = 1.9    # push-server answers a send without an outcome after 2 s


class Watched(Load):
    def __init__(self, env, seed, shape, journal_path=None):
        super().__init__(env, seed, shape, journal_path)
        self.repeats = []       # (time, transport, writer, why, seconds that the answer took)
        self.ends = []          # (time, listener, why)
        unknown, ended = self.journal.unknown, self.journal.ended

        def record_unknown(send, why):
            now = time.monotonic()
            self.repeats.append((now, send.transport, send.writer, str(why), now - send.sent_at))
            unknown(send, why)

        def record_ended(who, n, why):
            self.ends.append((time.monotonic(), who, why))
            ended(who, n, why)
        self.journal.unknown, self.journal.ended = record_unknown, record_ended

    def begin(self):
        """Creates all clients, starts them, and waits until each writer has an ack."""
        self.build()
        self.start()
        self.flows(START_S)

    def flows(self, seconds=10):
        """Waits until each writer has sent a new message and each listener has received one."""
        at = time.monotonic()
        self.until(lambda: self.back_since(at), seconds, "messages flow")

    def stall(self, begin, end):
        """The longest wait in seconds, of the sends that waited for an answer between begin and end."""
        longest = 0.0
        for s in list(self.journal.sends):
            answered = s.acked_at or s.accepted_at or time.monotonic()
            if s.first_at <= end and answered >= begin:
                longest = max(longest, s.longest_s, answered - s.sent_at)
        return longest

    def refused(self, transport):
        """The answers other than success, over `transport`: rest or ws."""
        return ["%.3f %s: %s after %.2f s" % (at, writer, why, took)
                for at, one, writer, why, took in self.repeats if one == transport]

    def too_late(self):
        """The frames that push-server answered `outcome_unknown` at the deadline of a send."""
        return [one for one in self.repeats if one[3] == "outcome_unknown" and one[4] >= DEADLINE_S]


def report_verdict(report, where, load, stack, leave=(), least=1000):
    """Stops the load and reports each promise of docs/guarantees.md, except the faults in `leave`.
    Returns the verdict and the histories."""
    histories = load.finish()
    verdict = judge.judge(load.journal, histories, load.listeners + load.spies, load.protocol_faults)
    sends = load.journal.sends
    print("%s: %d messages, %d acked, %d answered 202 only, %d sent again; %d frames" % (
        where, len(sends), load.journal.acks,
        sum(s.accepted_at is not None and s.acked_at is None for s in sends), len(load.repeats),
        sum(len(t.frames) for one in load.listeners for t in one.stretches)), flush=True)
    for sentence, names in outcome.PROMISES:
        report.check(where, sentence, ["%s: %s" % (name, text) for name in names.split()
                                       if name not in leave
                                       for text in verdict.found().get(name, [])[:8]])
    report.check(where, "at least %d messages were acked" % least,
                 load.journal.acks < least and "%d" % load.journal.acks)
    report.check(where, "no program crashed, no message became a dead letter",
                 stack.crashes() + (["%d dead letters" % stack.dead_letters()]
                                    if stack.dead_letters() else []))
    return verdict, histories


def ctl(build, env, *words, more=None, status=0):
    """Returns the output of echostreamctl. Raises RuntimeError when its exit status is not `status`."""
    out = subprocess.run([os.path.join(build, "ctl", "echostreamctl"), *words], text=True,
                         env={**os.environ, **env.values, **(more or {})}, check=False,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if out.returncode != status:
        raise RuntimeError("echostreamctl %s: exit %d: %s" % (
            " ".join(words), out.returncode, out.stdout))
    return out.stdout
