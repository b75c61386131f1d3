"""The stack under test: its processes, servers and logs."""

import json
import os
import re
import signal
import subprocess
import time

from scn import env as environment

OWN_SIGNALS = {signal.SIGKILL, signal.SIGTERM}


class Gone(Exception):
    """The fault is impossible now: its target is not there, or the machine does not permit the fault."""


class Stack:
    def __init__(self, env, build, points_build=""):
        self.env, self.build, self.points_build = env, build, points_build
        self.run_dir = env.get("ES_RUN_DIR")
        self.queue = self._queue()
        self.helpers = []       # processes that the test started
        self.log_from = self.log_sizes()

    def _queue(self):
        from .queue_redis import RedisQueue     # not at the top, because these modules import Gone
        from .queue_sqs import SqsQueue
        sqs = self.env.get("ES_QUEUE_URL").startswith("sqs:")
        return SqsQueue(self.env) if sqs else RedisQueue(self)

    # processes

    def masters(self):
        """{name: pid of the master}, from the supervisor's list."""
        found = {}
        with open(os.path.join(self.run_dir, "pids"), encoding="utf-8") as f:
            for line in f:
                name, pid = line.split()[:2]
                found[name] = int(pid)
        return found

    def master(self, name):
        pid = self.masters().get(name, 0)
        if pid <= 0 or state_of(pid) in (None, "Z"):
            raise Gone(name)
        return pid

    def workers(self, name):
        pids = children(self.master(name))
        if not pids:
            raise Gone(name + "'s workers")
        return pids

    def kill(self, pids, sig):
        for pid in [pids] if isinstance(pids, int) else pids:
            try:
                os.kill(pid, sig)
            except ProcessLookupError:
                pass

    def restarted(self, name, old, seconds=40):
        """Waits until the supervisor has started another process for the program."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if self.master(name) != old:
                    return
            except (Gone, OSError, ValueError):
                pass
            time.sleep(0.02)
        raise TimeoutError("the supervisor did not start %s again" % name)

    # servers

    def sql(self, statement):
        code, out = self.env.sql(statement)
        if code != 0:
            raise Gone("PostgreSQL: " + out[:200])
        return out

    def redis(self, *words, url=None):
        code, out = self.env.redis(list(words), url)
        if code != 0:
            raise Gone("Redis: " + out[:200])
        return out

    def dead_letters(self):
        return int(self.sql("select count(*) from dead_letters"))

    def ready(self):
        """True when all three programs are ready."""
        return all(curl(self.env.url + path) for path in (
            "/readyz", "/push/readyz", "/fanout/readyz"))

    def helper(self, argv, more, log):
        """Starts a process with the stack's settings."""
        settings = {k: v for k, v in self.env.values.items()
                    if k.startswith(("ES_", "AWS_")) and k not in (
                        "ES_DATABASE_OWNER_URL", "ES_DATABASE_ADMIN_URL")}
        path = os.path.join(self.env.log_dir(), log)
        with open(path, "ab") as out:
            proc = subprocess.Popen(argv, env={**os.environ, **settings, **more}, stdout=out,
                                    stderr=out, stdin=subprocess.DEVNULL,
                                    start_new_session=True)
        self.helpers.append(proc)
        return proc, path

    def dismiss(self, proc, sig=signal.SIGTERM, seconds=30):
        proc.send_signal(sig)
        try:
            proc.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(proc.pid, signal.SIGKILL)
            proc.wait()
        self.helpers = [p for p in self.helpers if p is not proc]

    def clean_up(self):
        for proc in list(self.helpers):
            self.dismiss(proc, signal.SIGKILL)

    # logs

    def log_sizes(self):
        return {p: os.path.getsize(p) for p in environment.log_files(self.env)}

    def logged(self, sizes, text):
        """True when a program has logged the text since log_sizes() returned these sizes."""
        for path, size in sizes.items():
            with open(path, "rb") as f:
                f.seek(min(size, os.path.getsize(path)))
                if any(text.encode() in line and b'"lvl":"' in line for line in f):
                    return True
        return False

    def log_lines(self):
        for path in environment.log_files(self.env):
            with open(path, "rb") as f:
                f.seek(min(self.log_from.get(path, 0), os.path.getsize(path)))
                for line in f:
                    yield os.path.basename(path), line.decode("utf-8", "replace").rstrip()

    def crashes(self, expected=()):
        """Log lines of crashes: sanitizer reports, failed CHECKs, and exits that no signal of the test
        explains."""
        found = []
        for name, line in self.log_lines():
            if name in expected:
                continue
            if "AddressSanitizer" in line or "runtime error:" in line or "CHECK" in line:
                found.append("%s: %s" % (name, line[:300]))
            elif '"worker ended"' in line:
                found += crash_of(name, line)
            elif name == "up.log" and re.search(r"ended after .*signal (\d+)", line):
                sig = int(re.search(r"signal (\d+)", line).group(1))
                if sig not in OWN_SIGNALS:
                    found.append("%s: %s" % (name, line[:300]))
        return found


def crash_of(name, line):
    try:
        entry = json.loads(line)
    except ValueError:
        return []
    if entry.get("signal", 0) in (0, *OWN_SIGNALS) and entry.get("exit", 0) in (0, -1, None):
        return []
    return ["%s: %s" % (name, line[:300])]


def curl(url):
    return subprocess.run(["curl", "-sf", "-m", "2", "-o", "/dev/null", url],
                          check=False).returncode == 0


def http_answer(url, seconds=10):
    """Returns (status, body); the status is 0 when no answer came."""
    out = subprocess.run(["curl", "-s", "-m", str(seconds), "-w", "\n%{http_code}", url],
                         capture_output=True, text=True, check=False)
    body, _, status = out.stdout.rpartition("\n")
    return int(status or 0), body


def stat_of(pid):
    try:
        with open("/proc/%d/stat" % pid, encoding="latin-1") as f:
            return f.read().rpartition(") ")[2].split()
    except OSError:
        return None


def state_of(pid):
    words = stat_of(pid)
    return words[0] if words else None


def children(pid):
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            words = stat_of(int(name))
            if words and int(words[1]) == pid and words[0] != "Z":
                found.append(int(name))
    return sorted(found)


def holds_socket(pid, path):
    """True when the process has the unix socket at this path open."""
    with open("/proc/net/unix", encoding="utf-8") as f:
        inodes = {line.split()[6] for line in f if line.rstrip().endswith(path)}
    try:
        links = [os.readlink("/proc/%d/fd/%s" % (pid, fd))
                 for fd in os.listdir("/proc/%d/fd" % pid)]
    except OSError:
        return False
    return any("socket:[%s]" % i in links for i in inodes)
