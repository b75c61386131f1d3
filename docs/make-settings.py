#!/usr/bin/env python3
"""Prints docs/settings.md, made from the tables of settings that the programs print.

make-settings.py [BUILD_DIR]. When a program is not built, the page lacks its settings and the exit
status is 3.
"""
import json
import os
import subprocess
import sys
import textwrap

PROGRAMS = {
    "echostream-api": "api-fcgi/echostream-api",
    "echostream-push": "push-server/echostream-push",
    "echostream-fanout": "fanout/echostream-fanout",
}

# The topics of the page, each with names of settings or beginnings of names. The longest match
# decides; a setting that matches none is under "Other".
TOPICS = {
    "PostgreSQL": "ES_DATABASE_",
    "Redis": "ES_REDIS_",
    "Queue": "ES_QUEUE_",
    "SQS": "ES_SQS_ AWS_",
    "Listeners and health": """ES_API_SEND_SOCKET ES_API_SOCKET ES_API_HEALTH_SOCKET ES_PUSH_LISTEN
        ES_PUSH_OPS_LISTEN ES_FANOUT_OPS_LISTEN ES_OPS_FROM ES_TRUSTED_PROXIES""",
    "Traces": "ES_TRACE_",
    "Processes, logs and metrics": """ES_LOG_LEVEL ES_METRICS_EMF ES_API_SEND_WORKERS ES_API_WORKERS ES_API_DRAIN_MS
        ES_API_METRICS_FILE ES_PUSH_WORKERS ES_PUSH_DRAIN_MS ES_PUSH_METRICS_FILE
        ES_FANOUT_WORKERS ES_FANOUT_DRAIN_MS ES_FANOUT_METRICS_FILE""",
    "Tokens and keys": """ES_JWT_ ES_TOKEN_TTL_S ES_OPERATOR_KEY ES_JWKS_ ES_API_KEYS_MAX
        ES_REVOKED_TOKENS_MAX""",
    "Requests": "ES_API_STALL_MS ES_API_BODY_MAX_BYTES ES_SEND_WAIT_MS",
    "Connections": """ES_PUSH_CONNECTIONS ES_PUSH_USER_CONNECTIONS ES_PUSH_ADDRESS_ ES_FRAME_MAX_BYTES
        ES_PUSH_EARLY_ ES_OUT_BYTES ES_PUSH_SNDBUF_BYTES ES_PUSH_STALLED_MS ES_PUSH_HEAD_
        ES_PUSH_AUTH_ ES_PUSH_SEND_ ES_PUSH_BACKLOG ES_PUSH_ACCEPTS ES_PUSH_HANDSHAKES""",
    "Reconnects": "ES_PUSH_COMEBACK_",
    "Channels and subscriptions": """ES_PUSH_SUBSCRIPTIONS ES_LOG_ ES_REPLAY_ ES_PAGE_BYTES
        ES_PUSH_LINGER_MS ES_PUSH_JOIN_ ES_PUSH_READ_MARKS""",
    "Look-ups and rights": "ES_PUSH_LOOKUP_ ES_PUSH_RIGHTS_ ES_PUSH_ACL_",
    "Presence": "ES_PRESENCE_",
    "Limits": "ES_LIMIT_ ES_BODY_MAX_CHARS",
    "Batches and partitions": "ES_FANOUT_BATCH ES_FANOUT_LEASE_MS",
    "Deletions and dead letters": "ES_FANOUT_PURGE_S ES_DEAD_",
}

# Units by the end of a name: (size, name), the largest first.
BYTES = ((1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))
UNITS = {
    "_BYTES": BYTES,
    "_MS": ((86400000, "days"), (3600000, "h"), (60000, "min"), (1000, "s")),
    "_S": ((86400, "days"), (3600, "h"), (60, "min")),
}

# Names that are in no program's table -> the program that reads the name, and its meaning.
OTHERS = {
    "ES_DATABASE_OWNER_URL": ("echostreamctl db", "PostgreSQL as the role that owns the tables"),
    "ES_DATABASE_ADMIN_URL": ("./dev", "PostgreSQL as superuser, to create roles and database"),
    "ES_MIGRATIONS_DIR": ("echostreamctl db", "folder of the migrations; the folder functions is beside it"),
    "ES_URL": ("echostreamctl, scripts", "address of REST, printed by `./dev status -o env`"),
    "ES_WS_URL": ("echostreamctl, scripts", "address of WebSockets, printed by `./dev status -o env`"),
    "ES_PUSH_URL": ("scripts", "address of push-server itself, without lighttpd"),
    "ES_TOKEN": ("echostreamctl", "token that the commands send"),
    "ES_TENANT": ("echostreamctl", "tenant of the operator's commands"),
    "ES_PORT": ("./dev, lighttpd", "TCP port of lighttpd"),
    "ES_PUSH_PORT": ("./dev", "TCP port of push-server"),
    "ES_ROOT": ("./dev", "the source tree"),
    "ES_BUILD_DIR": ("./dev", "folder of the build"),
    "ES_DEV_DIR": ("./dev", "folder of the development stack (`.dev`)"),
    "ES_DEV_FSYNC": ("./dev", "off: PostgreSQL and Redis of a test skip fsync"),
    "ES_DEV_TCP": ("./dev", "on: the programs use TCP to PostgreSQL and Redis, at the usual ports of loopback"),
    "ES_RUN_DIR": ("lighttpd", "folder of the sockets"),
    "ES_LOG_DIR": ("lighttpd", "folder of the logs"),
}

