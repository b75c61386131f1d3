"""Runs the tests on an edit: the CUnit programs that link the edited file, or pgTAP."""

import collections
import glob
import os
import sys
import time

import bounded
from servers import EDITED, MIGRATED

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "run"))
import cunit  # noqa: E402 (tests/run is not a package)

# The verdict on an edit. how: killed, survived or skipped. why: the failed test, or the reason for
# skipping the edit.
Verdict = collections.namedtuple("Verdict", "how why")
# The time-out of a program: its time without an edit times SLOWER, plus GRACE_S.
SLOWER, GRACE_S = 5, 20
SUITE_ORDER = {"unit": 0, "contract": 1, "store": 2}


def related(program, path):
    """True when the program has the name of the source, as store/user_find and user_find.c."""
    test = program.name.split("/")[-1]
    stem = os.path.basename(path)[:-2]
    return test.startswith(stem) or stem.startswith(test)


class Programs:
    """The programs of unit, contract and store. The programs that most likely fail run first."""

    def __init__(self, tree, servers):
        self.tree, self.servers = tree, servers
        self.seconds, self.killer = {}, {}

    def run(self, program, database, bound_s):
        """Runs a program; returns its first failure, or ""."""
        env = {k: v for k, v in os.environ.items() if not k.startswith("ES_")}
        env.update(program.env)
        if self.servers is not None and program.suite != "unit":
            env.update(self.servers.for_programs(database))
            if program.suite == "contract":
                self.servers.flush_redis()
        code, output = bounded.run(program.command, self.tree.log, bound_s, env=env,
                                 cwd=program.workdir)
        if code is None:
            return "time-out"
        bad = [line[7:] for line in cunit.judge(program.name, code, output)
               if line.startswith("not ok ")]
        return bad[0] if bad else ""

    def check_without_edit(self, paths):
        """Times each program that links a file of paths. The run stops when a program fails."""
        wanted = {(p.suite, p.name): p for path in paths for p in self.tree.linked[path]}
        if self.servers is not None:
            self.servers.create(EDITED, MIGRATED)
        self.time(wanted.values())

    def time(self, programs):
        for program in programs:
            at = time.monotonic()
            why = self.run(program, EDITED, 300)
            self.seconds[program.suite, program.name] = time.monotonic() - at
            if why:
                sys.exit("fails without an edit: %s" % why)

    def in_order(self, path):
        """First the program that killed the last edit of this file, then programs with the name of the file.
        Then by suite and time."""
        return sorted(self.tree.linked[path], key=lambda p: (
            self.killer.get(path) != (p.suite, p.name), not related(p, path), SUITE_ORDER[p.suite],
            self.seconds[p.suite, p.name], p.name))

    def failure(self, program, database):
        """Returns a failure only when the program fails twice, because it may fail once by chance. A time-out
        counts at the first time."""
        bound_s = self.seconds[program.suite, program.name] * SLOWER + GRACE_S
        why = self.run(program, database, bound_s)
        return why if why in ("", "time-out") else self.run(program, database, bound_s)

    def first_failure(self, programs, database):
        for program in programs:
            why = self.failure(program, database)
            if why:
                return program, "%s: time-out" % program.name if why == "time-out" else why
        return None, ""

    def judge(self, edit):
        reason = self.tree.compile(edit)
        if reason:
            return Verdict("skipped", reason)
        waiting, chunk = self.in_order(edit.path), 1
        if self.servers is not None and any(p.suite == "store" for p in waiting):
            self.servers.create(EDITED, MIGRATED)
        while waiting:
            now, waiting = waiting[:chunk], waiting[chunk:]
            chunk = min(chunk * 2, 16)
            if not self.tree.link(now):
                return Verdict("skipped", "did not link")
            program, why = self.first_failure(now, EDITED)
            if why:
                self.killer[edit.path] = program.suite, program.name
                return Verdict("killed", why)
        return Verdict("survived", "" if self.tree.linked[edit.path] else
                       "no test program links this file")


class Schema:
    """Runs the suite sql on a database with the edited migration, then the suite store."""

    def __init__(self, tree, servers, programs):
        self.tree, self.servers, self.programs = tree, servers, programs
        self.store = [p for p in tree.programs if p.suite == "store"]
        self.files = sorted(glob.glob(os.path.join(tree.tree, "tests", "sql", "*.sql")))
        self.killer = None

    def prove(self, file, database):
        command = ["pg_prove", "--verbose", "--psql-bin", os.path.join(self.servers.bin, "psql"),
                   "-h", os.path.join(self.servers.run, "pg"), "-U", "postgres", "-d", database,
                   file]
        env = dict(os.environ, PGOPTIONS="-c client_min_messages=warning")
        code, output = bounded.run(command, self.tree.log, 120, bounded=False, env=env)
        name = os.path.basename(file)[:-4]
        if code is None:
            return name + ": time-out"
        bad = [line[7:] for line in output.split("\n") if line.startswith("not ok ")]
        return "%s: %s" % (name, bad[0] if bad else "exit %d" % code) if code != 0 else ""

    def check_without_edit(self):
        self.servers.create(EDITED, MIGRATED)
        for file in self.files:
            why = self.prove(file, EDITED)
            if why:
                sys.exit("fails without an edit: %s" % why)
        self.programs.time(self.store)

    def judge(self, edit):
        self.tree.edit(edit)
        if not self.servers.migrate(EDITED):
            return Verdict("skipped", "did not migrate")
        if self.servers.dump(EDITED) == self.servers.schema:
            return Verdict("skipped", "made no difference")
        for file in sorted(self.files, key=lambda f: f != self.killer):
            why = self.prove(file, EDITED)
            if why:
                self.killer = file
                return Verdict("killed", why)
        if not self.tree.link(self.store):
            sys.exit("the tests of the stores do not link")
        _, why = self.programs.first_failure(self.store, EDITED)
        return Verdict("killed" if why else "survived", why)
