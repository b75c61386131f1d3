#!/usr/bin/env python3
"""The self-test of the judge. A server that keeps its promises must pass. For a server that breaks a
promise, the judge must name that promise."""

import multiprocessing
import sys
import time
import types

import flt  # noqa: F401  (adds the folder of scn to the path)
from flt import fake, judge
from flt.history import History
from flt.journal import Journal, Send
from flt.load import Load, Shape
from scn.env import Env
from scn.report import Report

ENOUGH = 150


def shape(breaks):
    """The load. Only a sender of several messages at once can have two of them swapped."""
    return Shape(channels=2, rest=2, ws=0 if breaks == "sender_order" else 1, piped=1,
                 pause_s=0.002, flapping=1, slow=0, steady=1)


def attempt(breaks):
    """Runs the load against a server that breaks this promise; returns what the judge names."""
    server, url = fake.start(breaks)
    load = Load(Env({"ES_URL": url, "ES_OPERATOR_KEY": "k"}), 1, shape(breaks), give_up_s=1.5)
    load.ack_check_share, load.async_share = 1.0, 0.0
    try:
        load.build()
        load.spies = []
        load.start()
        load.until(lambda: load.journal.acks >= ENOUGH, 20, "%d acks" % ENOUGH)
        time.sleep(2 * fake.LATER_S if breaks == "early_ack" else 0.05)
        load.wait_for_accepted = lambda _seconds: None
        histories = load.finish(wait_s=1.0)
    except Exception as e:
        return breaks, None, "%s: %s" % (type(e).__name__, e)
    finally:
        server.shutdown()
    verdict = judge.judge(load.journal, histories, load.listeners, load.protocol_faults)
    return breaks, verdict.found(), ""


def judge_written(flush, torn=()):
    """What the judge finds in a made-up journal: a message answered 202 at 10 s, which history does not
    have, and a message of the same channel that was sent at 20 s and acked at 21 s."""
    journal = Journal()
    writer = types.SimpleNamespace(name="w", who="w", tenant="t", user="u",
                                   transport="rest", strict=True)
    lost, later = Send("r", writer, "c", 1), Send("r", writer, "c", 2)
    lost.first_at, lost.sent_at, lost.accepted_at = 9.0, 9.0, 10.0
    later.first_at, later.sent_at, later.acked_at, later.message_id = 20.0, 20.0, 21.0, 1
    journal.sends = [lost, later]
    journal.by_cid = {s.cid: s for s in journal.sends}
    journal.flushed_at, journal.cut_frames, journal.cut_at = list(flush), list(torn), [(30.0, 35.0)]
    row = {"messageId": 1, "prev": 0, "userId": "u", "clientMessageId": later.cid,
           "body": later.body}
    return judge.judge(journal, {"c": History("c", "t", [row], [row], [])}, []).found()


WRITTEN = (
    ("FLUSHALL may lose a message answered 202 that was still in the queue", (15.0, 15.1), (), []),
    ("FLUSHALL may lose a message that was sent before it and answered 202 after it", (9.5, 9.6), (), []),
    ("FLUSHALL may not lose a message when a later message was acked before FLUSHALL", (22.0, 22.1), (),
     ["lost_accepted"]),
    ("FLUSHALL may not lose a message that was sent after it", (5.0, 5.1), (), ["lost_accepted"]),
    ("a kill may end a connection inside a frame", (15.0, 15.1), [(None, 31.0, "x")], []),
    ("without a kill no connection may end inside a frame", (15.0, 15.1), [(None, 29.0, "x")], ["protocol"]),
    ("a slow reader may notice the cut inside a frame long after the kill", (15.0, 15.1), [(20.0, 60.0, "x")], []),
    ("a kill does not explain the end of a connection that was opened later", (15.0, 15.1), [(36.0, 60.0, "x")],
     ["protocol"]),
)


def main():
    report = Report()
    for sentence, flush, torn, expected in WRITTEN:
        found = judge_written(flush, torn)
        report.check("checker", sentence, None if sorted(found) == expected
                     else "found %s" % found)
    with multiprocessing.Pool(3) as pool:
        for breaks, found, trouble in pool.imap(attempt, (None, *judge.NAMES), 1):
            if trouble:
                report.check("checker", "a run against %s" % breaks, trouble)
            elif breaks is None:
                report.check("checker", "a server that keeps its promises passes", [
                    "%s: %s" % (name, texts[0]) for name, texts in found.items()])
            else:
                report.check("checker", "caught: " + breaks, None if breaks in found
                             else "not seen; found were %s" % (sorted(found) or "none"))
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
