#!/usr/bin/env python3
"""Checks /metrics: the format, names that dashboards rely on, labels with limits, and counters that
rise with the events that they count."""

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
    """A parsed answer of one program."""

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
                self.faults.append("TYPE of %s is there twice" % words[2])
            self.types[words[2]] = words[3]
        elif not line.startswith("# HELP "):
            found = SAMPLE.match(line)
            if not found:
                self.faults.append("no sample: %s" % line)
                return
            labels = tuple(sorted(LABEL.findall(found[2] or "")))
            if (found[1], labels) in self.samples:
                self.faults.append("%s is there twice" % line)
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


def form(program, got):
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
            bad.append("%s: a counter, and nothing else, ends in _total" % name)
        if kind == "histogram" and not name.endswith(("_seconds", "_bytes", "_messages")):
            bad.append("%s names no unit" % name)
    for (name, labels), value in got.samples.items():
        if any(UUID.search(text) or len(text) > 120 for _, text in labels):
            bad.append("%s %s: a label without a bound" % (name, labels))
        if value < 0:
            bad.append("%s %s is %g" % (name, labels, value))
    return bad + ["%s buckets: %s" % (n, w) for n, w in buckets(got)]


def buckets(got):
    """Faults of histograms: buckets that fall, or that do not end with the count."""
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
            yield name, "%g at the end, _count %s" % (
                counts[-1], got.samples.get((name + "_count", rest)))


def moved(env, program, before, name, at_least, **labels):
    """Waits until the counter has risen by the amount; returns a text when it does not."""
    end = time.monotonic() + 10
    while True:
        now = scrape(env, program).total(name, **labels)
        if now - before[program].total(name, **labels) >= at_least:
            return None
        if time.monotonic() > end:
            return "%s %s went from %g to %g, not by %g" % (
                name, labels, before[program].total(name, **labels), now, at_least)
        time.sleep(0.1)


def happenings(env, report):
    """Two subscribers, three messages, one of them repeated, one refusal."""
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
    open_now = moved(env, "push", before, "echostream_websocket_connections", 2)
    path = API + "/channels/%s/messages" % lobby
    for n in (1, 2, 3, 3):
        # 202: the commit took longer than ES_SEND_WAIT_MS, or the part before this one has
        # stalled commits and no probe of the send gate has succeeded since. It is committed.
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
        ("a commit is counted", moved(env, "fanout", before,
         "echostream_fanout_messages_processed_total", 3, result="committed")),
        ("a repeat is counted apart", moved(env, "fanout", before,
         "echostream_fanout_messages_processed_total", 1, result="repeat")),
        ("a batch is timed", moved(env, "fanout", before,
         "echostream_fanout_processing_time_seconds_count", 1)),
        ("each socket that gets a message counts", moved(env, "push", before,
         "echostream_websocket_messages_broadcast_total", 6)),
        ("the way of a message is timed", moved(env, "push", before,
         "echostream_delivery_latency_seconds_count", 1)),
        ("a request counts by its route", moved(env, "api", before,
         "echostream_http_requests_total", 4, status_class="2xx", **route)),
        ("a refusal counts as one", moved(env, "api", before,
         "echostream_http_requests_total", 1, status_class="4xx",
         route=API + "/channels/{channelId}")),
        ("an end of a socket is counted", moved(env, "push", before,
         "echostream_websocket_closes_total", 2)),
    ]
    for name, wrong in checks:
        report.check("metrics", name, wrong)
    fast = [labels for name, labels in scrape(env, "push").samples
            if name == "echostream_delivery_latency_seconds_bucket" and ("le", "0.2") in labels]
    report.check("metrics", "0.2 s is an edge of the delivery latency", not fast and "it is not")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--env", help="file with the lines of ./dev status -o env")
    env = environment.read_env(parser.parse_args().env)
    report = Report()
    try:
        happenings(env, report)
    except (Failure, OSError, KeyError) as e:
        report.not_ok("metrics", "counters move", [repr(e)])
    for program in PATHS:
        got = scrape(env, program)
        report.check("metrics", "%s: names, types, labels, buckets" % program, form(program, got))
        report.check("metrics", "%s: promtool finds nothing" % program, promtool(got.text))
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
