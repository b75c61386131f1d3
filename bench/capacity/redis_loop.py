#!/usr/bin/env python3
"""Measures Redis alone, on a private server: its CPU time of a PUBLISH by the number of subscribers,
and of an XADD with `appendfsync always`. Prints JSON.

    bench/capacity/redis_loop.py --json FILE"""

import argparse
import json
import os
import re
import selectors
import socket
import subprocess
import sys
import tempfile
import threading
import time

PIPELINE = 16       # commands of one round trip; fanout publishes a turn by one
BODY = b"x" * 450   # about the bytes of an event with a body of 200 characters
SUBSCRIBERS = (0, 1, 10, 50, 100, 200)


def command(*words):
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)


class Server:
    def __init__(self, folder):
        self.path = os.path.join(folder, "redis.sock")
        self.proc = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.path, "--dir", folder, "--save", "",
             "--appendonly", "yes", "--appendfsync", "always"], stdout=subprocess.DEVNULL)
        end = time.monotonic() + 10
        while not os.path.exists(self.path):
            if self.proc.poll() is not None or time.monotonic() > end:
                raise RuntimeError("redis-server did not start")
            time.sleep(0.02)

    def connect(self):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(30)
        s.connect(self.path)
        return s

    def cpu(self):
        with self.connect() as s:
            s.sendall(command(b"INFO", b"cpu"))
            text = s.recv(65536).decode()
        return sum(float(n) for n in re.findall(r"used_cpu_(?:sys|user):([0-9.]+)", text))

    def close(self):
        self.proc.terminate()
        self.proc.wait(10)


class Subscribers:
    """Connections with one subscription each, and a thread that reads and drops what they get."""

    def __init__(self, server, number):
        self.sockets, self.bytes, self.ending = [], 0, False
        for _ in range(number):
            s = server.connect()
            s.sendall(command(b"SUBSCRIBE", b"topic"))
            while b":1\r\n" not in s.recv(4096):
                pass
            self.sockets.append(s)
        self.thread = threading.Thread(target=self.read)
        self.thread.start()

    def read(self):
        with selectors.DefaultSelector() as ready:
            for s in self.sockets:
                ready.register(s, selectors.EVENT_READ)
            while not self.ending:
                for key, _ in ready.select(0.05) if self.sockets else []:
                    self.bytes += len(key.fileobj.recv(1 << 20))
                if not self.sockets:
                    time.sleep(0.05)

    def close(self):
        self.ending = True
        self.thread.join()
        for s in self.sockets:
            s.close()


def cpu_of(server, words, times):
    """CPU seconds of one command, sent in rounds of PIPELINE."""
    round_trip = command(*words) * PIPELINE
    with server.connect() as s:
        before = server.cpu()
        for _ in range(times // PIPELINE):
            s.sendall(round_trip)
            seen = 0
            while seen < PIPELINE:
                answer = s.recv(65536)
                if answer.startswith(b"-"):
                    raise RuntimeError(answer.decode())
                # an integer ends one line, an id of XADD ends two
                seen += answer.count(b"\r\n") / (2 if words[0] == b"XADD" else 1)
        return (server.cpu() - before) / (times // PIPELINE * PIPELINE)


def measure(server):
    found = {"publishS": {}}
    for n in SUBSCRIBERS:
        subscribers = Subscribers(server, n)
        try:
            found["publishS"][str(n)] = cpu_of(server, (b"PUBLISH", b"topic", BODY),
                                               20000 if n < 50 else 4000)
        finally:
            subscribers.close()
    words = (b"XADD", b"queue", b"MAXLEN", b"~", b"10000", b"*", b"e", BODY)
    found["xaddS"] = cpu_of(server, words, 20000)
    return found


def main(argv):
    p = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    p.add_argument("--json", required=True, metavar="FILE", help="the file to write")
    args = p.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="echostream-bench.") as folder:
        server = Server(folder)
        try:
            found = measure(server)
        finally:
            server.close()
    with open(args.json, "w", encoding="utf-8") as f:
        json.dump(found, f, indent=1)
        f.write("\n")
    for n, seconds in found["publishS"].items():
        print("PUBLISH to %s subscribers: %.1f us" % (n, seconds * 1e6))
    print("XADD: %.1f us" % (found["xaddS"] * 1e6))


if __name__ == "__main__":
    main(sys.argv[1:])
