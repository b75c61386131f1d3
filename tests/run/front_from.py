#!/usr/bin/env python3
"""front_from.py: which addresses may read health and metrics, with the default settings of lighttpd.

Run it in `unshare -n`. No program listens behind lighttpd, so a permitted path answers 503 and a
forbidden path 404.
"""
import http.client
import os
import subprocess
import sys
import time

OUTSIDE = "203.0.113.9"
PATHS = ("/healthz", "/readyz", "/metrics", "/version", "/push/healthz", "/fanout/readyz")
PORT = int(os.environ["ES_PORT"])


def status(path, source):
    peer = http.client.HTTPConnection("127.0.0.1", PORT, timeout=10, source_address=(source, 0))
    peer.request("GET", path)
    try:
        return peer.getresponse().status
    finally:
        peer.close()


def main():
    for words in ("link set lo up", f"addr add {OUTSIDE}/32 dev lo"):
        subprocess.run(["ip", *words.split()], check=True)
    front = subprocess.Popen(["lighttpd", "-D", "-f", "lighttpd/dev.conf"])
    try:
        limit = time.monotonic() + 10
        while True:
            try:
                status("/", "127.0.0.1")
                break
            except OSError:
                assert time.monotonic() < limit, "lighttpd does not answer"
                time.sleep(0.05)
        for source, inner_status in ((OUTSIDE, 404), ("127.0.0.1", 503)):
            seen = {path: status(path, source) for path in PATHS}
            want = {path: 503 if path == "/healthz" else inner_status for path in PATHS}
            if seen != want:
                print(f"    {source}: {seen}")
                return 1
    finally:
        front.terminate()
        front.wait(10)
    return 0


sys.exit(main())
