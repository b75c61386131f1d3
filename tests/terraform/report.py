"""Reads the output of `terraform test -json` from stdin, and prints a line for each check.

    report.py FOLDER      FOLDER has the tests (tests/*.tftest.hcl)

A check is an assertion, or a run that expects a refusal. The name of an assertion is its
error_message, which says what must hold.
"""

import json
import re
import sys

RUN = re.compile(r'^run "(\w+)" \{\n(.*?)^\}\n', re.M | re.S)
MESSAGE = re.compile(r'^    error_message = "((?:[^"\\]|\\.)*)"$', re.M)


def checks_of(path):
    """Returns {run: names of its checks}. A run without assertions expects a refusal, and is one check."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    return {run: MESSAGE.findall(body) or [run.replace("_", " ")] for run, body in RUN.findall(text)}


class Results:
    """The status of each run, and terraform's complaints about it."""

    def __init__(self, lines):
        self.status = {}
        self.complaints = {}
        self.stray = []
        for line in lines:
            said = json.loads(line) if line.startswith("{") else {}
            key = (said.get("@testfile"), said.get("@testrun"))
            run = said.get("test_run", {})
            if said.get("type") == "test_run" and run.get("progress", "complete") == "complete":
                self.status[(run["path"], run["run"])] = run["status"]
            elif said.get("type") == "diagnostic" and said["diagnostic"]["severity"] == "error":
                found = said["diagnostic"]
                self.complaints.setdefault(key, []).append((found["summary"], found.get("detail", "")))
                if key[1] is None:
                    self.stray.append("%s: %s" % (found["summary"], found.get("detail", "")))

    def verdict(self, key, message):
        """Returns "ok" or "not ok", and a remark. A run that failed for another reason than an assertion
        evaluated no assertion."""
        if self.status[key] == "pass":
            return "ok", ""
        said = self.complaints.get(key, [])
        if not said or any(s not in ("Test assertion failed", "Missing expected failure") for s, _ in said):
            return "not ok", " (not evaluated)"
        held = all(s == "Test assertion failed" and message not in detail for s, detail in said)
        return ("ok" if held else "not ok"), ""


def main():
    folder = sys.argv[1]
    results = Results(sys.stdin)
    for stray in results.stray:
        print(stray)
    bad = bool(results.stray)
    for path, run in results.status:
        checks = checks_of("%s/%s" % (folder, path))
        for message in checks[run]:
            verdict, why = results.verdict((path, run), message)
            bad |= verdict != "ok"
            name = path.split("/")[-1].replace(".tftest.hcl", "")
            print("%s %s: %s%s" % (verdict, name, message, why))
        if results.status[(path, run)] != "pass":
            for summary, detail in results.complaints.get((path, run), []):
                print("%s: %s: %s" % (run, summary, detail))
    return 1 if bad or not results.status else 0


if __name__ == "__main__":
    sys.exit(main())
