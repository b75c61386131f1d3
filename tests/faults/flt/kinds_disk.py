"""A disk is full for a while. Each kind fills a folder that own_machine.sh has mounted as a small file
system."""

import os
import re
import time

from . import machine
from .kinds import KINDS, Kind
from .stack import Gone

# Seconds for which a disk is full. A server that cannot write exits, and the supervisor restarts it. The
# supervisor gives up after five failed starts within a minute, so the time must be short.
LEAST_S, MOST_S = 1.5, 2.5
NO_SPACE = re.compile(rb"No space left on device|AOF write error")


class Log:
    """Counts the failed writes in a server's log since this object was made."""

    def __init__(self, stack, name):
        self.path = os.path.join(stack.env.log_dir(), name + ".log")
        self.start = os.path.getsize(self.path)

    def complaints(self):
        with open(self.path, "rb") as f:
            f.seek(self.start)
            return len(NO_SPACE.findall(f.read()))


def folder(f, name):
    return os.path.join(f.stack.env.dev_dir(), name)


def disk_pg(f):
    return full_server(f, "pg", "postgres")


def disk_wal(f):
    """Switches to new files of the write-ahead log, so that PostgreSQL exits and cannot start again."""
    def more():
        try:
            f.stack.sql("select pg_switch_wal()")
        except Gone:
            pass        # PostgreSQL has exited, as intended
    return full_server(f, "pg", "postgres", more)


def disk_redis(f):
    return full_server(f, "redis", "redis")


def full_server(f, name, server, meanwhile=None):
    log, seconds = Log(f.stack, server), f.rng.uniform(LEAST_S, MOST_S)
    taken = machine.fill(folder(f, name), seconds, meanwhile)
    if not log.complaints():
        raise Gone("%s logged no failed write while its disk was full" % server)
    return "%d MB for %.1f s, %d failed writes" % (taken >> 20, seconds, log.complaints())


def disk_log(f):
    path = os.path.join(f.stack.env.log_dir(), "access.log")
    before, end = os.path.getsize(path), time.monotonic() + 5
    while os.path.getsize(path) == before and time.monotonic() < end:
        time.sleep(0.01)
    taken = machine.fill(folder(f, "log"), f.rng.uniform(LEAST_S, MOST_S))
    return "%d MB" % (taken >> 20)


def add():
    for run, limit_s in ((disk_pg, 10), (disk_wal, 10), (disk_redis, 10), (disk_log, 2)):
        name = run.__name__.replace("_", "-")
        KINDS[name] = Kind(name, limit_s, run)
