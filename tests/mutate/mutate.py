#!/usr/bin/env python3
"""Breaks one line at a time in a copy of the tree, and lists the edits that no quick test notices."""

import argparse
import os
import signal
import sys
import time

import bounded
import choice
import edits
from judges import Programs, Schema, Verdict
from servers import Servers
from tree import Files, Tree

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
FOLDERS = ("api-fcgi", "fanout", "push-server", "shared", "db")
NOT_EDITED = ("db/roles.sql", "db/seed/")


def say(text):
    print(text, flush=True)


def chosen(files, folders, wanted, seed):
    """The edits in the order of the seed. wanted: FILE or FILE:LINE, or empty for all."""
    lines = {}
    for one in wanted or [p for p in files.files if p.split("/")[0] in folders and
                          not p.startswith(NOT_EDITED) and p.endswith((".c", ".sql"))]:
        path, _, line = one.partition(":")
        if path not in files.files or not path.endswith((".c", ".sql")):
            sys.exit("%s: not a .c or .sql file of the tree" % path)
        lines.setdefault(path, set()).add(int(line or 0))
    edits_of = {path: [e for e in edits.of_file(path, files.read(path))
                       if 0 in only or e.line in only] for path, only in lines.items()}
    # Files of other folders, which the caller has named, come last.
    used = sorted({path.split("/")[0] for path in edits_of} - set(folders))
    return list(choice.draw(edits_of, list(folders) + used, seed))


class Run:
    """The edits that were tried, and the verdict on each.

    ctl: the echostreamctl that migrates databases. "" is the copy's own one; None means no servers.
    """

    def __init__(self, root, folder, folders, ctl):
        bounded.become_subreaper()
        self.tree = Tree(root, folder)
        self.folders = folders
        self.servers = None
        if ctl is not None:
            self.servers = Servers(self.tree, ctl or os.path.join(
                self.tree.build, "ctl", "echostreamctl"))
        self.programs = Programs(self.tree, self.servers)
        self.schema = None
        self.verdicts = []

    def check_without_edit(self, paths):
        self.programs.check_without_edit(p for p in paths if p.endswith(".c"))
        if any(p.endswith(".sql") for p in paths):
            if self.servers is None:
                sys.exit("migrations need servers: use ./dev mutate")
            self.schema = Schema(self.tree, self.servers, self.programs)
            self.schema.check_without_edit()

    def judge(self, edit):
        try:
            return (self.schema if edit.path.endswith(".sql") else self.programs).judge(edit)
        finally:
            self.tree.restore(edit)

    def go(self, order, count):
        """Tries edits until count of them were killed or survived."""
        self.tree.build_all()
        say("timing the tests")
        self.check_without_edit(sorted({e.path for e in order}))
        tried = 0
        for edit in order:
            if tried == count:
                break
            at = time.monotonic()
            verdict = self.judge(edit)
            tried += verdict.how != "skipped"
            self.verdicts.append((edit, verdict))
            say("%d/%d %s %s:%d %s: %s%s (%.1f s)" % (
                tried, count, verdict.how, edit.path, edit.line, edit.kind, edit.new.strip(),
                verdict.why and " <- " + verdict.why, time.monotonic() - at))

    def of(self, how):
        return [(e, v) for e, v in self.verdicts if v.how == how]

    def report(self):
        killed, survived, skipped = (self.of(h) for h in ("killed", "survived", "skipped"))
        for folder in self.folders:
            k, s = (sum(e.path.startswith(folder + "/") for e, _ in of)
                    for of in (killed, survived))
            if k + s:
                print("%s: %d tried, %d killed, %d survived" % (folder, k + s, k, s))
        for edit, verdict in survived:
            print("survived %s:%d %s%s\n  - %s\n  + %s" % (
                edit.path, edit.line, edit.kind, verdict.why and " (%s)" % verdict.why,
                edit.old.strip(), edit.new.strip()))
        late = sum(v.why.endswith(": time-out") for _, v in killed)
        same = sum(v == Verdict("skipped", "made no difference") for _, v in skipped)
        print("%d tried, %d killed (%d by time-out), %d survived; not counted: %d that made "
              "no difference, %d that did not compile" % (
                  len(killed) + len(survived), len(killed), late, len(survived), same,
                  len(skipped) - same))
        return 1 if survived else 0


def main(argv):
    p = argparse.ArgumentParser(prog="./dev mutate", description=__doc__)
    p.add_argument("files", nargs="*", metavar="FILE[:LINE]",
                   help="edit only these (default: all files of %s)" % " ".join(FOLDERS))
    p.add_argument("--count", type=int, default=60,
                   help="edits to try, without those that do not compile or make no difference (60)")
    p.add_argument("--seed", default="1", help="the seed that chooses the edits (1)")
    p.add_argument("--list", action="store_true", help="list the edits in order, try none")
    args = p.parse_args(argv)
    os.environ["CCACHE_NOHASHDIR"] = "1"
    # On SIGTERM, too, restore the copy and kill the processes that this program has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    wanted = [os.path.relpath(os.path.abspath(f), ROOT) for f in args.files]
    if args.list:
        for edit in chosen(Files(ROOT, ROOT), FOLDERS, wanted, args.seed)[:args.count]:
            print("%s:%d %s: %s" % (edit.path, edit.line, edit.kind, edit.new.strip()))
        return 0
    say("building the copy")
    run = Run(ROOT, os.environ.get("MUTATE_FOLDER", os.path.join(ROOT, "build-mutate")),
              FOLDERS, "")
    try:
        run.go(chosen(run.tree, FOLDERS, wanted, args.seed), args.count)
    finally:
        code = run.report()  # after an interrupt, too: reports the edits tried so far
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
