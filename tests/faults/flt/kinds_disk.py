"""Disks that are full for a while. Each kind wants the folder to be a file system of its own
(tests/faults/own_machine.sh makes them)."""

import os

from . import machine
from .kinds import KINDS, Kind

# A server that can't write ends, and the supervisor starts it again; five ends within a minute
# it takes for one that will never live.
LEAST_S, MOST_S = 1.5, 2.5


def full(folder):
    def fault(f):
        seconds = f.rng.uniform(LEAST_S, MOST_S)
        taken = machine.fill(os.path.join(f.stack.env.dev_dir(), folder), seconds)
        return "%s: %d MB for %.1f s" % (folder, taken >> 20, seconds)
    return fault


def add():
    for name, folder in (("disk-pg", "pg"), ("disk-redis", "redis"), ("disk-log", "log")):
        KINDS[name] = Kind(name, 10 if folder != "log" else 2, full(folder))
