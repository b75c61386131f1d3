"""Faults of Redis, which carries events, and on the queue `redis:` also the queue."""

import signal
import time

from .kinds import kind

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
    return "all connections without a subscription"


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
def redis_demote(f):
    """Redis is a replica for a while, like the old primary after a failover: it accepts connections and
    answers reads, but refuses writes."""
    seconds = f.rng.uniform(0.5, 2.5)
    f.stack.redis("REPLICAOF", "127.0.0.1", "1")    # a port without a listener
    try:
        time.sleep(seconds)
    finally:
        f.stack.redis("REPLICAOF", "NO", "ONE")
    return "a replica for %.1f s" % seconds


@kind(5)
def redis_flush(f):
    """Redis loses all its data. The queue `redis:` loses its queued messages, which breaks no promise.
    Acked messages stay. Another queue loses no message."""
    def flush():
        f.stack.redis("FLUSHALL")
        return "all keys"
    return f.lose_queue(flush) if f.stack.queue.in_redis else flush()