HEAD = """# Settings

Every program takes its settings from the environment. `--check-config` reads the settings and names
every fault at once (exit 78). `--print-config` shows each setting with its source, and masks secrets.
A program refuses an unknown name that begins with `ES_` when it resembles a name below, and suggests
that name. It only warns of other unknown names.

`ES_SETTINGS_FILE=/path` names a file with more settings, one `NAME=VALUE` on each line. `#` begins a
comment line. A value may be in quotes; there are no escapes. A setting in both the environment and
the file is a fault. One file can serve all programs.

*Reloaded* marks a setting whose new value a program takes from that file, or from an `ES_X_FILE`, when
it receives SIGHUP ([operations.md](operations.md#what-does-sighup-do)). All other settings need a
restart.

A setting that holds a secret, or a URL that may hold a password, can come from a file of its own:
`ES_X_FILE=/path` instead of `ES_X`. The file has at most 16 KiB; the program drops its last newline.

`docs/make-settings.py > docs/settings.md` makes this page from the tables of the programs, and a test
compares both.
"""


def ask(build, path):
    """Returns the settings of one program, or None when it is not built."""
    binary = os.path.join(build, path)
    if not os.access(binary, os.X_OK):
        return None
    done = subprocess.run([binary, "--settings-json"], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def ask_all(build):
    return {name: ask(build, path) for name, path in PROGRAMS.items()}


def readable(name, value):
    """The number in the largest unit that divides it, or None when no unit does."""
    for end, units in UNITS.items():
        if name.endswith(end) and not name.endswith("_PER_S"):
            for size, unit in units:
                if value and value % size == 0:
                    count = value // size
                    return f"{count} {'day' if (count, unit) == (1, 'days') else unit}"
    return None


def number(name, value):
    text = readable(name, value)
    return f"{value} ({text})" if text else str(value)


def in_range(item):
    if item["kind"] == "int":
        return f"{number(item['name'], item['min'])} to {number(item['name'], item['max'])}"
    if item["kind"] == "bool":
        return "true or false"
    if item["kind"] == "url":
        return "begins with " + item["allowed"].replace(" ", ", ")
    if item["kind"] == "enum":
        return "one of " + item["allowed"].replace(" ", ", ")
    if item["min"] == 0:
        return f"at most {item['max']} characters"
    return f"{item['min']} to {item['max']} characters"


def default(item):
    if item["default"] is None:
        return "Required"
    if not item["default"]:
        return "Default: empty"
    text = readable(item["name"], int(item["default"])) if item["kind"] == "int" else None
    return f"Default `{item['default']}`" + (f" ({text})" if text else "")


def topic(name):
    """The topic with the longest entry that the name begins with."""
    best = max(((len(start), title) for title, starts in TOPICS.items()
                for start in starts.split() if name.startswith(start)), default=(0, "Other"))
    return best[1]


def reloaded(name, tables):
    """A sentence that names the programs that take a new value at SIGHUP, or ""."""
    takes = {program.removeprefix("echostream-"): item["reloaded"]
             for program, items in tables.items() for item in items or () if item["name"] == name}
    if not any(takes.values()):
        return ""
    return " Reloaded" + ("." if all(takes.values()) else
                          f" by {' and '.join(program for program, yes in takes.items() if yes)}.")


def entry(item, tables):
    name = f"**`{item['name']}`**" + (f" or `{item['name']}_FILE`" if item["file"] else "")
    lines = []
    for text, first in ((f"{name}: {item['meaning']}.", "- "),
                        (f"{default(item)}; {in_range(item)}.{reloaded(item['name'], tables)}", "  ")):
        lines += textwrap.wrap(text, 98, initial_indent=first, subsequent_indent="  ",
                               break_long_words=False, break_on_hyphens=False)
    return lines


def section(title, items, tables):
    topics = {}
    for item in items:
        topics.setdefault(topic(item["name"]), []).append(item)
    lines = [f"## {title}", ""]
    for name in [*TOPICS, "Other"]:
        if name in topics:
            if len(topics) > 1:
                lines += [f"### {name}", ""]
            lines += [line for item in topics[name] for line in entry(item, tables)] + [""]
    return lines


def page(tables):
    programs = [name for name, items in tables.items() if items]
    users = {}
    for name in programs:
        for item in tables[name]:
            users.setdefault(item["name"], []).append(name)
    every = {n for n, readers in users.items() if len(readers) == len(programs)}
    some = {n for n, readers in users.items() if 1 < len(readers) < len(programs)}
    first = {item["name"]: item for name in reversed(programs) for item in tables[name]}
    lines = [HEAD]
    lines += section("Every program", [i for n, i in first.items() if n in every], tables)
    for pair in sorted({tuple(users[n]) for n in some}):
        lines += section(" and ".join(pair),
                         [i for n, i in first.items() if n in some and tuple(users[n]) == pair], tables)
    for name in programs:
        lines += section(f"{name} alone", [i for i in tables[name] if users[i["name"]] == [name]], tables)
    lines += ["## Not read by these programs", "",
              "Other tools read these names. The programs accept them, so that one environment can serve all.", "",
              "| name | read by | meaning |", "|---|---|---|"]
    lines += [f"| `{n}` | {reader} | {meaning} |" for n, (reader, meaning) in OTHERS.items()]
    return "\n".join(lines) + "\n"


def main():
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    build = sys.argv[1] if len(sys.argv) > 1 else os.path.join(root, "build")
    tables = ask_all(build)
    sys.stdout.write(page(tables))
    return 0 if all(tables.values()) else 3


if __name__ == "__main__":
    sys.exit(main())
