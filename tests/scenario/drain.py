#!/usr/bin/env python3
"""New clients during a drain of push-server get an answer at once, at its own port and through
lighttpd. The test starts a push-server and a lighttpd beside the stack's PostgreSQL and Redis."""

import argparse
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from scn import env as environment
from scn import ws
from scn.report import Report
from scn.world import World

DRAIN_MS = 10000
AT_ONCE_S = 1.0
PAUSE_S = 0.05  # between two clients of one door (the port, or lighttpd)
PATIENCE_S = 15
HELD = 20  # clients at each door


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def eventually(what, ready, seconds=PATIENCE_S):
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError("%s: not within %d s" % (what, seconds))
        time.sleep(0.02)


def children(pid):
    path = "/proc/%d/task/%d/children" % (pid, pid)
    with open(path, encoding="ascii") as f:
        return [int(word) for word in f.read().split()]


def workers_of(pid):
    """The pids of the workers; the last child serves health and does not count."""
    return sorted(children(pid))[:-1]


class Server:
    """A push-server with a drain of 10 s, whatever its number of clients."""

    def __init__(self, env, build):
        self.env = env
        self.program = os.path.join(build, "push-server", "echostream-push")
        self.folder = tempfile.mkdtemp(prefix="drain-")
        self.port, self.front_port = free_port(), free_port()
        self.doors = {"own port": self.port, "lighttpd": self.front_port}
        self.procs = []
        self.front = self.start(["lighttpd", "-D", "-f", os.path.join(
            environment.repository(), "lighttpd", "dev.conf")])
        self.master = None

    def settings(self):
        stack = {k: v for k, v in self.env.values.items() if k.startswith(("ES_", "AWS_"))
                 and k not in ("ES_DATABASE_OWNER_URL", "ES_DATABASE_ADMIN_URL")}
        return {**os.environ, **stack, "ES_ROOT": environment.repository(),
                "ES_RUN_DIR": self.folder, "ES_LOG_DIR": self.folder,
                "ES_PORT": str(self.front_port), "ES_PUSH_WORKERS": "2",
                "ES_PUSH_LISTEN": "127.0.0.1:%d,unix:%s/push.sock" % (self.port, self.folder),
                "ES_PUSH_OPS_LISTEN": "unix:%s/ops.sock" % self.folder,
                "ES_PUSH_METRICS_FILE": "", "ES_PUSH_DRAIN_MS": str(DRAIN_MS),
                "ES_PUSH_COMEBACK_MIN_MS": str(DRAIN_MS)}

    def start(self, argv):
        with open(os.path.join(self.folder, "log"), "ab") as out:
            proc = subprocess.Popen(argv, env=self.settings(), stdout=out, stderr=out,
                                    stdin=subprocess.DEVNULL)
        self.procs.append(proc)
        return proc

    def up(self):
        """Starts push-server and waits until both doors reach it. lighttpd has an entry for each
        200 ms of two seconds, and each entry may still be disabled."""
        self.master = self.start([self.program])
        eventually("the start of push-server", lambda: all(
            handshake(door)[0] == 101 for door in self.doors.values()))
        for _ in range(11):
            eventually("lighttpd's entry", lambda: handshake(self.front_port)[0] == 101)
            time.sleep(0.2)  # the next entry

    def workers(self):
        return workers_of(self.master.pid)

    def end(self):
        for proc in reversed(self.procs):
            if proc.poll() is None:
                proc.kill()
            proc.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self):
        return pathlib.Path(self.folder, "log").read_text(errors="replace").splitlines()[-6:]


def handshake(port):
    """(status or the name of the failure, headers, body, seconds)"""
    at = time.monotonic()
    try:
        client = ws.WsClient("127.0.0.1", port, "/ws", timeout=5.0)
        client.drop()
        return 101, {}, b"", time.monotonic() - at
    except ws.Refused as no:
        return no.status, no.headers, no.body, time.monotonic() - at
    except (OSError, ws.frames.ProtocolError) as why:
        return type(why).__name__, {}, b"", time.monotonic() - at


class Door(threading.Thread):
    """Connects one client after another at one door until stopped; records each answer."""

    def __init__(self, name, port):
        super().__init__()
        self.name, self.port = name, port
        self.over = threading.Event()
        self.answers = []  # (began at, status, headers, body, seconds)

    def run(self):
        while not self.over.is_set():
            at = time.monotonic()
            self.answers.append((at, *handshake(self.port)))
            self.over.wait(PAUSE_S)

    def stop(self):
        self.over.set()
        self.join()


