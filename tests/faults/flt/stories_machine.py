"""Stories of servers that are unreachable, out of connections, or slow."""

import threading
import time

from .kinds_net import both
from .kinds_pg import LOCK, take_all
from .machine import TCP, Rules
from .stories_away import check_while_away
from .story import Wrong, story


def add():
    for f in (postgres_cut_off, redis_cut_off, no_connection_left, slow_postgres):
        story(f)


def postgres_cut_off(t):
    """No packet comes from PostgreSQL: sends get 202 or 503, sockets stay open, no message is lost."""
    check_while_away(t, Rules(t.stack, both(TCP["pg"], "drop")), {202, 503}, {200, 503, 504})


def redis_cut_off(t):
    """No packet comes from Redis: sends get 201, 202 or 503, history works, no message is lost."""
    check_while_away(t, Rules(t.stack, both(TCP["redis"], "drop")), {201, 202, 503}, {200})


def no_connection_left(t):
    """Another client has all of PostgreSQL's connections: sends get 201, 202 or 503."""
    check_while_away(t, AllConnections(t.stack), {201, 202, 503}, {200, 503, 504}, not_ready=False)


def slow_postgres(t):
    """PostgreSQL finishes no statement: sends get 202 or 503, reads 503 or 504, nothing is lost."""
    check_while_away(t, Lock(t), {202, 503}, {503, 504}, not_ready=False)


class AllConnections:
    """Takes all connections of PostgreSQL, also those that become free, until the block ends."""

    def __init__(self, stack):
        self.stack, self.sessions, self.over = stack, [], threading.Event()
        self.thread = threading.Thread(target=self.work)

    def work(self):
        while not self.over.is_set():
            take_all(self.stack, self.sessions, time.monotonic() + 10)
            self.over.wait(0.005)

    def __enter__(self):
        take_all(self.stack, self.sessions, time.monotonic() + 10)
        self.thread.start()
        self.stack.sql("select pg_terminate_backend(pid) from pg_stat_activity "
                       "where application_name like 'echostream-%'")

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        for session in self.sessions:
            session.sock.close()


class Lock:
    def __init__(self, t):
        self.t, self.seconds = t, t.away_s + 2
        self.thread = threading.Thread(target=t.stack.env.sql, args=(LOCK % self.seconds,))

    def __enter__(self):
        self.thread.start()
        self.t.soon(lambda: self.t.stack.sql(
            "select count(*) from pg_locks where granted and mode = 'AccessExclusiveLock' "
            "and relation = 'messages'::regclass") == "1", 10, "the lock is held")

    def __exit__(self, *_):
        self.thread.join()
        if self.thread.is_alive():
            raise Wrong("the lock is still held")
