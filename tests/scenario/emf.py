#!/usr/bin/env python3
"""Checks the lines that ES_METRICS_EMF=1 adds to the logs, against the specification of CloudWatch's
embedded metric format. The stack must run with ES_METRICS_EMF_PERIOD_S=1."""

import argparse
import json
import sys
import time

from scn import env as environment
from scn import ws
from scn.report import Report
from scn.world import API, World

NAMESPACE, DIMENSION, DEPLOYMENT = "EchoStream", "Deployment", "echostream"
UNITS = {"Connections": "Count", "DeliveryP95Ms": "Milliseconds", "QueueDepth": "Count",
         "QueueAgeSeconds": "Seconds", "DeadLetters": "Count", "HttpErrors": "Count"}
PROGRAMS = {"push": {"Connections", "DeliveryP95Ms"},
            "fanout": {"QueueDepth", "QueueAgeSeconds", "DeadLetters"},
            "api": {"HttpErrors"}}
PATIENCE_S = 15


def lines_of(env, since_ms):
    """The lines with metrics that were written after since_ms, by program."""
    found = {program: [] for program in PROGRAMS}
    for path in environment.log_files(env):
        with open(path, encoding="utf-8") as f:
            for text in f:
                if '"_aws":' not in text:
                    continue
                line = json.loads(text)
                if line["_aws"]["Timestamp"] > since_ms:
                    found[line["svc"]].append(line)
    return found


def faults(program, line):
    """Yields what CloudWatch would reject in a line, or would not find there."""
    directives = line["_aws"]["CloudWatchMetrics"]
    if len(directives) != 1:
        yield "%d directives" % len(directives)
    named = {m["Name"]: m["Unit"] for m in directives[0]["Metrics"]}
    if directives[0]["Namespace"] != NAMESPACE:
        yield "namespace %s" % directives[0]["Namespace"]
    if directives[0]["Dimensions"] != [[DIMENSION]] or line.get(DIMENSION) != DEPLOYMENT:
        yield "dimensions %s, %s" % (directives[0]["Dimensions"], line.get(DIMENSION))
    if not set(named) <= PROGRAMS[program]:
        yield "unknown metrics %s" % (set(named) - PROGRAMS[program])
    if PROGRAMS[program] - {"DeliveryP95Ms"} - set(named):
        yield "missing metrics %s" % (PROGRAMS[program] - set(named))
    for name, unit in named.items():
        if unit != UNITS.get(name):
            yield "%s has the unit %s" % (name, unit)
        if not isinstance(line.get(name), int) or line[name] < 0:
            yield "%s is %r" % (name, line.get(name))


def delivered(found):
    return any(line.get("DeliveryP95Ms") is not None and line["Connections"] >= 1
               for line in found["push"])


def wait(env, since_ms, ready):
    """Waits until ready(lines) or until PATIENCE_S is over; returns the lines."""
    end = time.monotonic() + PATIENCE_S
    while True:
        found = lines_of(env, since_ms)
        if ready(found) or time.monotonic() > end:
            return found
        time.sleep(0.1)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--env", help="file with the lines of ./dev status -o env")
    env = environment.read_env(parser.parse_args().env)
    report, world = Report(), World(env)
    since_ms = time.time() * 1000
    world.make_tenant("acme", {})
    world.make_channel("c", "acme", False, [])
    client = ws.WsClient(env.ws_host, env.ws_port, "%s?token=%s" % (env.ws_path, world.token("acme")))
    client.send_json({"type": "subscribe", "id": "1", "channelId": world.names["c"]})
    # push-server may replay a message that was sent before the ack, and it does not time replays.
    if not client.wait(lambda: any(frame.get("type") == "ack" for _, frame in client.inbox), PATIENCE_S):
        raise TimeoutError("no ack of the subscription")
    world.call("POST", "%s/channels/%s/messages" % (API, world.names["c"]), "acme", {"body": "hello"})
    found = wait(env, since_ms, lambda lines: all(lines.values()) and delivered(lines))
    client.close()
    for program, lines in found.items():
        wrong = ["%s in %s" % (fault, json.dumps(line)) for line in lines for fault in faults(program, line)]
        report.check("emf", "%s: writes lines with metrics" % program,
                     "" if lines else "no line within %d s" % PATIENCE_S)
        report.check("emf", "%s: CloudWatch can read each line" % program, wrong[:3])
    report.check("emf", "push counts the socket and times the delivery",
                 "" if delivered(found) else [json.dumps(line) for line in found["push"][-3:]])
    gone = wait(env, time.time() * 1000, lambda lines: lines["push"] and lines["push"][-1]["Connections"] == 0)
    report.check("emf", "push counts no socket after its close",
                 "" if gone["push"] and gone["push"][-1]["Connections"] == 0
                 else [json.dumps(line) for line in gone["push"][-3:]])
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
