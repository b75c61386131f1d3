"""Functions that start, inspect and stop the stack, for the checks of ./dev."""
import json
import os
import pathlib
import socket
import subprocess
import time
import urllib.request

ROOT = os.environ["ES_ROOT"]
STACK = pathlib.Path(os.environ["ES_DEV_DIR"])
BUILD = pathlib.Path(os.environ["ES_BUILD_DIR"])
PROGRAMS = ["postgres", "redis", "fanout", "push", "api", "lighttpd"]
CHECKS = []


def check(name):
    def keep(function):
        CHECKS.append((name, function))
        return function
    return keep


def dev(*words, **env):
    return subprocess.run([ROOT + "/dev", *words], env={**os.environ, **env}, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False)


def up(*words, **env):
    done = dev("up", "--no-build", "-d", *words, **env)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def status():
    done = dev("status", "-o", "json")
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def pids():
    return {p["name"]: p["pid"] for p in status()["programs"]}


def all_processes(stack):
    """All processes of the stack: the supervisor first, then masters and workers."""
    found = [int((STACK / "run/up.pid").read_text())]
    for program in stack["programs"]:
        found += [program["pid"], *program["workers"]]
    return [(pid, birth(pid)) for pid in found]


def birth(pid):
    """Returns the start time, or None after the exit. It tells processes with the same reused pid apart."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
            words = f.read().rsplit(")", 1)[1].split()
        return None if words[0] == "Z" else words[19]
    except OSError:
        return None


def alive(process):
    return process[1] is not None and birth(process[0]) == process[1]


def eventually(what, seconds=15):
    limit = time.monotonic() + seconds
    while not (got := what()):
        assert time.monotonic() < limit, f"not in {seconds} s: {what.__doc__ or what}"
        time.sleep(0.1)
    return got


def answers(path="/readyz"):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{os.environ['ES_PORT']}{path}", timeout=2) as r:
            return r.status == 200
    except OSError:
        return False


def nothing_left(was):
    left = [p for p in was if alive(p)]
    assert not left, f"processes are left: {left}"
    for port in (os.environ["ES_PORT"], os.environ["ES_PUSH_PORT"]):
        with socket.socket() as s:
            assert s.connect_ex(("127.0.0.1", int(port))), f"port {port} is still served"
    assert not list((STACK / "run/").glob("*.sock"))
