#!/usr/bin/env python3
"""Follows traces from a request to the delivery, in the spans that collector.py has taken. The
stack must run with ES_TRACE_URL at that collector and ES_TRACE_HEADERS=X-Key=a key."""

import argparse
import json
import secrets
import sys
import time
import urllib.request

from scn import env as environment
from scn import ws
from scn.report import Report
from scn.rest import Client
from scn.world import API, World

PATIENCE_S = 15
SERVER, CONSUMER = 2, 5


class Spans:
    """The lines that the collector has written to its file."""

    def __init__(self, path):
        self.path = path

    def lines(self):
        with open(self.path, encoding="utf-8") as f:
            return [json.loads(line) for line in f if line.endswith("\n")]

    def of(self, trace_id):
        return [line for line in self.lines() if line.get("traceId") == trace_id]

    def wait(self, trace_id, ready):
        """Waits until ready(spans of the trace) or until PATIENCE_S is over; returns the spans."""
        end = time.monotonic() + PATIENCE_S
        while True:
            spans = self.of(trace_id)
            if ready(spans) or time.monotonic() > end:
                return spans
            time.sleep(0.05)


def attrs(span):
    return {a["key"]: next(iter(a["value"].values())) for a in span["attributes"]}


def shape(spans):
    """The spans' tree as text: service:name, and after it each child in parentheses."""
    def below(parent):
        return ["%s:%s" % (s["service"], s["name"]) + "".join("(%s)" % x for x in below(s["spanId"]))
                for s in spans if s.get("parentSpanId") == parent]
    known = {s["spanId"] for s in spans}
    roots = {s.get("parentSpanId") for s in spans} - known
    return sorted(x for root in roots for x in below(root))


