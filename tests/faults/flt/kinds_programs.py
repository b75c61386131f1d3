"""Faults of our own programs and of lighttpd."""

import os
import signal
import time

from .kinds import kind
from .stack import children, holds_socket

# api

@kind(2)
def api_worker_kill(f):
    pid = f.pick(f.stack.workers("api"))
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
    pid = f.pick(f.stack.workers("push"))
    f.stack.kill(pid, signal.SIGKILL)
    return "pid %d" % pid


@kind(15)
def push_kill(f):
    return f.replace("push", signal.SIGKILL)


@kind(5)
def push_freeze(f):
    f.freeze(f.pick(f.stack.workers("push")), f.rng.uniform(1, 3))
    return "one worker"


@kind(10)
def push_restart(f):
    return f.replace("push", signal.SIGTERM)


# fanout

def fanout_workers(f):
    ops = os.path.join(f.stack.run_dir, "fanout-ops.sock")
    pids = f.stack.workers("fanout")
    return [p for p in pids if not holds_socket(p, ops)] or pids


@kind(5, redelivers=True)
def fanout_worker_kill(f):
    pid = f.pick(fanout_workers(f))
    f.stack.kill(pid, signal.SIGKILL)
    return "pid %d" % pid


@kind(5, redelivers=True)
def fanout_workers_kill(f):
    """Kills workers in the middle of their batches, which the queue delivers again."""
    pids = fanout_workers(f)
    f.stack.kill(pids, signal.SIGKILL)
    return "%d workers" % len(pids)


@kind(5, redelivers=True)
def fanout_kill(f):
    return f.replace("fanout", signal.SIGKILL)


@kind(5)
def fanout_freeze(f):
    f.freeze(fanout_workers(f), f.rng.uniform(0.5, 1.5))
    return "all workers, shorter than their lease"


@kind(5, redelivers=True)
def fanout_zombie(f):
    """A worker is frozen until its lease has expired and another worker has taken its partitions. Then
    the frozen worker continues in the middle of a batch."""
    pid = f.pick(fanout_workers(f))
    f.freeze(pid, f.rng.uniform(3.5, 4.5))
    return "pid %d" % pid


@kind(5, redelivers=True)
def fanout_restart(f):
    return f.replace("fanout", signal.SIGTERM)


@kind(5, redelivers=True)
def fanout_two(f):
    """A second fanout runs beside the first for 1.5 to 2.5 s, until SIGTERM or SIGKILL stops it."""
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
    return "stopped by %s" % sig.name


# lighttpd, and several programs

@kind(3)
def lighttpd_kill(f):
    return f.replace("lighttpd", signal.SIGKILL)


@kind(10, redelivers=True)
def rolling_restart(f):
    for name in ("fanout", "push", "api", "lighttpd"):
        f.replace(name, signal.SIGTERM)
    return "fanout, push, api, lighttpd"


@kind(10, redelivers=True)
def all_kill(f):
    """Kills all our programs at once, but not PostgreSQL, Redis and lighttpd."""
    names = ("fanout", "push", "api")
    old = {name: f.stack.master(name) for name in names}
    for pid in old.values():
        f.stack.kill(pid, signal.SIGKILL)
    for name, pid in old.items():
        f.stack.restarted(name, pid)
    return "fanout, push, api"
