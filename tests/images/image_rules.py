"""Checks what each image promises: size, user, confinement, process 1, logs, signals."""

import json
import re
import time

from report import say

LARGEST = 150 * 10 ** 6
USER = "990"


def sizes(engine):
    for name in ("api", "push", "fanout", "migrate"):
        size = engine.size(f"localhost/echostream-{name}:dev")
        say(size <= LARGEST, f"image {name} has {size / 1e6:.0f} MB, at most 150")


def confined(s, name):
    def ask(*words):
        return s.engine.exec(name, *words).stdout

    status = dict(re.findall(r"(?m)^(\w+):\s+(.*)$", ask("cat", "/proc/1/status")))
    say(ask("id", "-u").strip() == USER and status["Uid"].split() == [USER] * 4,
        f"{name} runs as user {USER}", [status.get("Uid")])
    say(int(status["CapEff"], 16) == 0 and int(status["CapBnd"], 16) == 0
        and status["NoNewPrivs"] == "1", f"{name} has no capability and can gain none", [status])
    say(status["Name"] == "tini", f"{name}: process 1 is tini")
    mounts = [line.split() for line in ask("cat", "/proc/mounts").splitlines()]
    root = [m for m in mounts if m[1] == "/"][-1]
    writable = sorted(m[1] for m in mounts if re.match(r"rw\b", m[3]) and not
                      re.match("/(proc|sys|dev)(/|$)", m[1]))
    say(re.match(r"ro\b", root[3]) and set(writable) <=
        {"/tmp", "/run/echostream", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf",
         "/run/.containerenv"}, f"{name}: only /tmp and /run/echostream are writable",
        [root, writable])
    tools = ask("sh", "-c", "command -v gcc cc ld as make perl python3 npm node; true").split()
    say([t for t in tools if "perl" not in t] == [], f"{name} has no compiler", tools)
    # Make an orphan: its parent ends first, so process 1 has to reap it.
    ask("sh", "-c", "(sleep 0.2 &) ; exit 0")
    time.sleep(0.6)
    zombies = ask("sh", "-c", "grep -l '^State:.Z' /proc/[0-9]*/status; true")
    say(not zombies, f"{name}: process 1 reaps orphans", [zombies])


def logs(s):
    """Each line is one JSON object, except in lighttpd's own error log."""
    for name in ("fanout", "push", "api"):
        lines = s.engine.logs(name).splitlines()
        odd = []
        for line in lines:
            try:
                json.loads(line)
            except ValueError:
                odd += [] if re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d: \(", line) else [line]
        say(lines and not odd, f"{name} logs JSON to the container's streams", odd[:5])
    # lighttpd writes its access log every few seconds.
    say(appears(s.engine, '"svc":"lighttpd"', 20), "api: lighttpd's access log is in the container's log",
        s.engine.logs("api").splitlines()[-20:])


def appears(engine, text, seconds):
    limit = time.monotonic() + seconds
    while text not in engine.logs("api") and time.monotonic() < limit:
        time.sleep(0.2)
    return text in engine.logs("api")


def signals(s):
    e = s.engine
    e.podman("kill", "-s", "HUP", "api")
    say(appears(e, "SIGHUP changes nothing", 10), "api: SIGHUP reaches echostream-api",
        e.logs("api").splitlines()[-20:])
    for victim in ("lighttpd", "echostream-api"):
        s.start("api")
        # The oldest process of that name is the master.
        e.exec("api", "sh", "-c",
               f"for p in $(ls /proc | grep '^[0-9]' | sort -n); do "
               f"[ \"$(readlink /proc/$p/exe | sed 's,.*/,,')\" = {victim} ] && kill -9 $p && exit; done; false")
        code = e.ended("api", 40)
        say(code not in (None, 0) and f'"program":"{victim}"' in e.logs("api"),
            f"the container api exits with an error when its {victim} is killed",
            [f"exit {code}", e.logs("api")[-800:]])
    s.start("api")
    for name in ("api", "push", "fanout"):
        code, seconds = e.stop(s.config, name)
        say(code == 0, f"{name} exits with status 0, {seconds:.1f} s after SIGTERM",
            [f"exit {code}", e.logs(name)[-800:]])
