"""What a run has cost: the CPU seconds of each program, beside what the programs did for them.
bench/capacity fits the cost of a turn, a message and a delivery from these numbers."""

import re
import socket
import subprocess
import time
import urllib.parse

TURNS = "echostream_fanout_batch_messages"
FANOUT = {
    "turns": re.compile(r"^%s_count (\d+)" % TURNS, re.M),
    "turnMessages": re.compile(r"^%s_sum ([0-9.e+]+)" % TURNS, re.M),
}
REDIS_CALLS = re.compile(r"^cmdstat_([^:]+):calls=(\d+)", re.M)
WAL = "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn, wal_sync FROM pg_stat_wal"


def exchange(address, family, request):
    """Sends a request over a new connection, and returns all bytes until the peer closes it."""
    with socket.socket(family) as s:
        s.settimeout(10)
        s.connect(address)
        s.sendall(request)
        parts = []
        while True:
            part = s.recv(65536)
            if not part:
                return b"".join(parts).decode()
            parts.append(part)


def fanout_counts(listen):
    """The number of fanout's turns and of their messages, since fanout started."""
    request = b"GET /metrics HTTP/1.1\r\nHost: fanout\r\nConnection: close\r\n\r\n"
    if listen.startswith("unix:"):
        text = exchange(listen[5:], socket.AF_UNIX, request)
    else:
        host, _, port = listen.rpartition(":")
        text = exchange((host or "127.0.0.1", int(port)), socket.AF_INET, request)
    return {name: float(found[1]) if found else 0.0
            for name, found in ((n, p.search(text)) for n, p in FANOUT.items())}


def redis_calls(url):
    """{command: calls} of Redis."""
    at = urllib.parse.urlsplit(url)
    request = b"INFO commandstats\r\nQUIT\r\n"
    if at.password:
        request = b"AUTH %s\r\n" % urllib.parse.unquote(at.password).encode() + request
    if at.scheme == "unix":
        text = exchange(at.path, socket.AF_UNIX, request)
    else:
        text = exchange((at.hostname, at.port or 6379), socket.AF_INET, request)
    return {name: int(calls) for name, calls in REDIS_CALLS.findall(text)}


def wal(url):
    """Bytes of WAL, and its fsyncs. Backends report their fsyncs up to a second late."""
    done = subprocess.run(["psql", "-X", "-A", "-t", "-F", " ", "-c", WAL, url], text=True,
                          stdout=subprocess.PIPE, timeout=20, check=True)
    size, syncs = done.stdout.split()
    return {"walBytes": int(size), "walSyncs": int(syncs)}


class Meter:
    """Counts from its creation to read(). Counters are read outside of the CPU times, so that
    their reading costs the run nothing."""

    def __init__(self, stack):
        self.stack = stack
        self.counts, self.calls = self.read_counters()
        self.cpu, self.at = stack.cpu_and_others(), time.monotonic()

    def read_counters(self):
        env = self.stack.env
        calls, counts = redis_calls(env["ES_REDIS_URL"]), wal(env["ES_DATABASE_ADMIN_URL"])
        # Last, because fanout counts a turn only after its messages are answered.
        counts.update(fanout_counts(env["ES_FANOUT_OPS_LISTEN"]))
        return counts, calls

    def read(self, answer):
        """Returns the costs of a run; `answer` is that of the generator."""
        after, seconds = self.stack.cpu_and_others(), time.monotonic() - self.at
        counts, calls = self.read_counters()
        found = {name: counts[name] - before for name, before in self.counts.items()}
        return dict(
            found, seconds=round(seconds, 3), messages=answer["acked"],
            deliveries=answer["received"],
            cpuSeconds={n: round(after[n] - self.cpu.get(n, 0), 3) for n in after},
            redisCalls={n: calls[n] - self.calls.get(n, 0) for n in sorted(calls)
                        if calls[n] > self.calls.get(n, 0)})
