"""The processes of the benchmark itself: bench_load and bench_floor."""

import json
import os
import select
import signal
import socket
import subprocess
import time

ANSWER_S = 60       # to wait for an answer, after the time that the command takes


class Load:
    """A bench_load with the clients of one file against one server."""

    def __init__(self, build, cores, clients, push_port, rest_port=1):
        self.proc = subprocess.Popen(
            [os.path.join(build, "bench", "bench_load"), clients, str(push_port), str(rest_port)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
            preexec_fn=lambda: os.sched_setaffinity(0, cores))

    def ask(self, line, seconds=0):
        """Sends a command that takes about `seconds`, and returns its answer."""
        self.proc.stdin.write(line + "\n")
        self.proc.stdin.flush()
        if not select.select([self.proc.stdout], [], [], seconds + ANSWER_S)[0]:
            self.close()
            raise RuntimeError("bench_load did not answer: " + line)
        answer = self.proc.stdout.readline()
        if not answer:
            raise RuntimeError("bench_load exited (status %s) at: %s" % (self.proc.wait(10), line))
        return json.loads(answer)

    def connect(self, count, at_once, seconds=180):
        got = self.ask("connect %d %d %d" % (count, at_once, seconds * 1000), seconds)
        if got["ready"] < count:
            raise RuntimeError("only %d of %d sockets were ready within %d s: %s" % (
                got["ready"], count, seconds, got["error"]))
        return got

    def close(self):
        if self.proc.poll() is None:
            self.proc.send_signal(signal.SIGKILL)
        self.proc.wait(10)
        self.proc.stdin.close()
        self.proc.stdout.close()


class Floor:
    """A bench_floor. kind: plain, gather, or faulty (for the test of the generator)."""

    def __init__(self, build, cores, port, kind):
        self.port = port
        self.proc = subprocess.Popen(
            [os.path.join(build, "bench", "bench_floor"), str(port), kind],
            preexec_fn=lambda: os.sched_setaffinity(0, cores))
        end = time.monotonic() + 10
        while True:
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", port)) == 0:
                    return
            if self.proc.poll() is not None or time.monotonic() > end:
                raise RuntimeError("bench_floor did not start")
            time.sleep(0.02)

    def pids(self):
        return [self.proc.pid]

    def close(self):
        self.proc.kill()
        self.proc.wait(10)
