"""Programs have no free descriptor for a while. Open connections must stay, new ones may wait or be
refused, and no program may spin."""

import os
import resource
import socket
import time

from . import machine
from .kinds import KINDS, Kind
from .stack import Gone

LIMIT_S = 2
SECONDS = 3.0
SPINS = 0.95        # a worker that needs this share of a processor spins
IDLE_CLIENTS = 24


def first_free(pid):
    used = set(machine.open_files(pid))
    n = 0
    while n in used:
        n += 1
    return n


class DescriptorLimit:
    """Lets each process open at most `spare` more descriptors."""

    def __init__(self, pids, spare):
        self.before = {}
        for pid in pids:
            try:
                hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
                resource.prlimit(pid, resource.RLIMIT_NOFILE, (first_free(pid) + spare, hard[1]))
                self.before[pid] = hard
            except OSError as e:
                self.__exit__()
                raise Gone("prlimit: %s" % e) from e

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for pid, limits in self.before.items():
            try:
                resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
            except ProcessLookupError:
                pass


def idle_clients(f, name):
    """Connects clients that send nothing, so that connections wait at each listening socket."""
    run = f.stack.run_dir
    listeners = {"push": [os.path.join(run, "push-ops.sock"),
                      (f.load.push.hostname, f.load.push.port)],
             "fanout": [os.path.join(run, "fanout-ops.sock")], "api": []}[name]
    found = []
    for address in listeners * IDLE_CLIENTS:
        s = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
        s.setblocking(False)
        s.connect_ex(address)
        found.append(s)
    return found


def files(name, spare):
    def fault(f):
        pids = f.stack.workers(name)
        steady = {one: one.conns for one in f.load.listeners if one.kind == "steady"}
        with DescriptorLimit(pids, spare):
            clients = idle_clients(f, name)
            try:
                demand = machine.CpuDemand(pids)
                time.sleep(SECONDS)
                shares = demand.shares()
            finally:
                for s in clients:
                    s.close()
        if max(shares.values()) > SPINS:
            machine.complaints.append("%s without free descriptors spins: %s" % (
                name, {pid: "%.0f %%" % (100 * x) for pid, x in shares.items() if x > SPINS}))
        cut = [one.name for one, conns in steady.items() if one.conns != conns]
        if cut:
            machine.complaints.append("%s without free descriptors closed connections: %s" % (name, cut))
        if f.stack.workers(name) != pids:
            machine.complaints.append("%s without free descriptors lost workers" % name)
        return "%d processes of %s; the busiest needs %.0f %% of a processor" % (
            len(pids), name, 100 * max(shares.values()))
    return fault


def add():
    for name, spare in (("push", 2), ("api", 0), ("fanout", 0)):
        KINDS["files-" + name] = Kind("files-" + name, LIMIT_S, files(name, spare))
