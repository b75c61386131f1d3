#!/usr/bin/env python3
"""The judge judged: a server that keeps its promises passes, one that breaks any is caught,
by the name of what it broke."""

import multiprocessing
import sys
import time

import flt  # noqa: F401  (finds scn)
from flt import fake, judge
from flt.load import Load, Shape
from scn.env import Env
from scn.report import Report

ENOUGH = 150


def shape(breaks):
    """Swapping two of one sender takes one that has several under way."""
    return Shape(channels=2, rest=2, ws=0 if breaks == "sender_order" else 1, piped=1,
                 pause_s=0.002, flapping=1, slow=0, steady=1)


def attempt(breaks):
    """What the judge finds at a server that breaks this; a word on failure."""
    server, url = fake.start(breaks)
    load = Load(Env({"ES_URL": url, "ES_OPERATOR_KEY": "k"}), 1, shape(breaks), give_up_s=1.5)
    load.look_share, load.async_share = 1.0, 0.0
    try:
        load.build()
        load.ears = []
        load.start()
        load.until(lambda: load.journal.acks >= ENOUGH, 20, "%d acks" % ENOUGH)
        time.sleep(2 * fake.LATER_S if breaks == "early_ack" else 0.05)
        load.wait_for_accepted = lambda _seconds: None
        histories = load.finish(settle_s=1.0)
    except Exception as e:
        return breaks, None, "%s: %s" % (type(e).__name__, e)
    finally:
        server.shutdown()
    verdict = judge.judge(load.journal, histories, load.listeners, load.protocol_faults)
    return breaks, verdict.found(), ""


def main():
    report = Report()
    with multiprocessing.Pool(3) as pool:
        for breaks, found, trouble in pool.imap(attempt, [None] + judge.NAMES, 1):
            if trouble:
                report.check("checker", "a run against %s" % breaks, trouble)
            elif breaks is None:
                report.check("checker", "an honest server passes", [
                    "%s: %s" % (name, texts[0]) for name, texts in found.items()])
            else:
                report.check("checker", "caught: " + breaks, None if breaks in found
                             else "not seen; found were %s" % (sorted(found) or "none"))
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
