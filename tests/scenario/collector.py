#!/usr/bin/env python3
"""collector.py PORT FILE: a collector of traces (OTLP/HTTP with JSON) for tests.

Checks each request against OTLP, writes each span as a line of JSON to FILE, and a line
{"wrong": text} for each fault. `PUT /answers` with a list like
[{"status": 503, "retryAfter": 1}] sets the answers to the next requests."""

import http.server
import json
import re
import sys
import threading
import time

HEX = {"traceId": 32, "spanId": 16, "parentSpanId": 16}
MEMBERS = {"traceId", "spanId", "parentSpanId", "name", "kind", "startTimeUnixNano",
           "endTimeUnixNano", "attributes", "status"}


def wrong_value(value):
    kinds = {"stringValue": str, "intValue": str}
    if len(value) != 1 or set(value) - set(kinds):
        return "value %s" % value
    (kind, content), = value.items()
    if not isinstance(content, kinds[kind]) or (kind == "intValue" and not re.fullmatch(r"-?\d+", content)):
        return "value %s" % value
    return None


def wrong_attributes(attributes):
    for attr in attributes:
        if set(attr) != {"key", "value"} or not attr["key"]:
            yield "attribute %s" % attr
        elif wrong_value(attr["value"]):
            yield "%s: %s" % (attr["key"], wrong_value(attr["value"]))
    keys = [attr.get("key") for attr in attributes]
    if len(set(keys)) != len(keys):
        yield "repeated keys: %s" % keys


def wrong_span(span):
    """Yields a text for each fault of a span."""
    if set(span) - MEMBERS or MEMBERS - {"parentSpanId"} - set(span):
        yield "members %s" % sorted(span)
        return
    for name, length in HEX.items():
        if name in span and (not re.fullmatch("[0-9a-f]{%d}" % length, span[name]) or not span[name].strip("0")):
            yield "%s %r" % (name, span[name])
    begin, end = span["startTimeUnixNano"], span["endTimeUnixNano"]
    if not (re.fullmatch(r"\d{19}", begin) and re.fullmatch(r"\d{19}", end) and int(begin) <= int(end)):
        yield "times %s %s" % (begin, end)
    elif abs(int(end) / 1e9 - time.time()) > 600:
        yield "end %s is more than 10 min from now" % end
    if not span["name"] or span["kind"] not in (1, 2, 3, 4, 5):
        yield "name %r, kind %r" % (span["name"], span["kind"])
    if not isinstance(span["status"], dict) or span["status"].get("code", 0) not in (0, 1, 2):
        yield "status %s" % span["status"]
    yield from wrong_attributes(span["attributes"])


def spans_of(request):
    """Returns (the spans of a request, each with the name of its service; the faults)."""
    spans, wrong = [], []
    for resource in request["resourceSpans"]:
        attributes = resource["resource"]["attributes"]
        wrong += wrong_attributes(attributes)
        named = {attr["key"]: attr["value"].get("stringValue") for attr in attributes}
        for scope in resource["scopeSpans"]:
            if not scope["scope"].get("name"):
                wrong.append("scope %s" % scope["scope"])
            for span in scope["spans"]:
                wrong += ["%s in %s" % (fault, json.dumps(span)) for fault in wrong_span(span)]
                spans.append(dict(span, service=named.get("service.name"), headers=None))
    return spans, wrong


class Collector(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    answers, lock, out = [], threading.Lock(), None

    def log_message(self, *_):
        pass

    def note(self, *lines):
        for line in lines:
            self.out.write(json.dumps(line) + "\n")
        self.out.flush()

    def reply(self, status, headers=(), body=b"{}"):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self):
        with self.lock:
            type(self).answers = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.reply(200)

    def do_GET(self):
        self.reply(200)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.lock:
            planned = self.answers.pop(0) if self.answers else {}
            if planned.get("status", 200) == 200:
                self.take(body)
            else:
                self.note({"answered": planned["status"], "at": time.time()})
        if "retryAfter" in planned:
            self.reply(planned["status"], [("Retry-After", str(planned["retryAfter"]))])
        else:
            self.reply(planned.get("status", 200), [("Content-Type", "application/json")],
                       json.dumps({"partialSuccess": planned.get("partial", {})}).encode())

    def take(self, body):
        if self.headers["Content-Type"] != "application/json" or self.path != "/v1/traces":
            self.note({"wrong": "%s %s" % (self.path, self.headers["Content-Type"])})
        try:
            spans, wrong = spans_of(json.loads(body))
        except (ValueError, KeyError, TypeError, AttributeError) as e:
            self.note({"wrong": "%r: %s" % (e, body[:500].decode("utf-8", "replace"))})
            return
        for span in spans:
            span["headers"] = {"x-key": self.headers["X-Key"]}
        self.note(*spans, *({"wrong": fault} for fault in wrong))


def main():
    port, path = int(sys.argv[1]), sys.argv[2]
    with open(path, "a", encoding="utf-8") as out:
        Collector.out = out
        http.server.ThreadingHTTPServer(("127.0.0.1", port), Collector).serve_forever()


if __name__ == "__main__":
    main()
