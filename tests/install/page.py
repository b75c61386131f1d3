#!/usr/bin/env python3
"""Makes a shell script of the commands in docs/install.md.

page.py WAY PAGE RELEASE: WAY is `package` or `source`. One shell runs all commands. The
script prints `ok` after each section, and exits at the first command that fails. After some sections
it calls checks of checks.sh.
"""
import re
import shlex
import sys

WAYS = {"package": "The programs, from a package", "source": "The programs, from source"}
ONLY_PACKAGE = ("Upgrade", "Removal")


def sections(text):
    """(title, commands) of each section that has commands."""
    for part in re.split(r"^##+ ", text, flags=re.M)[1:]:
        title, _, body = part.partition("\n")
        lines = re.findall(r"^    (\S.*)$", body, flags=re.M)
        if lines:
            yield title.strip(), lines


def wanted(title, way):
    if title in WAYS.values():
        return title == WAYS[way]
    return way == "package" or title not in ONLY_PACKAGE


def main(way, page, release):
    with open(page, encoding="utf-8") as f:
        found = [(t, lines) for t, lines in sections(f.read()) if wanted(t, way)]
    missing = {WAYS[way], "Start", "A message by WebSocket"} - {t for t, _ in found}
    assert not missing, f"{page} has no section {missing}"
    print(f". /src/tests/install/checks.sh\nWAY={way} RELEASE={release}")
    for title, lines in found:
        print(f"section {shlex.quote(title)}")
        for line in lines:
            print(f"typed={shlex.quote(line)}\n{line}\ndone_line $?")
        print("section_ends")


if __name__ == "__main__":
    main(*sys.argv[1:])
