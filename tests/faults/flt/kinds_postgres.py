"""Faults of PostgreSQL."""

import signal
import time

from .kinds import kind
from .stack import Gone, children

@kind(3)
def pg_backend_kill(f):
    pid = f.stack.sql("select pid from pg_stat_activity where application_name like "
                      "'echostream-%' order by random() limit 1")
    f.stack.kill(int(pid or 0) or f.pick(children(f.stack.master("postgres"))), signal.SIGKILL)
    return "pid %s" % pid


@kind(5)
def pg_kill(f):
    return f.replace("postgres", signal.SIGKILL)


@kind(5)
def pg_restart(f):
    return f.replace("postgres", signal.SIGINT)


@kind(3)
def pg_terminate(f):
    n = f.stack.sql("select count(pg_terminate_backend(pid)) from pg_stat_activity "
                    "where application_name like 'echostream-%'")
    return "%s sessions" % n


@kind(2)
def pg_freeze(f):
    pids = children(f.stack.master("postgres"))
    f.freeze(pids, f.rng.uniform(0.5, 2.0))
    return "%d processes" % len(pids)


@kind(2)
def pg_lock(f):
    f.stack.sql("begin; lock table messages in access exclusive mode; select pg_sleep(1.5); "
                "commit")
    return "messages for 1.5 s"


@kind(5)
def pg_read_only(f):
    f.stack.sql("alter system set default_transaction_read_only = on")
    try:
        f.stack.sql("select pg_reload_conf()")
        time.sleep(f.rng.uniform(1, 2))
    finally:
        end = time.monotonic() + 10
        while True:     # PostgreSQL must not stay read-only, so repeat until it accepts this
            try:
                f.stack.sql("set default_transaction_read_only = off; "
                            "alter system reset default_transaction_read_only")
                f.stack.sql("select pg_reload_conf()")
                break
            except Gone:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)
    return "read-only"
