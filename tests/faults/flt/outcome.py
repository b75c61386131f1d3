"""The results of a run of faults: one line for each promise, and the figures."""

import collections

from . import judge, kinds_points, machine

PROMISES = (
    ("no acked message is lost or changed", "lost early_ack wrong_number changed"),
    ("no message answered 202 is lost", "lost_accepted"),
    ("history has no message twice, and only messages that a writer sent", "doubled ghost"),
    ("number order is commit order in every view of history",
     "history_order views commit_order"),
    ("messages keep the order of their sender", "sender_order"),
    ("no client received a repeat, a wrong order, a silent hole or another text",
     "stream_order stream_hole stream_differs"),
    ("every listener received all messages of its channels", "stream_missing"),
    ("no client received an event of a foreign channel", "foreign"),
    ("every sender was answered", "unanswered"),
    ("no connection broke the protocol", "protocol"),
)


def report_results(report, args, load, stack, schedule, verdict, took_s):
    figures(args, load, schedule, verdict, took_s)
    found = verdict.found()
    named = set()
    for sentence, names in PROMISES:
        named.update(names.split())
        report.check("faults", sentence, [
            "%s: %s" % (name, text) for name in names.split()
            for text in found.get(name, [])[:8]])
    assert named == set(judge.NAMES), named ^ set(judge.NAMES)
    report.check("faults", "poison entries become dead letters, valid entries do not", dead(stack, schedule))
    report.check("faults", "programs report each fault of the queue, and back off until it is over",
                 schedule.fault.wrong[:10])
    report.check("faults", "no program crashed", stack.crashes((kinds_points.LOG,))[:10])
    report.check("faults", "a program that gets SIGTERM under load exits in time",
                 schedule.slow_stops())
    report.check("faults", "after each fault all clients came back within %d times its limit" % 3,
                 schedule.far_too_slow())
    if args.machine:
        left_out(report, args, schedule)
        report.check("faults", "no kind saw forbidden behaviour", machine.complaints)
    if args.least_acks:
        report.check("faults", "at least %d acks and %d kinds of fault" % (
            args.least_acks, args.least_kinds), enough(args, load, schedule))


def left_out(report, args, schedule):
    """Reports each kind that did not run as skipped, with the reason."""
    for name in sorted(set(args.kinds) - schedule.kinds_done()):
        why = [line for line in schedule.skipped if line.startswith(name + ":")]
        report.skip("faults", name, why[0].splitlines()[0] if why else "no time for it")


def dead(stack, schedule):
    n = stack.dead_letters() - schedule.dead_before
    given_up = stack.queue.given_up()
    if n == schedule.fault.poisons and given_up == 0:
        return None
    if given_up:
        return "the queue itself moved %d entries to a dead-letter queue" % given_up
    return "%d poison entries, %d dead letters:\n%s" % (
        schedule.fault.poisons, n,
        stack.sql("select source, source_id, sqlstate, reason from dead_letters limit 20"))


def enough(args, load, schedule):
    wrong = []
    if load.journal.acks < args.least_acks:
        wrong.append("%d acks" % load.journal.acks)
    if len(schedule.kinds_done()) < args.least_kinds:
        wrong.append("%d kinds of fault" % len(schedule.kinds_done()))
    return wrong


def figures(args, load, schedule, verdict, took_s):
    sends = load.journal.sends
    print("%d messages, %d acked, %d answered 202 only, %d attempts in %.0f s" % (
        len(sends), load.journal.acks,
        sum(s.accepted_at is not None and s.acked_at is None for s in sends),
        sum(s.tries for s in sends), took_s))
    frames = sum(len(t.frames) for one in load.listeners for t in one.stretches)
    gaps = sum(len(t.gaps) for one in load.listeners for t in one.stretches)
    print("%d frames received on %d connections, %d gaps, %d messages found right after their ack, "
          "%d forbidden subscriptions refused" % (
              frames, sum(one.conns for one in load.listeners), gaps, load.ack_checker.found,
              sum(one.refusals for one in load.spies)))
    if verdict.lost_with_queue:
        print("%d messages answered 202 were lost with the queue (allowed)" % len(
            verdict.lost_with_queue))
    print("longest wait for an answer %.1f s" % max([s.longest_s for s in sends] or [0]))
    print("%d faults of %d kinds" % (len(schedule.done), len(schedule.kinds_done())))
    times = collections.defaultdict(list)
    for one in schedule.done:
        if one.back_s is not None:
            times[one.kind].append(one.back_s)
    for kind in sorted(times, key=lambda k: k.name):
        t = sorted(times[kind])
        print("  %-20s %3d times  back in %5.2f s (median) %5.2f s (worst)  limit %g s%s" % (
            kind.name, len(t), t[len(t) // 2], t[-1], kind.limit_s,
            "" if t[-1] <= kind.limit_s else "  over"))
    for line in schedule.skipped[:10]:
        print("  left out: " + line)
    for note in load.journal.notes[:10]:
        print("  note: " + note)