class TraceChecks:
    def __init__(self, env, spans, report, port):
        self.env, self.spans, self.report, self.port = env, spans, report, port
        self.world = World(env)
        self.world.make_tenant("acme", {})
        self.world.make_channel("c", "acme", False, [])
        self.channel = self.world.names["c"]
        self.socket = ws.WsClient(env.ws_host, env.ws_port,
                                  "%s?token=%s" % (env.ws_path, self.world.token("acme")))
        self.socket.send_json({"type": "subscribe", "id": "s", "channelId": self.channel})
        self.wait_for_frame(lambda f: f.get("id") == "s")

    def wait_for_frame(self, wanted):
        """Waits for a frame for which wanted(frame) is true."""
        if not self.socket.wait(lambda: any(wanted(f) for _, f in self.socket.inbox), PATIENCE_S):
            raise TimeoutError("no such frame")

    def send(self, headers):
        body = json.dumps({"body": "hello"}).encode()
        path = "%s/channels/%s/messages" % (API, self.channel)
        got = Client(self.env.url).request("POST", path, [
            ("Authorization", "Bearer " + self.world.token("acme")),
            ("Content-Type", "application/json"), *headers], body)
        if got.status != 201:
            raise AssertionError("POST %s answered %s" % (path, got))

    def check(self, name, spans, want):
        got = shape(spans)
        self.report.check("traces", name, "" if got == want else ["%s, not %s" % (got, want)] +
                          [json.dumps(s) for s in spans])

    def rest_send(self):
        trace, parent = secrets.token_hex(16), secrets.token_hex(8)
        self.send([("traceparent", "00-%s-%s-01" % (trace, parent))])
        spans = self.spans.wait(trace, lambda found: len(found) >= 3)
        want = ["echostream-api:POST /api/v1/channels/{channelId}/messages"
                "(echostream-fanout:commit(echostream-push:deliver))"]
        self.check("one trace leads from a REST request to the delivery", spans, want)
        by_name = {s["service"]: s for s in spans}
        api, push = by_name["echostream-api"], by_name["echostream-push"]
        self.report.check("traces", "the caller's span is the parent",
                          "" if api["parentSpanId"] == parent else api["parentSpanId"])
        got = {"status": attrs(api).get("http.response.status_code"), "kinds": (api["kind"], push["kind"]),
                "tenant": {attrs(s).get("echostream.tenant") for s in spans},
                "readers": attrs(push).get("echostream.subscriptions"), "key": api["headers"]["x-key"]}
        want = {"status": "201", "kinds": (SERVER, CONSUMER), "tenant": {self.world.names["acme"]},
                "readers": "1", "key": "a key"}
        self.report.check("traces", "spans have status, kind, tenant and subscriptions; requests have ES_TRACE_HEADERS",
                          "" if got == want else "%s" % got)
        order = [int(s["startTimeUnixNano"]) for s in
                 (api, by_name["echostream-fanout"], push)]
        self.report.check("traces", "each step begins after the one before",
                          "" if order == sorted(order) else "%s" % order)

    def socket_send(self):
        trace, parent = secrets.token_hex(16), secrets.token_hex(8)
        self.socket.send_json({"type": "send", "id": "w", "channelId": self.channel, "body": "hello",
                               "traceparent": "00-%s-%s-01" % (trace, parent)})
        self.wait_for_frame(lambda f: f.get("id") == "w" and f["type"] == "ack")
        spans = self.spans.wait(trace, lambda found: len(found) >= 3)
        self.check("one trace leads from a send frame to the delivery", spans,
                   ["echostream-push:send(echostream-fanout:commit(echostream-push:deliver))"])

    def one_trace_each(self):
        """Two sends in a row on one socket, each with the traceparent of another trace."""
        traces = [secrets.token_hex(16), secrets.token_hex(16)]
        for trace in traces:
            self.socket.send_json({"type": "send", "id": trace, "channelId": self.channel, "body": "hello",
                                   "traceparent": "00-%s-%s-01" % (trace, "b" * 16)})
        for trace in traces:
            spans = self.spans.wait(trace, lambda found: len(found) >= 3)
            self.check("each of two sends in a row stays in its own trace", spans,
                       ["echostream-push:send(echostream-fanout:commit(echostream-push:deliver))"])

    def amazon_header(self):
        root = secrets.token_hex(16)
        self.send([("X-Amzn-Trace-Id", "Root=1-%s-%s;Parent=%s;Sampled=1" % (
            root[:8], root[8:], "c" * 16))])
        spans = self.spans.wait(root, lambda found: len(found) >= 3)
        self.check("a send joins the trace of X-Amzn-Trace-Id", spans,
                   ["echostream-api:POST /api/v1/channels/{channelId}/messages"
                    "(echostream-fanout:commit(echostream-push:deliver))"])

    def not_sampled(self):
        trace, after = secrets.token_hex(16), secrets.token_hex(16)
        self.send([("traceparent", "00-%s-%s-00" % (trace, "d" * 16))])
        self.send([("traceparent", "00-%s-%s-01" % (after, "d" * 16))])
        self.spans.wait(after, lambda found: len(found) >= 3)
        self.report.check("traces", "a trace that its caller does not sample has no span",
                          [json.dumps(s) for s in self.spans.of(trace)])

    def malformed(self):
        trace = secrets.token_hex(16)
        for text in ("", "00-%s-%s-01x" % (trace, "e" * 16), "ff-%s-%s-01" % (trace, "e" * 16),
                     "00-%s-%s-01" % ("0" * 32, "e" * 16), "00-%s-%s-01" % (trace, "0" * 16), "x" * 200):
            self.send([("traceparent", text)])
            self.socket.send_json({"type": "send", "id": "m", "channelId": self.channel, "body": "hello",
                                   "traceparent": text})
        self.socket.send_json({"type": "send", "id": "n", "channelId": self.channel, "body": "hello",
                               "traceparent": "00-%s-%s-01" % (trace, "f" * 16)})
        spans = self.spans.wait(trace, lambda found: len(found) >= 3)
        self.check("the server ignores a malformed traceparent", spans,
                   ["echostream-push:send(echostream-fanout:commit(echostream-push:deliver))"])

    def refusals(self):
        """The collector answers 503, then 400. Sends do not wait for it; the programs repeat spans after
        a 503 and drop them after a 400."""
        self.plan_answers([{"status": 503, "retryAfter": 2}] * 3)
        trace = secrets.token_hex(16)
        before = time.monotonic()
        self.send([("traceparent", "00-%s-%s-01" % (trace, "d" * 16))])
        took = time.monotonic() - before
        spans = self.spans.wait(trace, lambda found: len(found) >= 3)
        self.report.check("traces", "spans are sent again after a 503", "" if len(spans) == 3 else "%s" % spans)
        self.report.check("traces", "a send does not wait for the collector", "" if took < 2 else "%.1f s" % took)
        waits = [line["at"] for line in self.spans.lines() if line.get("answered") == 503]
        self.report.check("traces", "the collector answered 503", "" if len(waits) >= 1 else "it did not")
        self.plan_answers([{"status": 400}] * 3)
        lost, kept = secrets.token_hex(16), secrets.token_hex(16)
        self.send([("traceparent", "00-%s-%s-01" % (lost, "d" * 16))])
        end = time.monotonic() + PATIENCE_S
        while sum(1 for line in self.spans.lines() if line.get("answered") == 400) < 3 and time.monotonic() < end:
            time.sleep(0.05)
        self.send([("traceparent", "00-%s-%s-01" % (kept, "d" * 16))])
        self.spans.wait(kept, lambda found: len(found) >= 3)
        self.report.check("traces", "spans are not sent again after a 400", [json.dumps(s) for s in self.spans.of(lost)])

    def plan_answers(self, planned):
        urllib.request.urlopen(urllib.request.Request(
            "http://127.0.0.1:%d/answers" % self.port, json.dumps(planned).encode(), method="PUT")).close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--env", help="file with the lines of ./dev status -o env")
    parser.add_argument("--spans", required=True, help="the file of collector.py")
    parser.add_argument("--port", type=int, required=True, help="the port of collector.py")
    options = parser.parse_args()
    env, report, spans = environment.read_env(options.env), Report(), Spans(options.spans)
    checks = TraceChecks(env, spans, report, options.port)
    for part in (checks.rest_send, checks.socket_send, checks.one_trace_each, checks.amazon_header,
                 checks.not_sampled, checks.malformed, checks.refusals):
        try:
            part()
        except (AssertionError, TimeoutError, OSError, KeyError) as e:
            report.not_ok("traces", part.__name__, [repr(e)])
    lines = spans.lines()
    report.check("traces", "each span is as OTLP says",
                 [line["wrong"] for line in lines if "wrong" in line][:3])
    sampled = sum(1 for line in lines if "traceId" in line)
    report.check("traces", "the sampler begins traces for requests without traceparent",
                 "" if sampled > 100 else "%d spans" % sampled)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
