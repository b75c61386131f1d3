#!/usr/bin/env python3
"""Checks docker-compose.yml, .env.example and packaging/Dockerfile without an engine: compose.py FOLDER"""

import copy
import os
import re
import sys

import compose_checks as checks
from compose_file import compose, dockerfile, draw_env, read, text
from report import say


def check_rule(rule, value):
    complaints = list(rule(value))
    say(not complaints, rule.__doc__.rstrip("."), complaints)


# An edit for each rule, which breaks the rule: the rule must report it, or it could never fail.
PLANTS = {
    "services": lambda s: s.pop("push"),
    "healthchecks": lambda s: s["redis"].pop("healthcheck"),
    "image_healthchecks": lambda s: s["push"]["healthcheck"].update(test=["CMD", "true"]),
    "limits": lambda s: s["api"]["deploy"]["resources"]["limits"].pop("memory"),
    "restarts": lambda s: s["api"].update(restart="no"),
    "logs": lambda s: s["sqs"].pop("logging"),
    "ports": lambda s: s["redis"]["ports"][0].update(host_ip="0.0.0.0"),
    "tags": lambda s: s["postgres"].update(image="postgres:latest"),
    "targets": lambda s: s["fanout"]["build"].update(target="programs"),
    "settings": lambda s: s["api"]["environment"].update(ES_NO_SUCH_SETTING="1"),
    "confined": lambda s: s["push"].update(read_only=False),
    "waits": lambda s: s["fanout"]["depends_on"].pop("migrate"),
    "grace": lambda s: s["push"].update(stop_grace_period="10s"),
}


def check_plants(config):
    for name, break_it in PLANTS.items():
        broken = copy.deepcopy(config)
        break_it(broken["services"])
        rule = getattr(checks, name)
        say(list(rule(broken)), f"a planted fault is reported by: {rule.__doc__.rstrip('.')}")
    broken = dockerfile()
    broken["api"].lines.insert(0, "RUN apt-get install -y gcc")
    broken["push"].lines.append("USER root")
    found = list(checks.final_images(broken))
    say(len(found) == 2, "planted faults of the Dockerfile are found", found if len(found) != 2 else ())


def check_example(folder, drawn):
    """.env.example draws the secrets that docker-compose.yml requires, and lists its other variables."""
    other = draw_env(os.path.join(folder, "other.env"))
    say(drawn.keys() == other.keys() and all(drawn[k] != other[k] for k in drawn)
        and all(re.fullmatch("[0-9a-f]{64}", v) for v in drawn.values()),
        ".env.example draws secrets of 32 bytes, which differ each time")
    used = set(re.findall(r"\$\{([A-Z_]+)", text("docker-compose.yml")))
    required = set(re.findall(r"\$\{([A-Z_]+):\?", text("docker-compose.yml")))
    offered = set(re.findall(r"(?m)^#([A-Z_]+)=", text(".env.example"))) - {"COMPOSE_PROFILES"}
    strange = (offered | drawn.keys()) - used
    unnamed = {n for n in used if not n.endswith("_FILE")} - offered - drawn.keys()
    say(not strange and not unnamed, ".env.example and docker-compose.yml name the same variables",
        [*(f"{n} is not used" for n in strange), *(f"{n} is not offered" for n in unnamed)])
    for name in sorted(required):
        kept = os.path.join(folder, "less.env")
        with open(kept, "w", encoding="utf-8") as f:
            f.writelines(f"{k}={v}\n" for k, v in drawn.items() if k != name)
        done = compose(kept, "config", "-q")
        say(done.returncode != 0 and name in done.stderr and "docs/docker.md" in done.stderr,
            f"without {name} the start is refused, and the error names docs/docker.md")


def check_bind_address(env_file):
    """BIND_ADDRESS applies to the two ports for clients, and to no other."""
    config = read(env_file, more={"BIND_ADDRESS": "0.0.0.0"})
    found = sorted(p["target"] for one in config["services"].values() for p in one.get("ports", [])
                   if p["host_ip"] != "127.0.0.1")
    say(found == [8080, 8082], "BIND_ADDRESS opens 8080 and 8082 only", [f"opens {found}"])


def main():
    folder = sys.argv[1]
    env_file = os.path.join(folder, "env")
    drawn = draw_env(env_file)
    for words, name in ((("config", "-q"), "the default"), (("--profile", "sqs", "config", "-q"),
                                                           "the profile sqs")):
        done = compose(env_file, *words)
        say(done.returncode == 0 and not done.stderr, f"docker compose accepts {name}",
            done.stderr.splitlines())
    listed = compose(env_file, "config", "--services").stdout.split()
    say("sqs" not in listed and len(listed) == 6, "the default has six services, without sqs")
    config = read(env_file)
    for rule in checks.CONFIG_RULES:
        check_rule(rule, config)
    check_rule(checks.final_images, dockerfile())
    check_plants(config)
    check_example(folder, drawn)
    check_bind_address(env_file)
    done = compose(env_file, "config", "-q", files=["packaging/docker/secrets.yml"])
    say(done.returncode == 0, "docker compose accepts secrets in files", done.stderr.splitlines())
    same = os.environ["SQS_FAUXQS"] == re.search(r"ARG FAUXQS=(\S+)", text("packaging/Dockerfile"))[1]
    say(same, "the image sqs has the version of the tests")
    queues = [url.rsplit("/", 1)[1] for url in
              config["services"]["api"]["environment"]["ES_SQS_QUEUE_URLS"].split(",")]
    said = dockerfile()["sqs"].last("CMD")
    say(queues == os.environ["SQS_QUEUES"].split(",") and os.environ["SQS_QUEUES"] in said,
        "compose, image and tests name the same queues", [f"{queues}, {said}"])


if __name__ == "__main__":
    main()
