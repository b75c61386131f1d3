#!/usr/bin/env python3
"""Backup under load, and what clients see after the restore.

`rows` prints the statements that count and hash the rows of each table. `before` dumps the database
while clients send messages, and writes what the clients saw to a file. suite.sh then moves the
database away and restores the dump. `after` compares.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import time

import ops  # noqa: F401  (adds the folders of scn and flt to the path)
from flt.client import Client
from flt.load import Load, Shape, open_env
from flt.stack import Stack
from flt import history
from ops.watched import Watched, report_verdict
from scn.report import Report

SNAPSHOT_S = 20             # seconds for which a transaction keeps its snapshot
RECOVERED_LEAST = 1000000   # es_recovered() adds this to the last number of each channel
ROWS = """select c.relname, (xpath('/row/n/text()', x))[1]::text, (xpath('/row/h/text()', x))[1]::text
from pg_class c, lateral (select query_to_xml(format(
    'select count(*) n, md5(string_agg(md5(t::text), '''' order by md5(t::text))) h from %I t',
    c.relname), false, true, '') x) q
where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace order by 1"""
TENANTS = "select string_agg(tenant_id || ' ' || n, ',' order by 1) from (" \
    "select tenant_id, count(*) n from messages group by 1) q"


class Session:
    """One psql whose transaction stays open."""

    def __init__(self, url):
        self.proc = subprocess.Popen(["psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", url],
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, statement):
        self.proc.stdin.write(statement + ";\n\\echo --end\n")
        self.proc.stdin.flush()
        lines = []
        for line in self.proc.stdout:
            if line == "--end\n":
                return "".join(lines).strip()
            lines.append(line)
        raise RuntimeError("psql exited during: " + statement)

    def close(self):
        self.proc.stdin.close()
        self.proc.wait(30)


def dump(env, role, path, *words):
    url = env.get("ES_DATABASE_ADMIN_URL").replace("postgres@", role + "@")
    return subprocess.run(["pg_dump", "-Fc", "-f", path, *words, url], capture_output=True,
                          text=True, check=False)


def long_snapshot(env, load):
    """Prints what an open snapshot costs: each message changes a row of channel_heads, and PostgreSQL
    must keep the old versions of the row."""
    watch = Session(env.get("ES_DATABASE_ADMIN_URL"))
    for what, held in (("no snapshot is open", False), ("one snapshot stays open", True)):
        watch.ask("vacuum full channel_heads")
        load.flows()
        reader = Session(env.get("ES_DATABASE_ADMIN_URL"))
        if held:
            reader.ask("begin isolation level repeatable read; select count(*) from messages")
        at, acks = time.monotonic(), load.journal.acks
        time.sleep(SNAPSHOT_S)
        waited = load.stall(at, time.monotonic())
        size = watch.ask("select pg_relation_size('channel_heads')")
        rows = watch.ask("select count(*) from channel_heads")
        print("backup: %s for %d s: %d messages; channel_heads has %s rows and %s bytes; "
              "longest wait of a send %.2f s" % (
                  what, SNAPSHOT_S, load.journal.acks - acks, rows, size, waited), flush=True)
        reader.close()
    watch.close()


def before(args, env, report):
    stack = Stack(env, args.build)
    load = Watched(env, 3, Shape(rest=3, ws=3, piped=2, pause_s=0.02, flapping=1, slow=0))
    load.begin()
    long_snapshot(env, load)
    for role, more in (("echostream_owner", ()), ("echostream_owner", ("--enable-row-security",))):
        out = dump(env, role, args.state + ".bad", *more)
        said = out.stderr.strip().splitlines()
        report.check("backup", " ".join(("pg_dump", *more, "by", role, "fails")),
                     out.returncode == 0 and "exit 0")
        print("backup: %s" % (said[0] if said else ""))
    session = Session(env.get("ES_DATABASE_ADMIN_URL"))
    snapshot = session.ask("begin isolation level repeatable read; select pg_export_snapshot()")
    rows, tenants = session.ask(ROWS), session.ask(TENANTS)
    dumped = int(session.ask("select count(*) from messages where channel_id in ('%s')" % "','".join(
        load.channels)))
    at = time.monotonic()
    out = dump(env, "echostream_backup", args.dump, "--snapshot=" + snapshot)
    took = time.monotonic() - at
    session.close()
    report.check("backup", "pg_dump by echostream_backup under load",
                 out.returncode and out.stderr)
    print("backup: the dump took %.1f s; longest wait of a send %.2f s; %d bytes" % (
        took, load.stall(at, time.monotonic()), os.path.getsize(args.dump)))
    load.flows()
    time.sleep(3)
    _, histories = report_verdict(report, "backup", load, stack)
    reader = Client(load, "reader")
    epoch = reader.subscribe(load.channels[0])["payload"]["epoch"]
    reader.drop()
    state = {"rows": rows, "tenants": tenants, "dumped": dumped, "epoch": epoch,
             "tokens": load.world.tokens,
             "names": load.world.names, "members": load.tenants,
             "channels": {c: [[m["messageId"], m["body"]] for m in h.forward]
                          for c, h in histories.items() if c in load.channels}}
    with open(args.state, "w", encoding="utf-8") as f:
        json.dump(state, f)


def after(args, env, report):
    with open(args.state, encoding="utf-8") as f:
        was = json.load(f)
    with open(args.rows, encoding="utf-8") as f:
        rows, _, tenants = f.read().strip().rpartition("\n")
    report.check("restore", "the restored tables have the same rows as the source at the dump",
                 [a + " was " + b for a, b in zip(rows.splitlines(), was["rows"].splitlines())
                  if a != b] or len(rows) != len(was["rows"]) and "other tables")
    report.check("restore", "each tenant has all its messages", tenants != was["tenants"] and tenants)
    print("restore: %d tables, %s messages of %d tenants" % (
        len(rows.splitlines()), [r.split("|")[1] for r in rows.splitlines()
                                 if r.startswith("messages|")][0], tenants.count(",") + 1))
    load = Load(env, 4, Shape())
    load.world.tokens, load.world.names = was["tokens"], was["names"]
    load.tenants = was["members"]
    lost = again = 0
    for channel, rows in sorted(was["channels"].items()):
        here = channel_after(report, load, channel, rows, was["epoch"])
        lost, again = lost + here[0], again + here[1]
    later = sum(len(rows) for rows in was["channels"].values()) - was["dumped"]
    print("restore: %d messages were committed after the dump; %d are lost, %d came again from the "
          "queue" % (later, lost, again))
    report.check("restore", "each message after the dump is lost, or comes again from the queue",
                 (later == 0 or lost + again != later) and "%d lost, %d again, of %d" % (
                     lost, again, later))


def channel_after(report, load, channel, rows, epoch):
    """Checks one channel. Returns how many messages are lost, and how many the queue delivered again."""
    name = "channel %s" % channel[-4:]
    now = [[m["messageId"], m["body"]] for m in history.read(load, channel, "reader", random.Random(5)).forward]
    kept = len([1 for number, _ in now if number < RECOVERED_LEAST])
    wrong = now[:kept] != rows[:kept] and "history is not the beginning of the old one"
    report.check("restore", "%s: history has the messages up to the dump" % name, wrong)
    newest = rows[-1][0]
    old = Client(load, "reader")
    old.send(type="subscribe", id="sub", channelId=channel, after=newest, epoch=epoch)
    ack = old.wait("ack", op="subscribe", channelId=channel)["payload"]
    gap = old.wait("gap", channelId=channel)["payload"]
    report.check("restore", "%s: an old cursor gets `gap reason=reset` and another epoch" % name,
                 (gap["reason"] != "reset" or ack["epoch"] == epoch) and "%s %s" % (gap, ack))
    body = "after the restore"
    old.send(type="send", id="new", channelId=channel, body=body)
    number = old.wait("ack", id="new")["payload"]["messageId"]
    old.wait("message", channelId=channel, body=body)
    report.check("restore", "%s: new numbers are higher than all old numbers" % name,
                 not number > max(newest, RECOVERED_LEAST) and "%s" % number)
    old.drop()
    return len({b for _, b in rows} - {b for _, b in now}), len(now) - kept


def main(argv):
    if argv == ["rows"]:
        print("%s;\n%s;" % (ROWS, TENANTS))
        return 0
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("step", choices=("before", "after"))
    p.add_argument("--env", required=True)
    p.add_argument("--build", default="build")
    p.add_argument("--state", required=True, help="file in which `before` writes what clients saw")
    p.add_argument("--dump", help="file of the dump (before)")
    p.add_argument("--rows", help="file with the rows of the restored database (after)")
    args = p.parse_args(argv)
    args.build = os.path.abspath(args.build)
    report = Report()
    (before if args.step == "before" else after)(args, open_env(args.env), report)
    return report.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