def open_doors(server):
    doors = [Door(name, port) for name, port in server.doors.items()]
    for door in doors:
        door.start()
    return doors


def is_refusal(answer):
    """True for a 503 of push-server itself, with Retry-After and a reason."""
    _, status, headers, body, _ = answer
    if status != 503 or not headers.get("retry-after", "").isdigit():
        return False
    problem = json.loads(body)
    return problem["code"] == "unavailable" and "shutting down" in problem["detail"]


def judge(door, wanted, least):
    wrong = ["%s: %s after %.2f s: %s %s" % (door.name, a[1], a[4], a[2], a[3][:200])
             for a in door.answers if not wanted(a) or a[4] > AT_ONCE_S]
    if len(door.answers) < least:
        wrong.append("%s: only %d clients were answered" % (door.name, len(door.answers)))
    return wrong[:5]


def hold(server, world):
    """Opens clients that stay. The drain closes them one after another, so with N clients of a
    worker it ends after (N - 1) / N of its time."""
    held = [ws.WsClient("127.0.0.1", port, "/ws?token=" + world.token("acme"))
            for port in list(server.doors.values()) * HELD]
    eventually("hello", lambda: all(c.inbox for c in held))
    return held


def whole_server(report, server, world):
    """After SIGTERM to the master, each door answers 503 with Retry-After for 10 s."""
    server.up()
    hold(server, world)
    began = time.monotonic()
    server.master.send_signal(signal.SIGTERM)
    eventually("the begin of the drain", lambda: is_refusal((0, *handshake(server.port))))
    doors = open_doors(server)
    eventually("the end of the drain", lambda: server.master.poll() is not None, 25)
    ended = time.monotonic()
    for door in doors:
        door.stop()
    report.check("drain", "it lasts %.1f s" % (ended - began), None if
                 DRAIN_MS / 1000 - 2 < ended - began < DRAIN_MS / 1000 + 5 else "not about 10 s")
    for door in doors:
        # The last worker may end while a client connects.
        door.answers = [a for a in door.answers if a[0] + a[4] < ended - 0.5]
        report.check("drain", "%s: %d clients get 503 with Retry-After at once" % (
            door.name, len(door.answers)), judge(door, is_refusal, 100))
    status = handshake(server.port)
    report.check("drain", "no client waits at a server that has ended", None if
                 status[0] == "ConnectionRefusedError" else str(status))


def one_worker(report, server, world):
    """After SIGTERM to one worker, its TCP clients get 503; the other worker serves the unix socket."""
    server.up()
    hold(server, world)
    ending = server.workers()[0]
    os.kill(ending, signal.SIGTERM)
    eventually("a refusal", lambda: is_refusal((0, *handshake(server.port))))
    doors = open_doors(server)
    eventually("60 clients", lambda: all(len(d.answers) >= 60 for d in doors))
    still = ending in children(server.master.pid)
    for door in doors:
        door.stop()
    report.check("drain", "one worker of two drains meanwhile", None if still else "it is gone")
    for door in doors:
        through = [a for a in door.answers if a[1] == 101]
        report.check("drain", "%s: %d of %d clients are served by the other worker" % (
            door.name, len(through), len(door.answers)),
            judge(door, lambda a, n=door.name: a[1] == 101 or (n != "lighttpd" and is_refusal(a)),
                  60) or ([] if through else "none"))


def master_killed(report, server):
    """The workers of a dead master leave its addresses to a new master, and continue to drain."""
    old = server.workers()
    server.master.kill()
    server.master.wait()
    at = time.monotonic()
    eventually("the addresses are free", lambda: handshake(server.port)[0] ==
               "ConnectionRefusedError")
    server.up()
    report.check("drain", "a new server is up %.1f s after its master was killed" % (
        time.monotonic() - at), [] if time.monotonic() - at < 5 else "too late")
    alive = [pid for pid in old if os.path.exists("/proc/%d" % pid)]
    report.check("drain", "while the old workers drain", [] if alive else "they are gone")
    for pid in alive:
        os.kill(pid, signal.SIGKILL)


def main(argv):
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--env")
    p.add_argument("--build", default=os.path.join(environment.repository(), "build"))
    args = p.parse_args(argv)
    report = Report()
    env = environment.read_env(args.env)
    world = World(env)
    world.make_tenant("acme", {})
    server = Server(env, args.build)
    try:
        whole_server(report, server, world)
        one_worker(report, server, world)
        master_killed(report, server)
    except (OSError, TimeoutError) as why:
        report.not_ok("drain", "it went as planned", [why, *server.log()])
    finally:
        server.end()
    return report.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
