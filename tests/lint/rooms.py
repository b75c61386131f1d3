#!/usr/bin/env python3
"""Checks the rooms (folders) of push-server and api-fcgi: which room includes which, and how many files
use each other in a circle. It also checks the prefixes of static functions.

File A uses file B when A names a function or an extern variable that only B defines. Calls through
tables of callbacks, by which a lower room calls an upper one, do not count.
"""

import os
import re
import sys

# How many files of a program may use each other in a circle. 1 means that no files may.
CIRCLE_MAX = {"push-server": 3, "api-fcgi": 1, "fanout": 1}

# Program: room: the rooms that it may include. Files outside of rooms may include all.
ROOMS = {
    "push-server": {
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
    },
    "api-fcgi": {
        "http": "",
        "env": "http",
        "guard": "env http",
        "send": "guard env http",
        "handlers": "guard env http",
    },
    "fanout": {},
}
NAMED = ("api-fcgi", "ctl", "fanout", "push-server", "shared")
# A file's functions begin with its name, except these.
PREFIX = {"subscription": "sub", "send_outcomes": "send_outcomes|awaited"}


def files(root, ext):
    for folder, _, names in sorted(os.walk(root)):
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
    """The text without comments and strings, because a name there is no use."""
    return re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\])*"', " ", text, flags=re.S)


def check_direction(root):
    found, rooms = [], ROOMS[root]
    for path in list(files(root, ".c")) + list(files(root, ".h")):
        room = room_of(path)
        if room and room not in rooms:
            found.append(f"{path}: the room {room} has no line in tests/lint/rooms.py")
            continue
        for target in re.findall(r'^#include "([^"]+)"', read(path), flags=re.M):
            to = target.split("/")[0]
            if to not in rooms or not room or to == room:
                continue
            if to not in rooms[room].split():
                found.append(f"{path}: {room} may not include {target}")
    return found


def definitions(text, static):
    """Names of the functions that a file defines. A definition has the name at the start of a line."""
    for match in re.finditer(r"^(?!static)?([^\n;{}#]*)\n([a-z]\w*)\(", text, flags=re.M):
        if bool(re.match(r"\s*static\b", match.group(1))) == static:
            yield match.group(2)


def variables(root, texts):
    """(path, name) of each variable that a header declares extern and a .c file defines."""
    names = set()
    for path in files(root, ".h"):
        for declared in re.findall(r"^extern\s[^;(]*;", bare(read(path)), flags=re.M):
            names.update(re.findall(r"(\w+)\s*(?:\[\w*\]\s*)?[,;]", declared))
    for path, text in texts.items():
        for name in names:
            if re.search(rf"^(?!static|extern)\w[^\n;(=]*\b{name}\b[^\n;(=]*=", text, flags=re.M):
                yield path, name


def call_graph(root):
    texts = {path: bare(read(path)) for path in files(root, ".c")}
    home = {}
    for path, text in texts.items():
        for name in definitions(text, False):
            home.setdefault(name, set()).add(path)
    for path, name in variables(root, texts):
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


def check_circles(root):
    graph = call_graph(root)
    found = []
    for part in circles(graph):
        if len(part) <= CIRCLE_MAX[root]:
            continue
        found.append(f"{len(part)} files use each other:")
        for path in part:
            for to in sorted(set(graph[path]) & set(part)):
                found.append(f"    {path} -> {to}: {' '.join(sorted(graph[path][to]))}")
    return found


def check_prefixes(root):
    found = []
    for path in files(root, ".c"):
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
    for root in ROOMS:
        if not os.path.isdir(root):
            continue
        rule(f"rooms of {root} include only what is below them", check_direction(root))
        rule(f"no more than {CIRCLE_MAX[root]} files of {root} use each other in a circle"
             if CIRCLE_MAX[root] > 1 else f"no files of {root} use each other in a circle",
             check_circles(root))
    rule("static functions begin with the name of their file",
         [line for root in NAMED if os.path.isdir(root) for line in check_prefixes(root)])
    return 0


if __name__ == "__main__":
    sys.exit(main())
