"""Programs without enough memory or processor time, or with a wrong clock."""

import glob
import os
import shutil
import signal
import socket
import threading
import time
import uuid

from . import machine
from .kinds import KINDS, Kind
from .stack import Gone, children, state_of
from .writers import Socket

OOM_S = 10
BUSY_S = 4.0
HOUR_S = 3600
ANSWER_S = 10.0
MESSAGES = 20


# memory

def cgroup():
    """Makes a memory cgroup; returns (folder, file of the limit)."""
    for base, limit in (("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
                        ("/sys/fs/cgroup", "memory.max")):
        made = os.path.join(base, "echostream-test-%d" % os.getpid())
        try:
            os.mkdir(made)
        except OSError:
            continue
        if os.path.exists(os.path.join(made, limit)):
            return made, os.path.join(made, limit)
        os.rmdir(made)
    raise Gone("no writable memory cgroup")


def write(path, text):
    with open(path, "w", encoding="ascii") as f:
        f.write(text)


def memory_kill(f):
    """Forbids all workers to get more memory. The kernel kills each worker that needs a page before the
    test lifts the limit."""
    pids = [pid for name in ("api", "push", "fanout") for pid in f.stack.workers(name)]
    made, limit = cgroup()
    home = os.path.join(os.path.dirname(made), "cgroup.procs")
    end = time.monotonic() + OOM_S
    try:
        write(limit, "65536")
        for pid in pids:
            move(pid, os.path.join(made, "cgroup.procs"))
        while not dead(pids):
            if time.monotonic() > end:
                raise Gone("no worker asked for memory")
            time.sleep(0.01)
    except OSError as e:
        raise Gone("cgroup: %s" % e) from e
    finally:
        killed = dead(pids)
        for pid in set(pids) - set(killed):
            move(pid, home)
        rmdir_soon(made)
    return "%d of %d workers" % (len(killed), len(pids))


def move(pid, procs):
    try:
        write(procs, str(pid))
    except ProcessLookupError:
        pass            # the process has exited


def dead(pids):
    return [pid for pid in pids if state_of(pid) in (None, "Z")]


def rmdir_soon(path):
    """Removes a cgroup. The kernel refuses that while a process of the cgroup is not reaped."""
    end = time.monotonic() + 5
    while True:
        try:
            os.rmdir(path)
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)


# processors

def cpu_busy(f):
    """Runs as many busy loops as processors. The programs must not treat slow workers as dead."""
    before = {name: f.stack.workers(name) for name in ("api", "push", "fanout")}
    takeovers = count(f, "partition lost")
    loops = [f.stack.helper(["sh", "-c", "while :; do :; done"], {}, "busy.log")[0]
             for _ in range(os.cpu_count() or 1)]
    try:
        time.sleep(BUSY_S)
    finally:
        for proc in loops:
            f.stack.dismiss(proc, signal.SIGKILL)
    for name, pids in before.items():
        if f.stack.workers(name) != pids:
            machine.complaints.append("%s lost workers while the processors were busy" % name)
    return "%d loops, %d partitions changed their owner" % (
        len(loops), count(f, "partition lost") - takeovers)


def count(f, text):
    path = os.path.join(f.stack.env.log_dir(), "fanout.log")
    with open(path, encoding="utf-8", errors="replace") as log:
        return sum('"%s"' % text in line for line in log)


# the clock

def wrong_clock(offset):
    """The environment that gives a program a wrong wall clock and the right monotonic clock."""
    found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    if not found or not shutil.which("faketime"):
        raise Gone("no libfaketime")
    return {"LD_PRELOAD": found[0], "FAKETIME": offset, "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_NO_CACHE": "1"}


