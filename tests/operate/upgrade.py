#!/usr/bin/env python3
"""Upgrades a stack from the last release to this one under load, then goes back to the old programs."""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time

import ops  # noqa: F401  (adds the folders of scn and flt to the path)
from flt.client import Client
from flt.load import Shape, open_env
from flt.stack import Stack
from ops.rollout import Rollout, program
from ops.watched import Watched, ctl, report_verdict
from scn.report import Report
from scn.world import API

# A send answers 202 or outcome_unknown after 2 s. A migration must delay sends by less, so that no
# client notices it. `db migrate` waits at most 1 s for a lock, and other statements wait behind it.
STALL_S = 2.0
FORWARD = ("push", "api", "fanout")     # readers before writers (db/README.md, rolling out)
IDLE = 20                               # sockets that only wait
NEXT = "20991231000000"


def store_version(root):
    """The migration that the programs of this release ask for."""
    with open(os.path.join(root, "shared/store/db_store.h"), encoding="utf-8") as f:
        return re.search(r'#define DB_STORE_VERSION "(\d+)"', f.read()).group(1)


class Upgrade:
    def __init__(self, args, env):
        self.env, self.report = env, Report()
        self.new, self.old = os.path.abspath(args.build), os.path.abspath(args.old_build)
        self.root, self.work = args.root, args.work
        self.stack = Stack(env, self.new)
        self.load = Watched(env, 1, Shape(rest=4, ws=3, piped=2, pause_s=0.03, flapping=2))

    def run(self):
        self.load.begin()
        self.roll = Rollout(self.stack, self.load.journal)
        try:
            self.quiet()
            self.migrate()
            self.programs("upgrade", self.new, FORWARD)
            self.contract()
            self.blocked()
            self.expand_again()
            self.programs("back", self.old, FORWARD[::-1])
            self.answers()
            report_verdict(self.report, "upgrade", self.load, self.stack)
        finally:
            self.roll.close()
            self.stack.clean_up()
        return self.report.end()

    def quiet(self):
        """Prints the longest wait while nothing changes, for comparison."""
        at = time.monotonic()
        time.sleep(3)
        print("upgrade: longest wait for an answer without a change %.2f s" % self.load.stall(
            at, time.monotonic()), flush=True)

    def stalled(self, what, act):
        """Runs act() under load. No send may wait longer than STALL_S meanwhile."""
        self.load.flows()
        begin = time.monotonic()
        said = act()
        end = time.monotonic()
        self.load.flows()
        longest = self.load.stall(begin, end)
        print("upgrade: %s took %.2f s; longest wait of a send %.2f s (limit %g s)" % (
            what, end - begin, longest, STALL_S), flush=True)
        self.report.check("upgrade", "%s: no send waits over %g s" % (what, STALL_S),
                          longest > STALL_S and "%.2f s" % longest)
        return said

    def version(self):
        return self.stack.sql("select max(version) from schema_migrations")

    def migrate(self):
        before = self.version()
        self.stalled("the migrations of this release", lambda: ctl(
            self.new, self.env, "db", "migrate", "--to", store_version(self.root)))
        after = self.version()
        self.expanded = after == store_version(self.root)
        print("upgrade: schema %s -> %s" % (before, after))
        missing = self.stack.sql("select count(*) from schema_migrations where version = '%s'"
                                 % store_version(self.root)) != "1"
        self.report.check("upgrade", "the schema is that of this release", missing and after)
        self.report.check("upgrade", "programs of the last release are ready on the new schema",
                          [n for n in FORWARD if not self.roll.ready(n)])

    def programs(self, what, build, order):
        """Replaces all programs. Both versions of a program run together for 3 s."""
        idle = [Client(self.load, "reader", k % 2 == 1) for k in range(IDLE)]
        for one in idle:
            one.wait("hello")
        for name in order:
            at = time.monotonic()
            both_s = self.roll.replace(name, program(build, name))
            end = time.monotonic()
            self.load.flows()
            print("upgrade: %s: %s: both versions alive for %.1f s, the old one exited in %.1f s; "
                  "longest wait of a send %.2f s" % (
                      what, name, both_s, self.roll.longest_s[name], self.load.stall(at, end)),
                  flush=True)
        wrong = ["socket %d: %s, closed with %s" % (
            k, [f["type"] for f in one.frames()][-2:], one.sock.close_code)
            for k, one in enumerate(idle)
            if not one.frames("reconnect") or one.sock.close_code != 4200]
        self.report.check("upgrade", "%s: each open socket received `reconnect`, then close code 4200" % what, wrong)
        for one in idle:
            one.drop()

    def edit(self, text, when, *statuses):
        """Edits a message of a channel that no writer uses, and checks the status of the answer."""
        world = self.load.world
        if "edited" not in world.names:
            world.make_channel("edits", "main", False, [])
            sent = world.call("POST", API + "/channels/%s/messages" % world.names["edits"], "main",
                              {"body": "new"}, (201, 202))
            world.names["edited"] = sent.get("messageId", 1)
        path = API + "/channels/%s/messages/%s" % (world.names["edits"], world.names["edited"])
        status = world.request("PATCH", path, "main", [("Content-Type", "application/json")],
                               json.dumps({"body": text}).encode()).status
        self.report.check("upgrade", "an edit is answered %d %s" % (statuses[0], when),
                          status not in statuses and "answered %d" % status)

    def contract(self):
        """Programs of the last release would post an edit as a message. So no edit passes before the
        last migrations, which are applied when these programs are gone."""
        if not self.expanded:
            print("upgrade: the last release has all contracting migrations", flush=True)
            return
        self.edit("too early", "before the contracting migrations", 503)
        self.stalled("the contracting migrations", lambda: ctl(self.new, self.env, "db", "migrate"))
        self.edit("in time", "after the contracting migrations", 200, 202)

    def expand_again(self):
        """Reverts the contracting migrations, so that the old programs may run again."""
        while self.expanded and self.version() > store_version(self.root):
            ctl(self.new, self.env, "db", "rollback", "--yes")
        if self.expanded:
            self.edit("too late", "after the rollback of the contracting migrations", 503)

    def blocked(self):
        """A long transaction of a reader blocks a migration that needs an exclusive lock on the table."""
        folder = os.path.join(self.work, "next")
        shutil.copytree(os.path.join(self.root, "db"), folder)
        with open("%s/migrations/%s_add_column.sql" % (folder, NEXT), "w", encoding="utf-8") as f:
            f.write("-- migrate:up\nALTER TABLE messages ADD COLUMN operate_test text;\n"
                    "-- migrate:down\nALTER TABLE messages DROP COLUMN operate_test;\n")
        more = {"ES_MIGRATIONS_DIR": folder + "/migrations"}
        reader = subprocess.Popen(
            ["psql", "-X", "-q", self.env.get("ES_DATABASE_ADMIN_URL")], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        reader.stdin.write("begin; lock table messages in access share mode; select 'held';\n")
        reader.stdin.flush()
        while "held" not in reader.stdout.readline():
            pass
        said = self.stalled("a migration behind a long reader", lambda: ctl(
            self.new, self.env, "db", "migrate", more=more, status=1))
        print("upgrade: %s" % said.strip().splitlines()[-1])
        reader.stdin.close()
        reader.wait(10)
        self.stalled("the same migration without the reader", lambda: ctl(
            self.new, self.env, "db", "migrate", more=more))
        self.stalled("the rollback of that migration", lambda: ctl(
            self.new, self.env, "db", "rollback", "--yes", more=more))

    def answers(self):
        self.report.check("upgrade", "every REST send got a 2xx at its first attempt",
                          self.load.refused("rest")[:10])
        late, sent = self.load.too_late(), len(self.load.journal.sends)
        odd = [why for why in self.load.refused("ws")
               if "closed 4200" not in why and "outcome_unknown" not in why]
        early = len(self.load.repeats) - len(late) - len([
            one for one in self.load.repeats if "closed 4200" in one[3]])
        print("upgrade: of %d sends %d were sent again, %d of them at the deadline, %d before" % (
            sent, len(self.load.repeats), len(late), early))
        self.report.check("upgrade", "a socket's send is repeated only after close code 4200, "
                          "or with outcome_unknown", odd[:10])
        self.report.check("upgrade", "less than 1 % of the sends reached their deadline",
                          len(late) * 100 > sent and "%d of %d" % (len(late), sent))
        ends = ["%.3f %s: %s" % one for one in self.load.ends if not one[2].startswith("4200 ")]
        self.report.check("upgrade", "the server closes sockets only with code 4200", ends[:10])


def main(argv):
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--env", required=True, help="output of ./dev status -o env of a stack of the last release")
    p.add_argument("--build", required=True, help="folder of this release's programs")
    p.add_argument("--old-build", required=True, help="folder of the last release's programs")
    p.add_argument("--root", default=".", help="this release's tree")
    p.add_argument("--work", required=True, help="folder for temporary files")
    args = p.parse_args(argv)
    return Upgrade(args, open_env(args.env)).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
