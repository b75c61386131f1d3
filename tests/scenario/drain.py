#!/usr/bin/env python3
"""While push-server drains, new clients get an answer at once, at its own port and through lighttpd.

The test starts its own push-server and lighttpd, on the stack's PostgreSQL and Redis.
"""

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
PAUSE_S = 0.05  # between two clients of one endpoint (push-server's port, or lighttpd's)
DEADLINE_S = 15
LASTING_CLIENTS = 20  # at each endpoint


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def eventually(what, ready, seconds=DEADLINE_S):
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
    """The pids of the workers. The last child serves health and is no worker."""
    return sorted(children(pid))[:-1]


class Server:
    """A push-server whose drain takes 10 s with any number of clients."""

    def __init__(self, env, build):
        self.env = env
        self.program = os.path.join(build, "push-server", "echostream-push")
        self.folder = tempfile.mkdtemp(prefix="drain-")
        self.port, self.front_port = free_port(), free_port()
        self.endpoints = {"own port": self.port, "lighttpd": self.front_port}
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
        """Starts push-server and waits until clients reach it at both endpoints.

        60-echostream.conf names the socket eleven times, and lighttpd selects another of these entries
        every 200 ms. So wait until each entry works, because lighttpd may still have disabled it.
        """
        self.master = self.start([self.program])
        eventually("the start of push-server", lambda: all(
            handshake(port)[0] == 101 for port in self.endpoints.values()))
        for _ in range(11):
            eventually("lighttpd's entry", lambda: handshake(self.front_port)[0] == 101)
            time.sleep(0.2)  # lighttpd uses the next entry after that

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
    """Connects a client. Returns (status or name of the failure, headers, body, seconds)."""
    at = time.monotonic()
    try:
        client = ws.WsClient("127.0.0.1", port, "/ws", timeout=5.0)
        client.drop()
        return 101, {}, b"", time.monotonic() - at
    except ws.Refused as no:
        return no.status, no.headers, no.body, time.monotonic() - at
    except (OSError, ws.frames.ProtocolError) as why:
        return type(why).__name__, {}, b"", time.monotonic() - at


class Connector(threading.Thread):
    """Connects one client after another to one endpoint until stopped; records each answer."""

    def __init__(self, name, port):
        super().__init__()
        self.name, self.port = name, port
        self.stopped = threading.Event()
        self.answers = []  # (start, status, headers, body, seconds)

    def run(self):
        while not self.stopped.is_set():
            at = time.monotonic()
            self.answers.append((at, *handshake(self.port)))
            self.stopped.wait(PAUSE_S)

    def stop(self):
        self.stopped.set()
        self.join()


def start_connectors(server):
    connectors = [Connector(name, port) for name, port in server.endpoints.items()]
    for connector in connectors:
        connector.start()
    return connectors


def is_refusal(answer):
    """True for a 503 of push-server itself, with Retry-After and a reason."""
    _, status, headers, body, _ = answer
    if status != 503 or not headers.get("retry-after", "").isdigit():
        return False
    problem = json.loads(body)
    return problem["code"] == "unavailable" and "shutting down" in problem["detail"]


def judge(connector, wanted, least):
    wrong = ["%s: %s after %.2f s: %s %s" % (connector.name, a[1], a[4], a[2], a[3][:200])
             for a in connector.answers if not wanted(a) or a[4] > AT_ONCE_S]
    if len(connector.answers) < least:
        wrong.append("%s: only %d clients were answered" % (connector.name, len(connector.answers)))
    return wrong[:5]


def open_lasting_clients(server, world):
    """Opens clients that stay until the drain closes them.

    The drain closes them one after another, so a worker with N clients exits after (N - 1) / N of
    the drain's time.
    """
    clients = [ws.WsClient("127.0.0.1", port, "/ws?token=" + world.token("acme"))
               for port in list(server.endpoints.values()) * LASTING_CLIENTS]
    eventually("hello", lambda: all(c.inbox for c in clients))


def whole_server(report, server, world):
    """After SIGTERM to the master, both endpoints answer 503 with Retry-After for 10 s."""
    server.up()
    open_lasting_clients(server, world)
    began = time.monotonic()
    server.master.send_signal(signal.SIGTERM)
    eventually("the start of the drain", lambda: is_refusal((0, *handshake(server.port))))
    connectors = start_connectors(server)
    eventually("the end of the drain", lambda: server.master.poll() is not None, 25)
    ended = time.monotonic()
    for connector in connectors:
        connector.stop()
    report.check("drain", "the drain lasts %.1f s" % (ended - began), None if
                 DRAIN_MS / 1000 - 2 < ended - began < DRAIN_MS / 1000 + 5 else "not about 10 s")
    for connector in connectors:
        # Leave out the last clients, because the last worker may exit while they connect.
        connector.answers = [a for a in connector.answers if a[0] + a[4] < ended - 0.5]
        report.check("drain", "%s: %d clients get 503 with Retry-After at once" % (
            connector.name, len(connector.answers)), judge(connector, is_refusal, 100))
    status = handshake(server.port)
    report.check("drain", "after the drain a client is refused at once", None if
                 status[0] == "ConnectionRefusedError" else str(status))


def one_worker(report, server, world):
    """After SIGTERM to one worker, new TCP clients that reach this worker get 503. The other worker
    accepts all clients of the unix socket, which lighttpd uses."""
    server.up()
    open_lasting_clients(server, world)
    draining = server.workers()[0]
    os.kill(draining, signal.SIGTERM)
    eventually("a refusal", lambda: is_refusal((0, *handshake(server.port))))
    connectors = start_connectors(server)
    eventually("60 clients", lambda: all(len(c.answers) >= 60 for c in connectors))
    still = draining in children(server.master.pid)
    for connector in connectors:
        connector.stop()
    report.check("drain", "one of two workers drains meanwhile", None if still else "it has ended")
    for connector in connectors:
        accepted = [a for a in connector.answers if a[1] == 101]
        report.check("drain", "%s: the other worker accepts %d of %d clients" % (
            connector.name, len(accepted), len(connector.answers)),
            judge(connector, lambda a, n=connector.name: a[1] == 101 or (
                n != "lighttpd" and is_refusal(a)), 60) or ([] if accepted else "none"))


def master_killed(report, server):
    """After SIGKILL to the master, its workers free the addresses and drain. A new server can start."""
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
    report.check("drain", "the old workers drain beside the new server", [] if alive else "they have ended")
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
        report.not_ok("drain", "the test runs to its end", [why, *server.log()])
    finally:
        server.end()
    return report.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
