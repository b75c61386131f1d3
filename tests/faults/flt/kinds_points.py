"""A second fanout, built with crash points, crashes again and again at a named point of its work.

The stack's own fanout then takes over the partitions of the crashed one.
"""

import os

from .kinds import KINDS, Kind

POINTS = ("after_receive", "before_commit", "under_commit", "after_commit", "after_publish",
          "before_queue_done", "after_queue_done")
LOG = "fanout-points.log"
CRASHES = 2         # number of crashes of the second fanout at each point
WITHIN_S = 30


def crash(point):
    def run(f):
        pass_no = f.rng.randrange(1, 5)
        proc, log = f.stack.helper(
            [os.path.join(f.stack.points_build, "fanout", "echostream-fanout")],
            {"ES_FANOUT_OPS_LISTEN": "unix:" + os.path.join(f.stack.run_dir, "points-ops.sock"),
             "ES_TEST_CRASH_POINT": "%s:%d" % (point, pass_no)}, LOG)
        ending = "crash point %s," % point
        before = count(log, ending)
        try:
            f.load.until(lambda: count(log, ending) >= before + CRASHES, WITHIN_S,
                         "%d crashes at %s" % (CRASHES, point))
        finally:
            f.stack.dismiss(proc)
        return "%d crashes at pass %d" % (count(log, ending) - before, pass_no)
    return run


def count(path, text):
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read().count(text)


def add():
    for point in POINTS:
        name = "crash-" + point.replace("_", "-")
        # A batch of SQS does not reach under_commit, because batch_run() waits for each commit.
        KINDS[name] = Kind(name, 5, crash(point), redelivers=True,
                           queue="redis" if point == "under_commit" else None)
