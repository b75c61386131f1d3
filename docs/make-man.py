#!/usr/bin/env python3
"""Write a man page from what the programs themselves print.

make-man.py PAGE BUILD_DIR prints PAGE (echostream-push.8, echostreamctl.8, echostream-settings.5)
on stdout. Options, verbs and settings come from --help and --settings-json, so a page cannot name
one that the program lacks; an option without a description here is an error.
"""
import importlib.util
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True  # no __pycache__ among the documents
HERE = os.path.dirname(os.path.abspath(__file__))
spec = importlib.util.spec_from_file_location("make_settings", os.path.join(HERE, "make-settings.py"))
make_settings = importlib.util.module_from_spec(spec)
spec.loader.exec_module(make_settings)

ALSO = ("echostream-api(8)", "echostream-fanout(8)", "echostream-push(8)", "echostreamctl(8)",
        "echostream-settings(5)")

OPTIONS = {
    "--take-over": "Share the listening addresses of a running master of this program. Send the old "
                   "master SIGTERM when the new one is ready.",
    "--help": "Print the options and all settings.",
    "--version": "Print the name and the version.",
    "--check-config": "Read all settings, print each fault, and exit with status 0 or 78.",
    "--print-config": "Print all settings with their source; secrets are masked.",
    "--settings-markdown": "Print the table of settings as Markdown.",
    "--settings-json": "Print the table of settings as JSON.",
}

# name: (one line, paragraphs)
PROGRAMS = {
    "echostream-api": (
        "REST API of EchoStream (FastCGI)",
        ["echostream-api serves the REST API behind lighttpd. A master process starts three pools of "
         "workers: one for sends, which may wait for their commit, one for all other requests, and "
         "one process for health checks. Each pool has a unix socket, which lighttpd opens."]),
    "echostream-fanout": (
        "commits and publishes the messages of EchoStream",
        ["echostream-fanout takes messages from the queue, commits them to PostgreSQL in batches, and "
         "publishes the events of each batch through Redis. Several workers, also on several hosts, "
         "share the partitions of the queue."]),
    "echostream-push": (
        "WebSocket server of EchoStream",
        ["echostream-push holds the WebSockets of browsers and delivers events to them. A master "
         "process starts the workers; another process serves /healthz, /readyz, /metrics and "
         "/version.",
         "It serves no TLS. haproxy or lighttpd does that in front of it."]),
}

SIGNALS = {
    "SIGTERM, SIGINT": "Drain: accept no more clients, finish the work, and exit within the time "
                       "that the setting {drain} names.",
    "SIGHUP": "Read the settings file and the files of secrets again. The log has the result.",
}

STATUSES = {
    "0": "The program ended as SIGTERM asks.",
    "1": "The start failed, or a worker had to be killed at the end of a drain.",
    "2": "An option is unknown.",
    "78": "A setting is faulty; the log names each fault.",
}


