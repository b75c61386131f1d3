"""Runs a program that an edit may have broken, with limits of time, memory and output.

Then kills all processes that the program has left behind.
"""

import ctypes
import os
import resource
import signal
import subprocess

PR_SET_CHILD_SUBREAPER = 36
MEMORY = 4 << 30  # bytes of address space of each process
OUTPUT = 64 << 20  # bytes of each file that a process writes


def become_subreaper():
    """Makes this process the parent of orphans, so that it can kill what a program leaves behind."""
    if ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError("prctl(PR_SET_CHILD_SUBREAPER) failed")


def children():
    with open("/proc/self/task/%d/children" % os.getpid(), encoding="ascii") as f:
        return [int(pid) for pid in f.read().split()]


def end_children():
    """Kills all children. Their children then become ours, and are killed in turn."""
    while True:
        pids = children()
        if not pids:
            return
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            except (ProcessLookupError, ChildProcessError):
                pass


def limit():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (OUTPUT, OUTPUT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run(command, log, seconds=None, bounded=True, **how):
    """Returns (exit status, output); the status is None after a time-out."""
    with open(log, "wb") as out:
        p = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                             start_new_session=True, preexec_fn=limit if bounded else None,
                             **how)
        try:
            code = p.wait(seconds)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            if p.poll() is None:
                p.kill()
                p.wait()
            end_children()
    with open(log, encoding="utf-8", errors="replace") as f:
        return code, f.read()
