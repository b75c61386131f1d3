#!/usr/bin/env python3
"""Write docs/settings.md from what the programs say about themselves.

make-settings.py [BUILD_DIR]: what the page should be, on stdout. A program that is not
built yet is left out, and the exit status is 3.
"""
import json
import os
import subprocess
import sys

PROGRAMS = {
    "echostream-api": "api-fcgi/echostream-api",
    "echostream-push": "push-server/echostream-push",
    "echostream-fanout": "fanout/echostream-fanout",
}

# Names that no program's table has: who reads them, and what for.
OTHERS = {
    "ES_DATABASE_OWNER_URL": ("echostreamctl db", "PostgreSQL as the role that owns the tables"),
    "ES_DATABASE_ADMIN_URL": ("./dev", "PostgreSQL as superuser, to make roles and database"),
    "ES_MIGRATIONS_DIR": ("echostreamctl db", "folder of the migrations"),
    "ES_URL": ("echostreamctl, scripts", "address of REST, set by `./dev status -o env`"),
    "ES_WS_URL": ("echostreamctl, scripts", "address of WebSockets, set by `./dev status -o env`"),
    "ES_PUSH_URL": ("scripts", "push-server's own address, past lighttpd"),
    "ES_TOKEN": ("echostreamctl", "token of the caller"),
    "ES_TENANT": ("echostreamctl", "tenant that an operator works on"),
    "ES_PORT": ("./dev, lighttpd", "TCP port of the front door"),
    "ES_PUSH_PORT": ("./dev", "TCP port of push-server"),
    "ES_ROOT": ("./dev", "the source tree"),
    "ES_BUILD_DIR": ("./dev", "folder of the build"),
    "ES_DEV_DIR": ("./dev", "folder of the development stack, `.dev`"),
    "ES_DEV_FSYNC": ("./dev", "off: PostgreSQL and Redis of a test need not last"),
    "ES_DEV_TCP": ("./dev", "on: the programs talk TCP to PostgreSQL and Redis, at their usual ports of loopback"),
    "ES_RUN_DIR": ("lighttpd", "folder of the sockets"),
    "ES_LOG_DIR": ("lighttpd", "folder of the logs"),
}

HEAD = """# Settings

Every program takes its settings from the environment. `--check-config` reads them and names every
fault at once (exit 78), `--print-config` shows them with their source, secrets masked. A name that
begins with `ES_` and is none of these is refused, with the nearest that is.

A setting that holds a secret, or a URL that may hold a password, can come from a file: `ES_X_FILE=/path`
instead of `ES_X`, at most 16 KiB, without the newline at its end.

This page is made by `docs/make-settings.py > docs/settings.md`; a test compares.
"""


def ask(build, path):
    """The settings of one program, or None when it is not built."""
    binary = os.path.join(build, path)
    if not os.access(binary, os.X_OK):
        return None
    done = subprocess.run([binary, "--settings-json"], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def ask_all(build):
    return {name: ask(build, path) for name, path in PROGRAMS.items()}


def in_range(item):
    if item["kind"] == "int":
        return f"{item['min']} to {item['max']}"
    if item["kind"] == "bool":
        return "true, false"
    if item["kind"] in ("url", "enum"):
        return item["allowed"].replace(" ", ", ")
    return f"{item['min']} to {item['max']} characters"


def default(item):
    if item["default"] is None:
        return "required"
    return f"`{item['default']}`" if item["default"] else "empty"


def table(items):
    lines = ["| setting | default | range | meaning |", "|---|---|---|---|"]
    for item in items:
        name = f"`{item['name']}`" + (" or `_FILE`" if item["file"] else "")
        lines.append(f"| {name} | {default(item)} | {in_range(item)} | {item['meaning']} |")
    return lines


def page(said):
    programs = [name for name, items in said.items() if items]
    users = {}
    for name in programs:
        for item in said[name]:
            users.setdefault(item["name"], []).append(name)
    every = {n for n, who in users.items() if len(who) == len(programs)}
    some = {n for n, who in users.items() if 1 < len(who) < len(programs)}
    first = {item["name"]: item for name in reversed(programs) for item in said[name]}
    lines = [HEAD]
    lines += ["## Every program", "", *table(i for n, i in first.items() if n in every), ""]
    for pair in sorted({tuple(users[n]) for n in some}):
        lines += [f"## {' and '.join(pair)}", "",
                  *table(i for n, i in first.items() if n in some and tuple(users[n]) == pair), ""]
    for name in programs:
        lines += [f"## {name} alone", "",
                  *table(i for i in said[name] if users[i["name"]] == [name]), ""]
    lines += ["## Not read by these programs", "",
              "They know these names, so that one environment can serve everything.", "",
              "| name | read by | meaning |", "|---|---|---|"]
    lines += [f"| `{n}` | {who} | {what} |" for n, (who, what) in OTHERS.items()]
    return "\n".join(lines) + "\n"


def main():
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    build = sys.argv[1] if len(sys.argv) > 1 else os.path.join(root, "build")
    said = ask_all(build)
    sys.stdout.write(page(said))
    return 0 if all(said.values()) else 3


if __name__ == "__main__":
    sys.exit(main())
