"""Network partitions between the programs and PostgreSQL or Redis, made by a packet filter."""

import time

from . import machine
from .kinds import KINDS, Kind
from .machine import TCP, Rules
from .schedule import FAIL_FACTOR

LIMIT_S = 10
FOUND_S = 10        # a program closes a half-open connection after 5 s; the rest is for TCP's timers


def both(port, what):
    return ["tcp dport %d %s" % (port, what), "tcp sport %d %s" % (port, what)]


# name -> rules for a port
WAYS = {
    "to": lambda port: ["tcp dport %d drop" % port],
    "from": lambda port: ["tcp sport %d drop" % port],
    "cut": lambda port: both(port, "drop"),
    "reset": lambda port: ["tcp dport %d reject with tcp reset" % port],
    "loss": lambda port: both(port, "numgen random mod 100 < 5 drop"),
    # 1 Mbit/s each way
    "slow": lambda port: both(port, "limit rate over 125 kbytes/second burst 64 kbytes drop"),
}


def partition(way, names, least_s, most_s):
    def fault(f):
        rules = [rule for name in names for rule in WAYS[way](TCP[name])]
        seconds = f.rng.uniform(least_s, most_s)
        with Rules(f.stack, rules):
            time.sleep(seconds)
        return "%s for %.1f s" % (" and ".join(names), seconds)
    return fault


def forget(name):
    """Open connections lose all packets without an error, as when a firewall loses its connection
    table. New connections work."""
    def fault(f):
        port = TCP[name]
        old = {client for client, _ in machine.connections(port)}
        if not old:
            raise machine.Gone("no TCP connection to " + name)
        ports = "{ %s }" % ", ".join(str(p) for p in sorted(old))
        with Rules(f.stack, ["tcp dport %d tcp sport %s drop" % (port, ports),
                             "tcp sport %d tcp dport %s drop" % (port, ports)]):
            at = time.monotonic()
            back = gone = None
            while (back is None or gone is None) and time.monotonic() < at + FAIL_FACTOR * LIMIT_S:
                passed = time.monotonic() - at
                if back is None and f.load.back_since(at):
                    back = passed
                if gone is None and not half_open(port, old):
                    gone = passed
                time.sleep(0.05)
        judge(name, old, back, gone, f.load.missing_since(at), half_open(port, old))
        return "%d to %s; back %s, all closed %s" % (len(old), name, back and "%.1f s" % back,
                                                    gone and "%.1f s" % gone)
    return fault


def half_open(port, old):
    """Returns the half-open connections. Redis's ends do not count, because Redis has no time-out
    for published bytes without an acknowledgement, only a limit of its buffer."""
    return sorted((c, "server's" if server else "ours")
                  for c, server in machine.connections(port)
                  if c in old and not (server and port == TCP["redis"]))


def judge(name, old, back, gone, missing, left):
    if back is None:
        machine.complaints.append("%s forgot %d connections: after %g s these are not back: %s" % (
            name, len(old), FAIL_FACTOR * LIMIT_S, missing[:8]))
    if gone is None or gone > 2 * FOUND_S:
        machine.complaints.append("%s forgot %d connections: after %g s these are still "
                                  "half-open: %s" % (name, len(old), 2 * FOUND_S, left[:8]))


def add():
    for name in TCP:
        for way in WAYS:
            KINDS["net-%s-%s" % (name, way)] = Kind(
                "net-%s-%s" % (name, way), LIMIT_S, partition(way, [name], 2, 4))
        KINDS["net-%s-forget" % name] = Kind("net-%s-forget" % name, LIMIT_S, forget(name))
    # This partition lasts longer than each time-out.
    KINDS["net-all-cut"] = Kind("net-all-cut", LIMIT_S, partition("cut", TCP, 10, 12))
