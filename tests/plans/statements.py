#!/usr/bin/env python3
"""Reads the statements of the programs from their sources.

The C preprocessor expands the macros in which the stores write their SQL, so the result is
the text that the programs send.

usage: statements.py [BUILD]   prints name, parameters and text of each statement
"""
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

STRING = r'"(?:[^"\\]|\\.)*"'
STATEMENT = re.compile(
    r"struct pg_stmt\s+(?P<var>\w+)\s*(?P<many>\[\w*\])?\s*=\s*(?P<body>\{)")
MEMBER = re.compile(r"\.(name|sql)\s*=\s*((?:" + STRING + r"\s*)+)")
COUNT = re.compile(r"\.n_params\s*=\s*\(?\s*(\d+)")


def joined(literals):
    """Joins adjacent C string literals."""
    return "".join(json.loads(part) for part in re.findall(STRING, literals))


def expanded(entry):
    """The text of one C file after the preprocessor, without line markers."""
    words = shlex.split(entry["command"])
    source = entry["file"]
    keep = [w for w in words if w.startswith(("-I", "-D", "-std", "-isystem"))]
    return subprocess.run(["cc", "-E", "-P", *keep, source], cwd=entry["directory"],
                          check=True, capture_output=True, text=True).stdout


def initializer(text, start):
    """The text from the brace at start to the brace that closes it."""
    depth = 0
    for token in re.finditer(STRING + r"|[{}]", text[start:]):
        depth += {"{": 1, "}": -1}.get(token.group(), 0)
        if depth == 0:
            return text[start:start + token.end()]
    raise ValueError("an initializer without an end")


def statements_of(text, source):
    for found in STATEMENT.finditer(text):
        body = initializer(text, found.start("body"))
        members = {key: joined(value) for key, value in MEMBER.findall(body)}
        count = COUNT.search(body)
        if "sql" not in members:
            continue  # built at run time, like the scripts of ctl
        yield {"name": members["name"], "sql": members["sql"], "source": source,
               "n_params": int(count.group(1)) if count else 0}


def statements(build):
    """All statements of the programs, each once, in the order of the files."""
    root = Path(__file__).resolve().parents[2]
    found = {}
    for entry in json.loads(Path(build, "compile_commands.json").read_text()):
        path = Path(entry["directory"], entry["file"]).resolve()
        source = os.path.relpath(path, root)
        if not source.startswith(("shared/", "api-fcgi/", "push-server/", "fanout/", "ctl/")):
            continue
        if "struct pg_stmt" not in path.read_text():
            continue
        for one in statements_of(expanded(entry), source):
            found[one["name"]] = one
    return sorted(found.values(), key=lambda one: (one["source"], one["name"]))


if __name__ == "__main__":
    for one in statements(sys.argv[1] if len(sys.argv) > 1 else "build"):
        print(one["source"], one["name"], one["n_params"], one["sql"], sep="\t")
