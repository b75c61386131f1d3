#!/usr/bin/env python3
"""Checks documents: each link leads to a file and a heading that exist, and rows of tables are short."""

import os
import re
import sys

LONGEST_ROW = 140  # characters; write a longer row as a section or a list
WIDE = {"db/README.md"}  # its signatures of functions cannot be broken


def documents():
    for folder, folders, names in os.walk("."):
        folders[:] = sorted(f for f in folders if f[0] != "." and not f.startswith("build"))
        for name in sorted(names):
            if name.endswith(".md"):
                yield os.path.normpath(os.path.join(folder, name))


def prose(path):
    """(number, line) of each line of a document that is not in a block of code."""
    fenced = False
    with open(path, encoding="utf-8") as file:
        for at, line in enumerate(file, 1):
            if line.startswith("```"):
                fenced = not fenced
            elif not fenced:
                yield at, line.rstrip("\n")


def anchors(path):
    """The anchors that GitHub makes of the headings."""
    found = set()
    for _, line in prose(path):
        heading = re.match(r"#+ (.*)", line)
        if heading:
            text = re.sub(r"[^\w -]", "", heading[1].lower())
            found.add(text.replace(" ", "-"))
    return found


def dead_links(path):
    for at, line in prose(path):
        for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", line)):
            if re.match(r"[a-z]+:", target):
                continue
            file, _, anchor = target.partition("#")
            file = os.path.normpath(os.path.join(os.path.dirname(path), file)) if file else path
            if not os.path.exists(file):
                yield "%s:%d: no file %s" % (path, at, target)
            elif anchor and anchor not in anchors(file):
                yield "%s:%d: no heading %s" % (path, at, target)


def long_rows(path):
    for at, line in prose(path):
        if line.startswith("|") and len(line) > LONGEST_ROW:
            yield "%s:%d: a row of %d characters" % (path, at, len(line))


def rule(name, findings):
    findings = list(findings)
    for finding in findings:
        print("    " + finding)
    print(("not ok " if findings else "ok ") + name)
    return not findings


def main():
    paths = list(documents())
    good = rule("links of documents lead to files and headings",
                (f for path in paths for f in dead_links(path)))
    good &= rule("rows of tables in documents have at most %d characters" % LONGEST_ROW,
                 (f for path in paths if path not in WIDE for f in long_rows(path)))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
