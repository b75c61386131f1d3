"""Calls of the C library fail at random inside fanout (libfiu)."""

import os
import signal
import time

from .kinds import KINDS, Kind
from .stack import Gone, children

LIB = "/usr/lib/fiu"
SECONDS = 4.0
ENABLE = "".join("enable_random name=%s,probability=0.02\n" % name for name in (
    "posix/io/net/*", "posix/io/rw/*"))


def io_errors(f):
    """In a second fanout one of fifty calls that read, write or use a socket fails."""
    libs = [os.path.join(LIB, name) for name in ("fiu_run_preload.so", "fiu_posix_preload.so")]
    if not all(os.path.exists(lib) for lib in libs):
        raise Gone("no libfiu (package fiu-utils)")
    proc, _ = f.stack.helper(
        [os.path.join(f.stack.build, "fanout", "echostream-fanout")],
        {"LD_PRELOAD": " ".join(libs), "FIU_ENABLE": ENABLE, "FIU_CTRL_FIFO": os.path.join(
            f.stack.run_dir, "fiu"), "ES_FANOUT_OPS_LISTEN": "unix:" + os.path.join(
                f.stack.run_dir, "io.sock")}, "fanout-io.log")
    time.sleep(SECONDS)
    workers = children(proc.pid)
    f.stack.dismiss(proc, signal.SIGKILL)
    f.stack.kill(workers, signal.SIGKILL)
    return "a second fanout for %g s" % SECONDS


def add():
    KINDS["io-errors"] = Kind("io-errors", 5, io_errors)