def quoted(text):
    """Text for troff: no escape, no line that begins like a request."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text.startswith((".", "'")) else text


def head(name, section):
    version = subprocess.run([binary("echostreamctl"), "--version"], check=True, text=True,
                             capture_output=True).stdout.split()[1]
    return [f'.TH "{name.upper()}" "{section}" "" "EchoStream {version}" "EchoStream"']


def tagged(tag, *paragraphs):
    lines = [".TP", f".B {quoted(tag)}", quoted(paragraphs[0])]
    for text in paragraphs[1:]:
        lines += [".br", quoted(text)]
    return lines


def table(title, rows):
    lines = [f".SH {title}"]
    for tag, text in rows.items():
        lines += tagged(tag, text)
    return lines


def see_also(name):
    others = [f".BR {quoted(one[:-3])} {one[-3:]}" for one in ALSO if not one.startswith(name + "(")]
    return [".SH SEE ALSO", *[line + "," for line in others[:-1]], others[-1]]


PATHS = {**make_settings.PROGRAMS, "echostreamctl": "ctl/echostreamctl"}


def binary(name):
    return os.path.join(BUILD, PATHS[name])


def printed(name, option):
    return subprocess.run([binary(name), option], check=True, text=True, capture_output=True).stdout


def program(name):
    brief, paragraphs = PROGRAMS[name]
    usage = printed(name, "--help").split("\n\n", 1)[0]
    options = re.findall(r"--[a-z-]+", usage)
    lost = set(options) ^ set(OPTIONS)
    if lost:
        sys.exit(f"make-man.py: OPTIONS and {name} --help differ: {' '.join(sorted(lost))}")
    settings = [item["name"] for item in make_settings.ask(BUILD, PATHS[name])]
    drain = next(one for one in settings if one.endswith("_DRAIN_MS"))
    lines = head(name, 8) + [".SH NAME", f"{quoted(name)} \\- {quoted(brief)}", ".SH SYNOPSIS",
                             f".B {quoted(name)}", "[" + " | ".join(f"\\fB{quoted(o)}\\fR" for o in options) + "]",
                             ".SH DESCRIPTION"]
    for text in paragraphs:
        lines += [quoted(text), ".PP"]
    lines += [quoted("The program writes its log to stderr, a JSON object a line. All settings come from "
                     "the environment, or from the file that ES_SETTINGS_FILE names. In a unit of "
                     "Type=notify it tells systemd when all workers serve, and feeds the watchdog while "
                     "no worker hangs.")]
    lines += table("OPTIONS", {one: OPTIONS[one] for one in options})
    lines += table("SIGNALS", {k: v.format(drain=drain) for k, v in SIGNALS.items()})
    lines += table("EXIT STATUS", STATUSES)
    lines += [".SH ENVIRONMENT", quoted("echostream-settings(5) describes these settings:")]
    lines += [line for one in settings for line in (".br", f".B {quoted(one)}")]
    lines += [".SH FILES"] + tagged("/etc/echostream/echostream.env", "The settings of all units of this host.")
    return lines + see_also(name)


def ctl():
    text = printed("echostreamctl", "--help")
    usage, verbs, rest = text.split("\n\n", 2)
    lines = head("echostreamctl", 8) + [
        ".SH NAME", f"echostreamctl \\- {quoted('operates EchoStream from a shell')}", ".SH SYNOPSIS",
        ".B echostreamctl", quoted(usage.split(None, 2)[2]), ".SH DESCRIPTION",
        quoted("echostreamctl creates tenants, users, tokens and keys through the REST API, shows messages "
               "as they arrive, checks and measures the services, handles dead letters and migrates the database."),
        ".SH VERBS"]
    for line in verbs.splitlines():
        lines += [quoted(line.strip())] if line.startswith("   ") else [".TP", f".B {quoted(line.strip())}"]
    lines += [".SH OPTIONS"]
    for line in rest.splitlines():
        if line.startswith("  -"):
            tag, _, meaning = line.strip().partition("   ")
            lines += [".TP", f".B {quoted(tag)}", quoted(meaning.strip() or "As for all programs.")]
        else:
            lines += [".PP", quoted(line)]
    lines += [".SH EXAMPLES", quoted("Migrate the database, as the owner of its tables:"), ".PP", ".nf",
              quoted("ES_SETTINGS_FILE=/etc/echostream/owner.env echostreamctl db migrate"), ".fi",
              ".PP", quoted("Measure another machine for a minute, in a tenant of its own:"), ".PP", ".nf",
              quoted("ES_OPERATOR_KEY_FILE=operator.key echostreamctl --server https://chat.example.com "
                     "bench --remote --seconds 60"), ".fi"]
    return lines + see_also("echostreamctl")


def setting(item, readers, said):
    name = item["name"]
    tag = name + (f", {name}_FILE" if item["file"] else "")
    facts = f"{make_settings.default(item)}; {make_settings.in_range(item)}.".replace("`", "")
    facts += make_settings.reloaded(name, said)
    return tagged(tag, item["meaning"] + ".", facts, "Read by " + ", ".join(readers) + ".")


def settings():
    said = make_settings.ask_all(BUILD)
    if not all(said.values()):
        sys.exit("make-man.py: a program is not built")
    items, readers = {}, {}
    for name, rows in said.items():
        for item in rows:
            items.setdefault(item["name"], item)
            readers.setdefault(item["name"], []).append(name)
    lines = head("echostream-settings", 5) + [
        ".SH NAME", "echostream\\-settings \\- settings of the programs of EchoStream", ".SH DESCRIPTION"]
    for paragraph in make_settings.HEAD.split("\n\n")[1:-1]:
        text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", paragraph.replace("\n", " "))
        lines += [quoted(text.replace("`", "").replace("*", "")), ".PP"]
    topics = {}
    for name, item in items.items():
        topics.setdefault(make_settings.topic(name), []).append(item)
    for title in [*make_settings.TOPICS, "Other"]:
        if title in topics:
            lines += [f".SH {quoted(title).upper()}"]
            lines += [line for item in topics[title] for line in setting(item, readers[item["name"]], said)]
    return lines + see_also("echostream-settings")


def main(page):
    name, section = page.rsplit(".", 1)
    if name == "echostream-settings":
        lines = settings()
    elif name == "echostreamctl":
        lines = ctl()
    else:
        lines = program(name)
    assert section == ("5" if name == "echostream-settings" else "8"), page
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    BUILD = sys.argv[2]
    main(sys.argv[1])
