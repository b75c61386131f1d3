#!/usr/bin/env python3
"""The rooms of push-server: which folder may include which, how many files call each other in
a circle, and whose prefix a static function bears.

A call counts when a file names a function that exactly one other .c file of push-server
defines. Tables of callbacks, the way in which a lower room tells an upper one, are no calls.
"""

import os
import re
import sys

ROOT = "push-server"
CIRCLE_MAX = 3
SHARED = "shared/"

# Room: the rooms below it that it may include.
ROOMS = {
    "env": "",
    "wire": "env",
    "conn": "wire env",
    "log": "wire env",
    "hub": "log conn wire env",
    "presence": "conn wire env",
    "who": "conn wire env",
    "send": "conn wire env",
    "frames": "send who presence hub conn wire env",
    "door": "conn wire env",
    "worker": "door frames send who presence hub log conn wire env",
}
# A file's functions begin with its name, but for these.
PREFIX = {"subscription": "sub", "send_outcomes": "send_outcomes|awaited"}


def files(ext):
    for folder, _, names in sorted(os.walk(ROOT)):
        for name in sorted(names):
            if name.endswith(ext):
                yield os.path.join(folder, name)


def room_of(path):
    parts = path.split(os.sep)
    return parts[1] if len(parts) > 2 else ""


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def bare(text):
    """Without comments and strings: names in them are no calls."""
    return re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\])*"', " ", text, flags=re.S)


def check_direction():
    found = []
    for path in list(files(".c")) + list(files(".h")):
        room = room_of(path)
        if room and room not in ROOMS:
            found.append(f"{path}: the room {room} has no line in tests/lint/rooms.py")
            continue
        for target in re.findall(r'^#include "([^"]+)"', read(path), flags=re.M):
            to = target.split("/")[0]
            if to not in ROOMS or not room or to == room:
                continue
            if to not in ROOMS[room].split():
                found.append(f"{path}: {room} may not include {target}")
    return found


def definitions(text, static):
    """Names of the functions that a file defines; the name stands at the start of a line."""
    for match in re.finditer(r"^(?!static)?([^\n;{}#]*)\n([a-z]\w*)\(", text, flags=re.M):
        if bool(re.match(r"\s*static\b", match.group(1))) == static:
            yield match.group(2)


def call_graph():
    texts = {path: bare(read(path)) for path in files(".c")}
    home = {}
    for path, text in texts.items():
        for name in definitions(text, False):
            home.setdefault(name, set()).add(path)
    graph = {path: {} for path in texts}
    for path, text in texts.items():
        for name in set(re.findall(r"\b[a-z]\w*\b", text)):
            owners = home.get(name, set())
            if len(owners) == 1 and path not in owners:
                graph[path].setdefault(next(iter(owners)), []).append(name)
    return graph


def circles(graph):
    """Strongly connected components of more than one file (Tarjan 1972)."""
    index, low, stack, on, out = {}, {}, [], set(), []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        on.add(node)
        for to in graph[node]:
            if to not in index:
                visit(to)
                low[node] = min(low[node], low[to])
            elif to in on:
                low[node] = min(low[node], index[to])
        if low[node] == index[node]:
            part = []
            while not part or part[-1] != node:
                part.append(stack.pop())
                on.discard(part[-1])
            if len(part) > 1:
                out.append(sorted(part))

    for node in graph:
        if node not in index:
            visit(node)
    return out


def check_circles():
    graph = call_graph()
    found = []
    for part in circles(graph):
        if len(part) <= CIRCLE_MAX:
            continue
        found.append(f"{len(part)} files call each other:")
        for path in part:
            for to in sorted(set(graph[path]) & set(part)):
                found.append(f"    {path} -> {to}: {' '.join(sorted(graph[path][to]))}")
    return found


def check_prefixes():
    found = []
    for path in files(".c"):
        name = os.path.basename(path)[:-2]
        prefix = PREFIX.get(name, name)
        for function in definitions(read(path), True):
            if not re.match(rf"({prefix})(_|$)", function):
                found.append(f"{path}: static {function}() does not begin with {prefix}_")
    return found


def rule(name, found):
    for line in found:
        print("    " + line)
    print(("not ok " if found else "ok ") + name)


def main():
    if not os.path.isdir(ROOT):
        return 0
    rule("rooms of push-server include only what is below them", check_direction())
    rule(f"no more than {CIRCLE_MAX} files of push-server call each other in a circle", check_circles())
    rule("static functions of push-server bear their file's prefix", check_prefixes())
    return 0


if __name__ == "__main__":
    sys.exit(main())
