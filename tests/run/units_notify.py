#!/usr/bin/env python3
"""Runs the installed programs as systemd would, and reads the messages that they send to it.

units_notify.py WORK_DIR BIN_DIR. PostgreSQL and Redis do not run here. A service sends READY=1
as soon as its workers accept requests, even without PostgreSQL and Redis.
"""
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

WORK, BIN = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
WATCHDOG_S = 3
RUN = WORK / "run"
SETTINGS = f"""
ES_DATABASE_URL=postgresql://echostream_app@/echostream?host={WORK}/nowhere
ES_REDIS_URL=unix://{WORK}/nowhere/redis.sock
ES_JWT_SECRET=0123456789abcdef0123456789abcdef
ES_OPERATOR_KEY=0123456789abcdef01234567
ES_API_SEND_SOCKET={RUN}/api-send.sock
ES_API_SOCKET={RUN}/api.sock
ES_API_HEALTH_SOCKET={RUN}/api-health.sock
ES_API_SEND_WORKERS=2
ES_API_WORKERS=2
ES_FANOUT_OPS_LISTEN=unix:{RUN}/fanout-ops.sock
ES_PUSH_OPS_LISTEN=unix:{RUN}/push-ops.sock
ES_PUSH_LISTEN=unix:{RUN}/push.sock
ES_METRICS_EMF=true
ES_TRACE_URL=http://127.0.0.1:9/v1/traces
"""
# The last two settings start processes without a heartbeat. Such a process must not delay READY=1, and
# the watchdog must not count it as hung.
SOCKETS = {"echostream-api": ["api-send.sock", "api.sock", "api-health.sock"],
           "echostream-fanout": ["fanout-ops.sock"],
           "echostream-push": ["push.sock", "push-ops.sock"]}


class Service:
    """A program with a socket for its messages."""

    def __init__(self, name, abstract=False):
        self.name = name
        address = f"\0units-{os.getpid()}-{name}" if abstract else str(WORK / f"{name}.notify")
        self.inbox = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.inbox.bind(address)
        self.log = (WORK / f"{name}.log").open("wb")
        self.messages = []
        # systemd sets WATCHDOG_PID to the pid of the program; `exec` keeps the pid of the shell.
        self.process = subprocess.Popen(
            ["sh", "-c", 'WATCHDOG_PID=$$ exec "$0"', str(BIN / name)], stderr=self.log,
            env={"ES_SETTINGS_FILE": str(WORK / "settings.env"), "NOTIFY_SOCKET": address.replace("\0", "@"),
                 "WATCHDOG_USEC": str(WATCHDOG_S * 1000000), "PATH": os.environ["PATH"]})

    def next(self, seconds):
        """Returns the next message, or None when none comes within these seconds."""
        self.inbox.settimeout(max(seconds, 0.001))
        try:
            self.messages.append(self.inbox.recv(4096).decode())
        except socket.timeout:
            return None
        return self.messages[-1]

    def expect(self, start, seconds=20):
        """Wait for a message that begins with start."""
        limit = time.monotonic() + seconds
        while (left := limit - time.monotonic()) > 0:
            message = self.next(left)
            if message and message.startswith(start):
                return message
        raise AssertionError(f"{self.name}: no {start} in {seconds} s, but {self.messages[-5:]}\n{self.said()}")

    def silent(self, what, seconds):
        """True when the message `what` does not come within these seconds."""
        limit = time.monotonic() + seconds
        while (left := limit - time.monotonic()) > 0:
            if self.next(left) == what:
                return False
        return True

    def said(self):
        return (WORK / f"{self.name}.log").read_text(errors="replace")[-3000:]

    def workers(self):
        pid = self.process.pid
        return [int(p) for p in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def end(self):
        self.process.terminate()
        self.expect("STOPPING=1", 5)
        return self.process.wait(60)

    def close(self):
        if self.process.poll() is None:
            for pid in [*self.workers(), self.process.pid]:
                os.kill(pid, signal.SIGKILL)
            self.process.wait()
        self.inbox.close()
        self.log.close()


def opens(path):
    with socket.socket(socket.AF_UNIX) as one:
        return one.connect_ex(str(path)) == 0


def lives(service):
    """The program sends READY=1, feeds the watchdog, reports a reload, and sends STOPPING=1."""
    assert service.expect("READY=1")
    for name in SOCKETS[service.name]:
        assert opens(RUN / name), name
    service.expect("WATCHDOG=1", WATCHDOG_S)
    before = service.workers()
    service.process.send_signal(signal.SIGHUP)
    service.expect("RELOADING=1\nMONOTONIC_USEC=", 5)
    service.expect("READY=1", 30)
    assert set(before) != set(service.workers()), "no process was replaced"
    service.expect("WATCHDOG=1", WATCHDOG_S)
    assert service.end() == 0, service.said()
    assert "READY=1" not in service.messages[service.messages.index("STOPPING=1"):]


def hangs(service):
    """When a worker hangs, the program sends no WATCHDOG=1 until the worker continues."""
    service.expect("READY=1")
    service.expect("WATCHDOG=1", WATCHDOG_S)
    worker = service.workers()[0]
    os.kill(worker, signal.SIGSTOP)
    try:
        limit = time.monotonic() + 30
        while time.monotonic() < limit and not service.silent("WATCHDOG=1", WATCHDOG_S):
            pass
        assert time.monotonic() < limit, "the watchdog is still fed"
        assert '"worker hangs' in service.said(), service.said()
        assert service.process.poll() is None
    finally:
        os.kill(worker, signal.SIGCONT)
    service.expect("WATCHDOG=1", 5)
    assert service.end() == 0, service.said()


def refuses(_):
    """A program with a faulty setting exits with 78 and sends no READY=1."""
    (WORK / "settings.env").write_text(SETTINGS + "ES_LOG_LEVEL=loud\n")
    service = Service("echostream-fanout")
    try:
        assert service.process.wait(10) == 78
        assert service.next(0.1) is None
    finally:
        service.close()
        (WORK / "settings.env").write_text(SETTINGS)


def check(name, function, program=None, abstract=False):
    service = program and Service(program, abstract)
    try:
        function(service)
        print(f"ok units: {name}", flush=True)
    except (AssertionError, OSError, subprocess.SubprocessError) as why:
        print(f"  {type(why).__name__}: {why}\nnot ok units: {name}", flush=True)
    finally:
        if service:
            service.close()
            (WORK / f"{program}.notify").unlink(missing_ok=True)


def main():
    RUN.mkdir(exist_ok=True)
    (WORK / "settings.env").write_text(SETTINGS)
    for program in SOCKETS:
        check(f"{program} reports its start, a reload and its exit to systemd", lives, program,
              program == "echostream-fanout")
    check("a hung worker of echostream-push starves the watchdog", hangs, "echostream-push")
    check("a program with a faulty setting exits with 78", refuses)


if __name__ == "__main__":
    main()
