"""The kinds of fault. Each is a function (Fault) that breaks something, returns when the
breaking is over, and says what it did; its limit is the time until all is back."""

import json
import os
import signal
import time
import uuid

from . import entries
from .stack import Gone, children, holds_socket

KINDS = {}


class Kind:
    def __init__(self, name, limit_s, run):
        self.name, self.limit_s, self.run = name, limit_s, run


def kind(limit_s):
    def add(f):
        name = f.__name__.replace("_", "-")
        KINDS[name] = Kind(name, limit_s, f)
        return f
    return add


class Fault:
    """What a kind gets: the stack, the load and its own dice."""

    def __init__(self, stack, load, rng):
        self.stack, self.load, self.rng = stack, load, rng
        self.poisons = 0

    def some(self, pids):
        return self.rng.choice(pids)

    def freeze(self, pids, seconds):
        self.stack.kill(pids, signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            self.stack.kill(pids, signal.SIGCONT)

    def replace(self, name, sig):
        """Until another process stands in the place of a program's master."""
        old = self.stack.master(name)
        self.stack.kill(old, sig)
        self.stack.restarted(name, old)
        return "pid %d" % old


# api

@kind(2)
def api_worker_kill(f):
    pid = f.some(f.stack.workers("api"))
    f.stack.kill(pid, signal.SIGKILL)
    return "pid %d" % pid


@kind(3)
def api_workers_kill(f):
    pids = f.stack.workers("api")
    f.stack.kill(pids, signal.SIGKILL)
    return "%d workers" % len(pids)


@kind(3)
def api_kill(f):
    return f.replace("api", signal.SIGKILL)


@kind(2)
def api_freeze(f):
    pids = f.stack.workers("api")
    f.freeze(f.rng.sample(pids, (len(pids) + 1) // 2), f.rng.uniform(1, 2.5))
    return "half of the workers"


@kind(3)
def api_restart(f):
    return f.replace("api", signal.SIGTERM)


# push

@kind(15)
def push_worker_kill(f):
    pid = f.some(f.stack.workers("push"))
    f.stack.kill(pid, signal.SIGKILL)
    return "pid %d" % pid


@kind(15)
def push_kill(f):
    return f.replace("push", signal.SIGKILL)


@kind(5)
def push_freeze(f):
    f.freeze(f.some(f.stack.workers("push")), f.rng.uniform(1, 3))
    return "one worker"


@kind(10)
def push_restart(f):
    return f.replace("push", signal.SIGTERM)


# fanout

def fanout_workers(f):
    ops = os.path.join(f.stack.run_dir, "fanout-ops.sock")
    pids = f.stack.workers("fanout")
    return [p for p in pids if not holds_socket(p, ops)] or pids


@kind(5)
def fanout_worker_kill(f):
    pid = f.some(fanout_workers(f))
    f.stack.kill(pid, signal.SIGKILL)
    return "pid %d" % pid


@kind(5)
def fanout_workers_kill(f):
    """Amid their batches: the last ones come again."""
    pids = fanout_workers(f)
    f.stack.kill(pids, signal.SIGKILL)
    return "%d workers" % len(pids)


@kind(5)
def fanout_kill(f):
    return f.replace("fanout", signal.SIGKILL)


@kind(5)
def fanout_freeze(f):
    f.freeze(fanout_workers(f), f.rng.uniform(0.5, 1.5))
    return "all workers, shorter than their lease"


@kind(5)
def fanout_zombie(f):
    """Frozen beyond its lease; its partitions are taken; it wakes up amid a batch."""
    pid = f.some(fanout_workers(f))
    f.freeze(pid, f.rng.uniform(3.5, 4.5))
    return "pid %d" % pid


@kind(5)
def fanout_restart(f):
    return f.replace("fanout", signal.SIGTERM)


@kind(5)
def fanout_two(f):
    """Another fanout beside the first, killed or stopped in order after a while."""
    proc, _ = f.stack.helper(
        [os.path.join(f.stack.build, "fanout", "echostream-fanout")],
        {"ES_FANOUT_OPS_LISTEN": "unix:" + os.path.join(f.stack.run_dir, "second-ops.sock")},
        "fanout-second.log")
    time.sleep(f.rng.uniform(1.5, 2.5))
    sig = f.rng.choice([signal.SIGTERM, signal.SIGKILL])
    workers = children(proc.pid)
    f.stack.dismiss(proc, sig)
    if sig == signal.SIGKILL:
        f.stack.kill(workers, signal.SIGKILL)
    return "ended by %s" % sig.name


# what the queue brings

@kind(5)
def poison(f):
    """Entries that nobody can read or commit, between good ones."""
    bad = entries.poisons(f.load)
    for body in bad:
        f.stack.redis("XADD", "es:q:%d" % f.rng.randrange(8), "*", "e", body)
    f.poisons += len(bad)
    return "%d entries" % len(bad)


@kind(5)
def unknown_tenant(f):
    """A well-formed envelope of nobody: refused at commit, no dead letter."""
    stranger = entries.envelope(*(str(uuid.uuid4()) for _ in range(3)))
    f.stack.redis("XADD", "es:q:%d" % f.rng.randrange(8), "*", "e", json.dumps(stranger))
    return "one"


@kind(5)
def redelivery(f):
    """What the queue still holds comes again, three times, in another order."""
    count = 0
    for p in range(8):
        bodies = entries.stream(f.stack.redis("--json", "XREVRANGE", "es:q:%d" % p, "+", "-",
                                              "COUNT", "20"))
        again = bodies * 3
        f.rng.shuffle(again)
        for body in again[:15]:
            f.stack.redis("XADD", "es:q:%d" % p, "*", "e", body)
            count += 1
    return "%d entries" % count


# Redis

@kind(5)
def redis_kill(f):
    return f.replace("redis", signal.SIGKILL)


@kind(5)
def redis_restart(f):
    return f.replace("redis", signal.SIGTERM)


@kind(2)
def redis_pubsub_kill(f):
    times = f.rng.randrange(1, 6)
    for _ in range(times):
        f.stack.redis("CLIENT", "KILL", "TYPE", "pubsub")
        time.sleep(0.1)
    return "%d times" % times


@kind(2)
def redis_clients_kill(f):
    f.stack.redis("CLIENT", "KILL", "TYPE", "normal")
    return "all that are not subscribed"


@kind(2)
def redis_pause(f):
    ms = f.rng.randrange(500, 2500)
    f.stack.redis("CLIENT", "PAUSE", str(ms))
    time.sleep(ms / 1000)
    return "%d ms" % ms


@kind(2)
def redis_freeze(f):
    f.freeze(f.stack.master("redis"), f.rng.uniform(0.5, 2.5))
    return "frozen"


@kind(5)
def redis_flush(f):
    """Not promised: what was queued and not committed is gone. What was acked is not."""
    f.load.journal.flushed_at.append(time.monotonic())
    f.stack.redis("FLUSHALL")
    f.load.journal.flushed_at.append(time.monotonic())
    return "all keys"


# PostgreSQL

@kind(3)
def pg_backend_kill(f):
    pid = f.stack.sql("select pid from pg_stat_activity where application_name like "
                      "'echostream-%' order by random() limit 1")
    f.stack.kill(int(pid or 0) or f.some(children(f.stack.master("postgres"))), signal.SIGKILL)
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
        while True:     # must not stay, whatever else is going on
            try:
                f.stack.sql("set default_transaction_read_only = off; "
                            "alter system reset default_transaction_read_only")
                f.stack.sql("select pg_reload_conf()")
                break
            except Gone:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)
    return "for a while"


# the front door, and all of it

@kind(3)
def lighttpd_kill(f):
    return f.replace("lighttpd", signal.SIGKILL)


@kind(10)
def rolling_restart(f):
    for name in ("fanout", "push", "api", "lighttpd"):
        f.replace(name, signal.SIGTERM)
    return "fanout, push, api, lighttpd"


@kind(10)
def all_kill(f):
    """The programs at once, not the servers."""
    names = ("fanout", "push", "api")
    old = {name: f.stack.master(name) for name in names}
    for pid in old.values():
        f.stack.kill(pid, signal.SIGKILL)
    for name, pid in old.items():
        f.stack.restarted(name, pid)
    return "fanout, push, api"
