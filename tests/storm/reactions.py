#!/usr/bin/env python3
"""Lets thousands of users react to one message within two seconds, and counts the events.

Meanwhile messages are sent to the same channel. The script reports how late they reach the subscribers.
"""

import argparse
import http.client
import json
import os
import shutil
import sys
import tempfile
import time
import urllib.parse
import uuid

import run
from scn.report import Report
from world import World

EVENTS_MAX = 50     # the promise for 10,000 reactions within STORM_MS
STORM_MS = 2000


def arguments(argv):
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--env", required=True)
    p.add_argument("--build", default="build")
    p.add_argument("--clients", type=int, default=2000)
    return p.parse_args(argv)


class OneChannel(World):
    """One tenant with one channel; each user is one client."""

    def __init__(self, env, clients):
        self.env = env
        self.secret = env.jwt_secret()
        self.tenants = [self.make_tenant(0, run_of(clients), run_of(1))]

    def write_clients(self, path):
        t = self.tenants[0]
        with open(path, "w", encoding="ascii") as f:
            for user in t.users:
                f.write("%s %s\n" % (self.token(t.id, user), t.channels[0]))


def run_of(n):
    """The number of which every third is n: World deals users and channels to three tenants."""
    return 3 * n


class Writer(run.Writer):
    """Sends messages whose body is the time at which they were sent."""

    def write(self):
        tenant = self.world.tenants[0]
        token = self.world.token(tenant.id, tenant.users[0])
        while not self.over.wait(self.pause_s):
            self.send(tenant.channels[0], token)
            self.acked += 1

    def send(self, channel, token):
        url = urllib.parse.urlsplit(self.world.env.url)
        conn = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
        conn.request("POST", "/api/v1/channels/%s/messages" % channel, json.dumps(
            {"body": "at %d" % (time.monotonic() * 1000), "clientMessageId": uuid.uuid4().hex}), {
                "Authorization": "Bearer " + token, "Content-Type": "application/json"})
        answer = conn.getresponse()
        body = json.loads(answer.read())
        conn.close()
        if answer.status not in (201, 202):
            raise RuntimeError("a POST of a message was answered with status %d" % answer.status)
        return body.get("messageId")


def measure(driver, world, storm):
    """Sends messages for some seconds, with or without reactions. Returns the driver's report."""
    writer = Writer(world, 0.05)
    driver.command("begin")
    writer.start()
    storm()
    driver.command("pass 1000")
    writer.end()
    driver.command("pass 500")
    got = driver.report()
    got["failure"] = writer.failure
    return got


def main(argv):
    args = arguments(argv)
    report = Report()
    env = run.environment.read_env(args.env)
    world = OneChannel(env, args.clients)
    tenant = world.tenants[0]
    folder = tempfile.mkdtemp(prefix="reactions-")
    path = os.path.join(folder, "clients")
    world.write_clients(path)
    driver = run.Driver(args.build, path, [int(env.get("ES_PUSH_PORT"))])
    try:
        driver.command("connect")
        root = Writer(world).send(tenant.channels[0], world.token(tenant.id, tenant.users[0]))
        calm = measure(driver, world, lambda: driver.command("pass %d" % STORM_MS))
        storm = measure(driver, world, lambda: driver.command("react %d %d" % (root, STORM_MS)))
    finally:
        driver.end()
        shutil.rmtree(folder)
    judge(report, world, args.clients, root, calm, storm)
    return report.end()


def judge(report, world, clients, root, calm, storm):
    where = "tenant_id = '%s' AND channel_id = '%s' AND message_id = %d" % (
        world.tenants[0].id, world.tenants[0].channels[0], root)
    events = int(world.sql("SELECT count(*) FROM channel_events WHERE kind = 'reactions_changed' AND "
                           + where))
    count = int(world.sql("SELECT COALESCE(sum(count), 0) FROM reaction_counts WHERE " + where))
    print("%d reactions within %d ms, the last acked after %d ms, were %d events" % (
        clients, STORM_MS, storm["reactedMs"], events))
    for name, got in (("before", calm), ("during", storm)):
        print("  messages %s: %d deliveries, ms from the POST to a subscriber: %s" % (
            name, got["delays"], got["delayMs"]), flush=True)

    def check(what, wrong):
        report.check("reactions", what, wrong)

    check("each reaction is acked and counted once", "" if storm["reacted"] == count == clients else
          "%d acked, %d counted of %d" % (storm["reacted"], count, clients))
    check("the reactions are at most %d events" % EVENTS_MAX,
          "" if 0 < events <= EVENTS_MAX else "%d events" % events)
    check("no subscriber misses an event, gets one twice, or a gap", "" if (
        storm["holes"] == storm["doubled"] == storm["gaps"] == storm["errors"] == storm["behind"] == 0)
        else str(storm))
    check("messages are sent and delivered meanwhile", storm["failure"] or (
        "" if storm["delays"] >= clients else "%d deliveries" % storm["delays"]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
