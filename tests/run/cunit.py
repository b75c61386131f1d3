#!/usr/bin/env python3
"""Run the CUnit programs of one meson suite, and print one line for each test case.

cunit.py BUILD_DIR SUITE. meson.build declares the programs with test(..., suite: SUITE). The results
come from CUnit's summary. A program fails when it runs no test, crashes, or exits with an error
although all tests passed.
"""
import concurrent.futures
import json
import os
import re
import subprocess
import sys

SUMMARY = re.compile(r"^\s+tests\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)", re.M)
CASE = re.compile(r"^ *Test: (.*?) \.\.\.(.*)$", re.M)


def programs(build, suite):
    out = subprocess.run(["meson", "introspect", build, "--tests"],
                         check=True, capture_output=True, text=True)
    for one in json.loads(out.stdout):
        if any(s.split(":")[-1] == suite for s in one["suite"]):
            yield one


def run(one):
    # Leave out the user's settings, which could change a test.
    env = {k: v for k, v in os.environ.items() if not k.startswith("ES_") or k.startswith("ES_TEST_")}
    env.update(one["env"])
    # Twice meson's time-out, and at least 60 s: a program that hangs fails, a slow machine does not.
    limit = max(one["timeout"], 30) * 2
    try:
        done = subprocess.run(one["cmd"], env=env, cwd=one["workdir"], timeout=limit,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        return done.returncode, done.stdout.decode("utf-8", "replace")
    except subprocess.TimeoutExpired as late:
        text = (late.stdout or b"").decode("utf-8", "replace")
        return None, text + f"\nstill running after {limit} s; killed\n"


def cases(text):
    """Return (name, passed) of each case in CUnit's verbose output."""
    found = CASE.findall(text)
    return [(name, "passed" in rest) for name, rest in found]


def judge(name, code, text):
    """Return the `ok`, `not ok` and `skip` lines of one program."""
    if code == 77:
        return [f"skip {name} {text.strip().splitlines()[-1] if text.strip() else 'skipped'}"]
    summary = SUMMARY.search(text)
    if not summary:
        return [f"not ok {name}: no summary, exit {code}"]
    total, ran, good, bad = map(int, summary.groups())
    if ran == 0:
        return [f"not ok {name}: ran no test"]
    lines = []
    named = cases(text)
    if sum(ok for _, ok in named) == good and len(named) == ran:
        lines = [f"{'ok' if ok else 'not ok'} {name}: {case}" for case, ok in named]
    else:
        lines = [f"ok {name} {i + 1}" for i in range(good)]
        lines += [f"not ok {name} {i + 1} of {bad}" for i in range(bad)]
    if ran < total:
        lines.append(f"not ok {name}: {total - ran} tests did not run")
    if code != 0 and bad == 0:
        lines.append(f"not ok {name}: exit {code} although all tests passed")
    if code == 0 and bad > 0:
        lines.append(f"not ok {name}: exit 0 although tests failed")
    return lines


def main():
    build, suite = sys.argv[1:]
    todo = list(programs(build, suite))
    with concurrent.futures.ThreadPoolExecutor(1 if suite != "unit" else 2) as pool:
        for one, (code, text) in zip(todo, pool.map(run, todo)):
            lines = judge(one["name"], code, text)
            if any(line.startswith("not ok") for line in lines):
                print("".join(f"    {line}\n" for line in text.splitlines()), end="")
            print("\n".join(lines), flush=True)


if __name__ == "__main__":
    main()
