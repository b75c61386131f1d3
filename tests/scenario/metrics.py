#!/usr/bin/env python3
"""Checks /metrics: the format, names that dashboards rely on, and that labels are bounded.

Counters must rise with the events that they count.
"""

import argparse
import re
import subprocess
import sys
import time

from scn import env as environment
from scn.conn import Conn
from scn.report import Report
from scn.rest import Client
from scn.world import API, Failure, World

PATHS = {"api": "/metrics", "push": "/push/metrics", "fanout": "/fanout/metrics"}
# Names that operators may rely on; other metrics may change.
PROMISED = {
    "api": {"echostream_http_requests_total": "counter",
            "echostream_http_request_duration_seconds": "histogram"},
    "push": {"echostream_websocket_connections": "gauge",
             "echostream_websocket_messages_broadcast_total": "counter",
             "echostream_delivery_latency_seconds": "histogram",
             "echostream_heals_total": "counter",
             "echostream_gaps_total": "counter",
             "echostream_websocket_closes_total": "counter"},
    "fanout": {"echostream_fanout_messages_processed_total": "counter",
               "echostream_fanout_processing_time_seconds": "histogram",
               "echostream_fanout_queue_oldest_age_seconds": "gauge",
               "echostream_fanout_miscounted_total": "counter",
               "echostream_fanout_partitions": "gauge"},
}
COMMON = {"process_cpu_seconds_total": "counter", "process_resident_memory_bytes": "gauge",
          "process_open_fds": "gauge", "echostream_build_info": "gauge"}
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-")
SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(?:,|$)')


class Scrape:
    """The parsed metrics of one program."""

    def __init__(self, url, path):
        answer = Client(url).request("GET", path, [], None)
        self.status, self.text = answer.status, answer.text()
        self.content_type = answer.headers.get("content-type", "")
        self.types, self.samples, self.faults = {}, {}, []
        for line in self.text.splitlines():
            self._line(line)

    def _line(self, line):
        words = line.split(" ")
        if words[:2] == ["#", "TYPE"]:
            if words[2] in self.types:
                self.faults.append("%s has two TYPE lines" % words[2])
            self.types[words[2]] = words[3]
        elif not line.startswith("# HELP "):
            found = SAMPLE.match(line)
            if not found:
                self.faults.append("malformed sample: %s" % line)
                return
            labels = tuple(sorted(LABEL.findall(found[2] or "")))
            if (found[1], labels) in self.samples:
                self.faults.append("repeated sample: %s" % line)
            self.samples[found[1], labels] = float(found[3])

    def total(self, name, **labels):
        """The sum of all samples of the name with these labels."""
        want = set(labels.items())
        return sum(v for (n, l), v in self.samples.items() if n == name and want <= set(l))


def scrape(env, program):
    return Scrape(env.url, PATHS[program])


def promtool(text):
    try:
        done = subprocess.run(["promtool", "check", "metrics"], input=text, text=True,
                              capture_output=True, timeout=20, check=False)
    except OSError as e:
        return str(e)
    return (done.stdout + done.stderr).strip() or (done.returncode and "exit %d" % done.returncode)


def format_faults(program, got):
    """Faults of names, types, labels and values, one line each."""
    bad = list(got.faults)
    if got.status != 200 or not got.content_type.startswith("text/plain; version=0.0.4"):
        bad.append("%d %s" % (got.status, got.content_type))
    for name, kind in {**PROMISED[program], **COMMON}.items():
        if got.types.get(name) != kind:
            bad.append("%s is %s, not a %s" % (name, got.types.get(name), kind))
    for name, kind in got.types.items():
        if not name.startswith(("echostream_", "process_")):
            bad.append("%s has another prefix" % name)
        if (kind == "counter") != name.endswith("_total"):
            bad.append("%s: all counters, and only they, end in _total" % name)
        if kind == "histogram" and not name.endswith(("_seconds", "_bytes", "_messages")):
            bad.append("%s does not end in a unit" % name)
    for (name, labels), value in got.samples.items():
        if any(UUID.search(text) or len(text) > 120 for _, text in labels):
            bad.append("%s %s: a label is an id or too long" % (name, labels))
        if value < 0:
            bad.append("%s %s is %g" % (name, labels, value))
    return bad + ["%s buckets: %s" % (n, w) for n, w in bucket_faults(got)]


