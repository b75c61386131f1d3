"""Replaces the programs of a stack one by one, as docs/restart.md describes."""

import os
import signal
import subprocess
import time

from flt.schedule import CUT_LATER_S
from flt.stack import state_of

PATHS = {"push": "push-server/echostream-push", "api": "api-fcgi/echostream-api",
         "fanout": "fanout/echostream-fanout"}
READY_S = 30        # seconds; on a busy machine a new master was ready within 3 s
DRAIN_S = 40        # longer than the default drains, 20 and 25 s


def program(build, name):
    return os.path.join(build, PATHS[name])


class Rollout:
    """Freezes the stack's supervisor until close(), because it would start a stopped master again.

    journal: the journal of the load; it gets the times at which a push-server stopped."""

    def __init__(self, stack, journal=None):
        self.stack, self.journal = stack, journal
        with open(os.path.join(stack.run_dir, "up.pid"), encoding="utf-8") as f:
            self.supervisor = int(f.read())
        self.pids = stack.masters()
        self.helpers = {}       # name -> process of a master that this test started
        self.longest_s = {}     # name -> seconds from SIGTERM to the exit of the old master
        os.kill(self.supervisor, signal.SIGSTOP)

    def close(self):
        for name in list(self.helpers):
            self.stop(name)
        os.kill(self.supervisor, signal.SIGCONT)

    def replace(self, name, path, more=None, hold_s=3.0):
        """Starts `path` beside the master `name`, lets both run for hold_s, and stops the old master.
        Returns the seconds for which both were alive."""
        at = time.monotonic()
        old_inode, old_port = self.inode(name), self.listeners(name)
        proc, log = self.stack.helper([path, "--take-over"], more or {}, "%s-%d.log" % (
            name, int(at * 1000)))
        self.wait(lambda: proc.poll() is None and self.inode(name) != old_inode
                  and self.ready(name) and not old_port & self.listeners(name),
                  "%s has taken over and is ready (%s)" % (path, log))
        until = time.monotonic() + hold_s
        while time.monotonic() < until:
            if proc.poll() is not None or not self.alive(name):
                raise RuntimeError("%s: one of the two masters exited" % name)
            time.sleep(0.05)
        stopping = time.monotonic()
        self.stop(name)
        both_s = time.monotonic() - at
        if name == "push" and self.journal:
            self.journal.stopped_at.append((stopping, time.monotonic() + CUT_LATER_S))
        self.pids[name], self.helpers[name] = proc.pid, proc
        return both_s

    def stop(self, name):
        at = time.monotonic()
        proc = self.helpers.pop(name, None)
        if proc is not None:
            self.stack.dismiss(proc, signal.SIGTERM, DRAIN_S)
        else:
            os.kill(self.pids[name], signal.SIGTERM)
            self.wait(lambda: not self.alive(name), "the old %s has exited" % name, DRAIN_S)
        self.longest_s[name] = max(self.longest_s.get(name, 0), time.monotonic() - at)

    def alive(self, name):
        return state_of(self.pids[name]) not in (None, "Z")

    def socket(self, name):
        return os.path.join(self.stack.run_dir,
                            "api-health.sock" if name == "api" else name + "-ops.sock")

    def inode(self, name):
        try:
            return os.stat(self.socket(name)).st_ino
        except FileNotFoundError:
            return None

    def listeners(self, name):
        """The inodes of the sockets that listen on push-server's TCP port."""
        if name != "push":
            return set()
        port = ":%04X" % int(self.stack.env.get("ES_PUSH_PORT"))
        with open("/proc/net/tcp", encoding="ascii") as f:
            rows = [line.split() for line in f]
        return {row[9] for row in rows if row[3] == "0A" and row[1].endswith(port)}

    def ready(self, name):
        url = ["%s/readyz" % self.stack.env.url] if name == "api" else [
            "--unix-socket", self.socket(name), "http://%s/readyz" % name]
        return subprocess.run(["curl", "-sf", "-m", "2", "-o", "/dev/null", *url],
                              check=False).returncode == 0

    @staticmethod
    def wait(holds, what, seconds=READY_S):
        until = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > until:
                raise TimeoutError("not within %d s: %s" % (seconds, what))
            time.sleep(0.05)
