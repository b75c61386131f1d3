"""The private stack under test: started for the benchmark, on ports and in a folder of its own."""

import os
import shutil
import socket
import subprocess
import tempfile
import time

import processes
import workloads

FIRST_PORT = 23080
OURS = ("ES_PORT", "ES_PUSH_PORT", "ES_DEV_DIR", "ES_DEV_FSYNC", "ES_DEV_TCP")


def free_port(first):
    for port in range(first, first + 900):
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass
    raise RuntimeError("no free port from %d on" % first)


class Stack:
    """A stack that ./dev runs. With env_file, one that runs already (a test's)."""

    def __init__(self, root, build, places, env_file=None):
        self.root, self.build, self.places = root, build, places
        self.own = env_file is None
        self.folder = None
        self.environment = {k: v for k, v in os.environ.items() if k not in OURS}
        if not self.own:
            self.environment = dict(os.environ)
            self.env = read_env(env_file)
            return
        self.folder = tempfile.mkdtemp(prefix="echostream-bench.")
        os.chmod(self.folder, 0o755)
        port = free_port(FIRST_PORT)
        self.environment.update(workloads.SETTINGS, ES_PORT=str(port), ES_BUILD_DIR=build,
                                ES_PUSH_PORT=str(free_port(port + 1)), ES_DEV_DIR=self.folder,
                                ES_PUSH_WORKERS=str(len(places.server)))
        try:
            self.dev("up", "-d", "--no-build")
            path = os.path.join(self.folder, "env")
            self.env = read_env(path)
        except BaseException:
            self.close()
            raise

    def dev(self, *words):
        done = subprocess.run([os.path.join(self.root, "dev")] + list(words), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=180,
                              env=self.environment, stdin=subprocess.DEVNULL, check=False,
                              preexec_fn=lambda: os.sched_setaffinity(0, self.places.server))
        if done.returncode != 0:
            raise RuntimeError("./dev %s failed:\n%s" % (" ".join(words), done.stdout[-3000:]))
        return done.stdout

    def close(self):
        if not self.own:
            return
        try:
            self.dev("down")
            self.dev("clean")
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def secret(self):
        with open(self.env["ES_JWT_SECRET_FILE"], "rb") as f:
            return f.read().rstrip(b"\n")

    def push_port(self):
        return int(self.env["ES_PUSH_PORT"])

    def rest_port(self):
        return int(self.env["ES_PORT"])

    def programs(self):
        """{name: pids of the program and of all its children}, from the supervisor's list"""
        with open(os.path.join(self.env["ES_RUN_DIR"], "pids"), encoding="utf-8") as f:
            masters = [line.split()[:2] for line in f]
        children = processes.children()
        return {name: processes.tree(int(pid), children) for name, pid in masters
                if int(pid) > 0}

    def push_pids(self):
        return self.programs()["push"]

    def place(self, split):
        """Puts all programs on the server's cores; with split only push-server."""
        for name, pids in self.programs().items():
            processes.pin(pids, self.places.server if name == "push" or not split
                          else self.places.load)

    def restart_push(self):
        """Restarts push-server, because a process keeps memory that it has freed."""
        if self.own:
            self.dev("restart", "push")
            time.sleep(1)   # the new workers have opened their connections

    def cpu(self):
        return {name: processes.cpu_seconds(pids) for name, pids in self.programs().items()}

    def cpu_and_others(self):
        """Returns cpu(), and the CPU time of all other processes on the server's cores."""
        used = self.cpu()
        busy = processes.busy_seconds(self.places.server)
        return dict(used, others=busy - sum(used.values()))


def read_env(path):
    with open(path, encoding="utf-8") as f:
        return dict(line.rstrip("\n").split("=", 1) for line in f if "=" in line)