def bucket_faults(got):
    """Finds histograms whose buckets fall, or whose last bucket differs from _count."""
    series = {}
    for (name, labels), value in got.samples.items():
        if name.endswith("_bucket"):
            rest = tuple(l for l in labels if l[0] != "le")
            series.setdefault((name[:-7], rest), []).append((float(dict(labels)["le"]), value))
    for (name, rest), points in series.items():
        counts = [count for _, count in sorted(points)]
        if counts != sorted(counts):
            yield name, "fall: %s" % counts
        if counts[-1] != got.samples.get((name + "_count", rest)):
            yield name, "the last is %g, _count is %s" % (
                counts[-1], got.samples.get((name + "_count", rest)))


def rise_fault(env, program, before, name, at_least, **labels):
    """Waits until the counter has risen by at_least; returns a text when it does not."""
    end = time.monotonic() + 10
    while True:
        now = scrape(env, program).total(name, **labels)
        if now - before[program].total(name, **labels) >= at_least:
            return None
        if time.monotonic() > end:
            return "%s %s went from %g to %g, not by %g" % (
                name, labels, before[program].total(name, **labels), now, at_least)
        time.sleep(0.1)


def check_counters(env, report):
    """Two clients subscribe, a user sends three messages and repeats one, a request is refused."""
    world = World(env)
    world.make_tenant("acme", {})
    world.make_user("alice", "acme", "member")
    world.make_channel("lobby", "alice", False, [])
    lobby = world.names["lobby"]
    before = {p: scrape(env, p) for p in PATHS}
    conns = [Conn("c%d" % k, env, world.token("alice")) for k in range(2)]
    for conn in conns:
        conn.send({"type": "subscribe", "id": "s", "channelId": lobby})
        conn.next({"type": "ack", "op": "subscribe"}, 10)
    open_now = rise_fault(env, "push", before, "echostream_websocket_connections", 2)
    path = API + "/channels/%s/messages" % lobby
    for n in (1, 2, 3, 3):
        # The answer is 202 when the commit takes longer than ES_SEND_WAIT_MS, or while the send gate
        # is closed: tests/run/scenario.sh runs stalled.py, which stalls commits, just before.
        world.call("POST", path, "alice", {"body": "m", "clientMessageId": "m%d" % n},
                   status=(200, 201, 202))
    for conn in conns:
        for _ in range(3):
            conn.next({"type": "message"}, 10)
    world.request("GET", API + "/channels/%s" % lobby)
    for conn in conns:
        conn.end()
    route = {"route": API + "/channels/{channelId}/messages", "method": "POST"}
    checks = [
        ("open connections are a gauge", open_now),
        ("a commit is counted", rise_fault(env, "fanout", before,
         "echostream_fanout_messages_processed_total", 3, result="committed")),
        ("a repeat is counted apart", rise_fault(env, "fanout", before,
         "echostream_fanout_messages_processed_total", 1, result="repeat")),
        ("the time of a batch is measured", rise_fault(env, "fanout", before,
         "echostream_fanout_processing_time_seconds_count", 1)),
        ("a delivery to each socket is counted", rise_fault(env, "push", before,
         "echostream_websocket_messages_broadcast_total", 6)),
        ("the delivery latency is measured", rise_fault(env, "push", before,
         "echostream_delivery_latency_seconds_count", 1)),
        ("a request is counted under its route", rise_fault(env, "api", before,
         "echostream_http_requests_total", 4, status_class="2xx", **route)),
        ("a refused request is counted as 4xx", rise_fault(env, "api", before,
         "echostream_http_requests_total", 1, status_class="4xx",
         route=API + "/channels/{channelId}")),
        ("the close of a socket is counted", rise_fault(env, "push", before,
         "echostream_websocket_closes_total", 2)),
    ]
    for name, wrong in checks:
        report.check("metrics", name, wrong)
    fast = [labels for name, labels in scrape(env, "push").samples
            if name == "echostream_delivery_latency_seconds_bucket" and ("le", "0.2") in labels]
    report.check("metrics", "the delivery latency has a bucket of 0.2 s", not fast and "it has none")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--env", help="file with the lines of ./dev status -o env")
    env = environment.read_env(parser.parse_args().env)
    report = Report()
    try:
        check_counters(env, report)
    except (Failure, OSError, KeyError) as e:
        report.not_ok("metrics", "counters rise", [repr(e)])
    for program in PATHS:
        got = scrape(env, program)
        report.check("metrics", "%s: names, types, labels, buckets" % program, format_faults(program, got))
        report.check("metrics", "%s: promtool finds nothing" % program, promtool(got.text))
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
