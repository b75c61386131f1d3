"""Functions for kinds that break the machine under the stack: packet filters, full disks, and the
state of processes."""

import os
import subprocess
import time

from .stack import Gone

TCP = {"pg": 5432, "redis": 6379}
TABLE = "es_faults"
complaints = []         # forbidden behaviour that the kinds saw; any entry fails the run


def run(argv, text=None):
    out = subprocess.run(argv, input=text, capture_output=True, text=True, check=False)
    if out.returncode != 0:
        raise Gone("%s: %s" % (" ".join(argv[:2]), (out.stdout + out.stderr).strip()[:200]))
    return out.stdout


# the network

def own_network(stack):
    """Refuses to run in the machine's own network namespace, whose rules a test must not change."""
    if os.readlink("/proc/self/ns/net") == os.environ.get("ES_TEST_MACHINE_NET", ""):
        raise Gone("no network namespace of our own")
    if not stack.env.get("ES_DATABASE_URL").endswith("@127.0.0.1/echostream"):
        raise Gone("the programs do not talk TCP")


class Rules:
    """Applies nft rules to packets that arrive at loopback, until the block ends.

    The rules filter arriving packets, because the kernel reports an error to the sender of a packet
    that is dropped on its way out.
    """

    def __init__(self, stack, rules):
        own_network(stack)
        self.text = "table inet %s {\nchain in {\ntype filter hook input priority 0;\n%s\n}\n}\n" % (
            TABLE, "\n".join(rules))

    def __enter__(self):
        run(["nft", "-f", "-"], self.text)

    def __exit__(self, *_):
        run(["nft", "delete", "table", "inet", TABLE])


def connections(port):
    """(the client's port, True for the server's end) of each end of the connections to a port."""
    found = set()
    with open("/proc/net/tcp", encoding="ascii") as f:
        for line in list(f)[1:]:
            words = line.split()
            here, there = (int(w.split(":")[1], 16) for w in words[1:3])
            if words[3] != "01":
                continue
            if there == port:
                found.add((here, False))
            elif here == port:
                found.add((there, True))
    return found


# disks

def fill(path, seconds, meanwhile=None):
    """Keeps the disk of path full for `seconds`, also when other processes free space."""
    if not os.path.ismount(path):
        raise Gone("%s is not a separate file system" % path)
    name = os.path.join(path, "full")
    taken, end = 0, time.monotonic() + seconds
    fd = os.open(name, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        while time.monotonic() < end:
            taken = grab(fd, taken)
            if meanwhile:
                meanwhile()
            time.sleep(0.01)
    finally:
        os.close(fd)
        os.unlink(name)
    return taken


def grab(fd, taken):
    step = 1 << 24
    while step >= 4096:
        try:
            os.posix_fallocate(fd, taken, step)
            taken += step
        except OSError:
            step >>= 1
    return taken


# processes

def runnable_ns(pid):
    """The time for which a process ran or waited to run. It shows a busy loop also on a busy machine."""
    try:
        with open("/proc/%d/schedstat" % pid, encoding="ascii") as f:
            ran, waited = f.read().split()[:2]
    except OSError as e:
        raise Gone("no /proc/%d/schedstat: %s" % (pid, e)) from e
    return int(ran) + int(waited)


class CpuDemand:
    """Measures for which share of the time each process ran or waited to run."""

    def __init__(self, pids):
        self.at = time.monotonic()
        self.before = {pid: runnable_ns(pid) for pid in pids}

    def shares(self):
        passed = (time.monotonic() - self.at) * 1e9
        return {pid: (runnable_ns(pid) - ns) / passed for pid, ns in self.before.items()}


def open_files(pid):
    try:
        return sorted(int(n) for n in os.listdir("/proc/%d/fd" % pid))
    except OSError as e:
        raise Gone("pid %d: %s" % (pid, e)) from e
