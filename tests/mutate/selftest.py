#!/usr/bin/env python3
"""Tests the runner of mutations on a small tree for which the right verdicts are known."""

import contextlib
import io
import os
import subprocess
import sys
import tempfile

import bounded
import choice
import edits
import judges
import mutate

FAILED = []

MESON = """project('tiny', 'c', default_options: ['buildtype=debugoptimized', 'b_ndebug=false'])
shared = static_library('tiny', 'shared/full.c', 'shared/alone.c', 'shared/loop.c')
test('full', executable('test_full', 'tests/test_full.c', link_with: shared), suite: 'unit')
"""
FULL = """#include "full.h"
int
full(int n, int most)
{
\treturn n >= most;
}
int
full_unseen(int n, int most)
{
\treturn n >= most;
}
int
full_twice(int n)
{
\tif (n == 4 && n == 4)
\t\treturn 1;
\tswitch (n) {
\tcase 1:
\t\treturn 7;
\tcase 1 + 1:
\t\treturn 8;
\t}
\treturn 0;
}
"""
LOOP = """#include "full.h"
volatile int turns;
void
loop(int n)
{
\tfor (;;) {
\t\tif (n-- == 0)
\t\t\treturn;
\t\tturns++;
\t}
}
"""
# The program leaves a child behind, which the runner must kill.
TEST = """#include <stdio.h>
#include <unistd.h>
#include "../shared/full.h"
int
main(void)
{
\tint good = full(3, 3) && !full(2, 3) && full_twice(1) == 7;
\tif (fork() == 0) {
\t\tsetsid();
\t\tsleep(600);
\t}
\tloop(3);
\tprintf("  Test: is full at the limit ...%s\\n", good ? "passed" : "FAILED");
\tprintf("     tests 1 1 %d %d\\n", good, !good);
\treturn !good;
}
"""
FILES = {
    "meson.build": MESON,
    "shared/full.h": "int full(int, int);\nint full_unseen(int, int);\nint full_twice(int);\n"
                     "void loop(int);\n",
    "shared/full.c": FULL,
    "shared/alone.c": "int alone(int n);\nint\nalone(int n)\n{\n\treturn n > 1;\n}\n",
    "shared/loop.c": LOOP,
    "tests/test_full.c": TEST,
}

# line -> its edits, as (kind, new line)
C_LINES = {
    "\tif (a <= b)": [("comparison", "\tif (a < b)"),
                      ("check dropped", "\tif (0 && (a <= b))")],
    "\t} else if (x) {": [("check dropped", "\t} else if (0 && (x)) {")],
    "\twhile (!done && n + 1 < most)": [
        ("comparison", "\twhile (!done && n + 1 <= most)"),
        ("condition", "\twhile (!done || n + 1 < most)"),
        ("condition", "\twhile (done && n + 1 < most)"),
        ("off by one", "\twhile (!done && n < most)")],
    "\tTRY(x_check(a, \"; b\"));": [("call dropped", "\t(void)0;")],
    "\tx_stop(&w->x);": [("call dropped", "\t(void)0;")],
    "\treturn true;": [("return inverted", "\treturn false;")],
    "\ta = b == c || d != e ? f - 1 : g;": [
        ("comparison", "\ta = b != c || d != e ? f - 1 : g;"),
        ("comparison", "\ta = b == c || d == e ? f - 1 : g;"),
        ("condition", "\ta = b == c && d != e ? f - 1 : g;"),
        ("off by one", "\ta = b == c || d != e ? f : g;")],
    "\tx = say(\"a == b\", ' > ') == 1; /* c < d */": [
        ("comparison", "\tx = say(\"a == b\", ' > ') != 1; /* c < d */")],
    " * a comment with a < b": [],
    "#if A == B": [],
    "\tlog_warn(\"a\", n);": [],
    "\tfree(p);": [],
    "\tx_free(p);": [],
    "\tCHECK(n > 0);": [],
    "\tint n = 10 - 11;": [],
}
SQL_LINES = {
    "\tIF n > 3 THEN": [("comparison", "\tIF n >= 3 THEN"),
                        ("check dropped", "\tIF false AND (n > 3) THEN")],
    "WHERE a.id = p_id AND a.n = 1;": [
        ("comparison", "WHERE a.id <> p_id AND a.n = 1;"),
        ("comparison", "WHERE a.id = p_id AND a.n <> 1;"),
        ("check dropped", "WHERE a.id = p_id;")],
    "\tIF NOT FOUND THEN": [("condition", "\tIF FOUND THEN"),
                            ("check dropped", "\tIF false AND (NOT FOUND) THEN")],
    "\tPERFORM es_guard(p_id);": [("call dropped", "")],
    "\tn := n + 1;": [("off by one", "\tn := n;")],
    "\tAND m.at > now()": [("comparison", "\tAND m.at >= now()"), ("check dropped", "")],
    "x := 'a < b'; -- c > d": [],
    "-- WHERE a = b": [],
}


