"""Run a program that may be broken in any way: bounds on time, memory and output, and no
process of it is left."""

import ctypes
import os
import resource
import signal
import subprocess

PR_SET_CHILD_SUBREAPER = 36
MEMORY = 4 << 30
OUTPUT = 64 << 20


def adopt():
    """Become the parent of what a program leaves behind, to be able to end it."""
    if ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError("prctl(PR_SET_CHILD_SUBREAPER) failed")


def children():
    with open("/proc/self/task/%d/children" % os.getpid(), encoding="ascii") as f:
        return [int(pid) for pid in f.read().split()]


def end_children():
    """SIGKILL them; their own children become ours, and are ended in turn."""
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
    """(exit status, what it printed); the status is None when the time was up."""
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