class Recorder(Socket):
    """A client that keeps all received frames."""

    def __init__(self, port, token):
        self.got, self.cond = [], threading.Condition()
        super().__init__(self.received_frame, ("127.0.0.1", port, "/ws"), token)

    def received_frame(self, _sock, frame):
        with self.cond:
            self.got.append(frame)
            self.cond.notify_all()

    def wait(self, **wanted):
        def found():
            return [f for f in self.got if all(f.get(k) == v for k, v in wanted.items())]
        with self.cond:
            if not self.cond.wait_for(found, ANSWER_S):
                raise WrongBehaviour("no %s; got %s" % (wanted, self.got[-3:]))
            return found()[0]


class WrongBehaviour(Exception):
    """Forbidden behaviour of a program with a wrong clock."""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def clock(offset):
    def fault(f):
        """A second fanout with a wrong clock takes its share of the partitions and is then killed. A
        second push-server with a wrong clock serves a client."""
        fake, run, port = wrong_clock(offset), f.stack.run_dir, free_port()
        before = owners(f)
        fanout, _ = f.stack.helper(
            [os.path.join(f.stack.build, "fanout", "echostream-fanout")],
            {**fake, "ES_FANOUT_OPS_LISTEN": "unix:" + os.path.join(run, "clock-f.sock")},
            "fanout-clock.log")
        push, _ = f.stack.helper(
            [os.path.join(f.stack.build, "push-server", "echostream-push")],
            {**fake, "ES_PUSH_LISTEN": "127.0.0.1:%d" % port, "ES_PUSH_WORKERS": "1",
             "ES_PUSH_OPS_LISTEN": "unix:" + os.path.join(run, "clock-p.sock")},
            "push-clock.log")
        try:
            f.load.until(lambda: owners(f) > before, 20, "the second fanout has partitions")
            check_service(f, port)
        except (WrongBehaviour, TimeoutError) as e:
            machine.complaints.append("clock %s: %s" % (offset, e))
        finally:
            workers = children(fanout.pid)
            f.stack.dismiss(fanout, signal.SIGKILL)
            f.stack.kill(workers, signal.SIGKILL)
            f.stack.dismiss(push)
        return "fanout and push at %s" % offset
    return fault


def owners(f):
    return int(f.stack.sql("select count(distinct owner) from queue_partitions "
                           "where until > now()"))


def check_service(f, port):
    now, world = int(time.time()), f.load.world
    world.mint("clock", "w0", {"iat": now - 2 * HOUR_S, "exp": now + 4 * HOUR_S})
    name = "clock" + uuid.uuid4().hex[:8]
    world.make_channel(name, "main", False, [])
    f.load.until(lambda: listens(port), ANSWER_S, "the second push-server listens")
    recorder, channel = Recorder(port, world.token("clock")), world.names[name]
    try:
        recorder.send_json({"type": "subscribe", "id": "s", "channelId": channel})
        head = recorder.wait(type="ack", id="s")["payload"]["seq"]
        for k in range(MESSAGES):
            recorder.send_json({"type": "send", "id": "m%d" % k, "channelId": channel,
                           "body": "at another time %d" % k})
        numbers = [recorder.wait(type="ack", id="m%d" % k)["payload"]["messageId"]
                   for k in range(MESSAGES)]
        recorder.wait(type="message", body="at another time %d" % (MESSAGES - 1))
        received = [one["seq"] for one in recorder.got if one["type"] == "message"]
        if received != numbers or received != sorted(received) or received[0] <= head:
            raise WrongBehaviour("acks have the numbers %s, messages %s" % (numbers, received))
    finally:
        recorder.drop()
    ages = f.stack.sql("select max(abs(extract(epoch from now() - created_at))) from messages "
                       "where channel_id = '%s'" % channel)
    if float(ages) > HOUR_S / 2:
        raise WrongBehaviour("createdAt of messages is wrong by %s s" % ages)


def listens(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def add():
    for name, limit_s, run in (("memory-kill", 15, memory_kill), ("cpu-busy", 2, cpu_busy),
                               ("clock-ahead", 5, clock("+1h")),
                               ("clock-behind", 5, clock("-1h"))):
        KINDS[name] = Kind(name, limit_s, run)