def check(name, good, *why):
    print("%s mutations: %s" % ("ok" if good else "not ok", name), flush=True)
    if not good:
        FAILED.append(name)
        print("   ", *why)


def lines_are_edited():
    for name, lines in (("a.c", C_LINES), ("a.sql", SQL_LINES)):
        wrong = []
        for line, wanted in lines.items():
            have = [(e.kind, e.new) for e in edits.of_file(name, line)]
            if have != wanted:
                wrong.append("%r: %r" % (line, have))
        check("each line of %s gets the expected edits" % name[2:].upper(), not wrong, *wrong)
    store, other = (edits.of_file(p, '\t" WHERE id > $1"') for p in
                    ("shared/store/a.c", "shared/core/a.c"))
    check("SQL in string literals is edited in stores only",
          [e.new for e in store] == ['\t" WHERE id >= $1"'] and not other, store, other)
    down = edits.of_file("a.sql", "-- migrate:down\nWHERE a.id = 1")
    check("the down part of a migration is not edited", not down, down)


def choice_is_fair():
    edits_of = {"%s/%d.c" % (folder, i): [edits.Edit("%s/%d.c" % (folder, i), n, "k", "o", "n")
                                          for n in range(9)]
                for folder in "ab" for i in range(4)}
    order = choice.draw(edits_of, "ab", 1)
    drawn = list(order)
    check("all edits are drawn once", len(set(drawn)) == len(drawn) == 72)
    check("folders and files take turns", len({e.path for e in drawn[:8]}) == 8, drawn[:8])
    check("the same seed draws the same edits", drawn == list(choice.draw(edits_of, "ab", 1)))
    check("another seed draws other edits", drawn[:8] != list(choice.draw(edits_of, "ab", 2))[:8])
    mine = [e for e in drawn if e.path == "a/1.c"]
    edits_of["a/2.c"] = edits_of["a/2.c"][:3]
    again = [e for e in choice.draw(edits_of, "ab", 1) if e.path == "a/1.c"]
    check("a change in one file does not change the order of another file's edits", mine == again)


def plant(root, files):
    """Writes these files and makes root a git repository."""
    for name, text in files.items():
        os.makedirs(os.path.dirname(os.path.join(root, name)), exist_ok=True)
        with open(os.path.join(root, name), "w", encoding="utf-8") as f:
            f.write(text)
    subprocess.run(["git", "init", "-q", root], check=True)


def texts(root, names):
    found = {}
    for name in names:
        with open(os.path.join(root, name), encoding="utf-8") as f:
            found[name] = f.read()
    return found


def verdicts(run, wanted):
    """({"FILE:LINE kind": verdict}, the exit status of the run, its output)"""
    run.verdicts.clear()
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        run.go(mutate.chosen(run.tree, run.folders, wanted, "1"), 1000)
        code = run.report()
    return {"%s:%d %s" % (os.path.basename(e.path), e.line, e.kind): v
            for e, v in run.verdicts}, code, out.getvalue()


def edits_are_judged(folder):
    root, work = os.path.join(folder, "root"), os.path.join(folder, "work")
    plant(root, FILES)
    run = mutate.Run(root, work, ["shared"], None)
    have, code, output = verdicts(run, ["shared/full.c", "shared/alone.c"])

    def how(key):
        return have[key].how if key in have else "not tried"
    check("an edit that a test covers is killed", how("full.c:5 comparison") == "killed", output)
    check("the test that kills it is named",
          "is full at the limit" in have["full.c:5 comparison"].why, output)
    check("an edit that no test covers survives", how("full.c:10 comparison") == "survived", output)
    check("an edit of a file that no test links survives, and the report says so",
          how("alone.c:5 comparison") == "survived" and
          "no test program links" in have["alone.c:5 comparison"].why, output)
    check("an edit that makes no difference is not counted",
          have.get("full.c:15 condition") == judges.Verdict("skipped", "made no difference"),
          output)
    check("an edit that does not compile is not counted",
          have.get("full.c:20 off by one") == judges.Verdict("skipped", "did not compile"), output)
    check("a run with survivors exits with status 1", code == 1, output)
    _, code, output = verdicts(run, ["shared/full.c:5"])
    check("a run without survivors exits with status 0",
          code == 0 and "1 tried, 1 killed (0 by time-out), 0 survived" in output, output)
    judges.GRACE_S = 1
    have, _, output = verdicts(run, ["shared/loop.c:7"])
    check("an edit that makes a test run forever is killed by the time-out",
          "time-out" in have["loop.c:7 check dropped"].why, output)
    check("no process of a test is left", not bounded.children())
    names = list(FILES)
    check("the checkout is not edited", texts(root, names) == FILES)
    check("the copy is restored afterwards", texts(run.tree.tree, names) == FILES)


def main():
    lines_are_edited()
    choice_is_fair()
    with tempfile.TemporaryDirectory() as folder:
        edits_are_judged(folder)
    return 1 if FAILED else 0


if __name__ == "__main__":
    sys.exit(main())
