#!/usr/bin/env python3
"""Runs the services of docker-compose.yml one by one, from the built images: run.py STORE FOLDER

Its caller (tests/run/images.sh) gives it network, mount and process namespaces of its own.
"""

import os
import sys
import traceback

import ecs
import image_rules
import tls
from compose_file import ROOT, compose, draw_env, read
from engine import Engine, Fault, run, scenario
from report import say

PROGRAMS = ("fanout", "push", "api")


class Stack:
    """The engine, the parsed docker-compose.yml, and the settings for scenarios."""

    def __init__(self, store, folder):
        os.makedirs(folder, exist_ok=True)
        self.folder, self.engine = folder, Engine(store, folder)
        self.env_file = os.path.join(folder, "env")
        self.drawn = draw_env(self.env_file)
        self.config = read(self.env_file)

    def scenario_env(self, name, ws_port):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(f"ES_URL=http://127.0.0.1:8080\nES_WS_URL=ws://127.0.0.1:{ws_port}/ws\n"
                    f"ES_OPERATOR_KEY={self.drawn['ES_OPERATOR_KEY']}\n"
                    f"ES_JWT_SECRET={self.drawn['ES_JWT_SECRET']}\n")
        return path

    def start(self, *names, config=None, **more):
        for name in names:
            self.engine.start(config or self.config, name, **more)
        for name in names:
            self.engine.healthy(name)

    def talk(self, what, ws_port=8080, names=("00-seed-rest", "00-seed-ws")):
        done = scenario(self.scenario_env(f"scenario-{ws_port}", ws_port), *names)
        good = done.returncode == 0 and "\nok " in "\n" + done.stdout
        say(good, what, [] if good else (done.stdout + done.stderr).splitlines()[-60:])


def servers(s):
    s.start("postgres", "redis")
    say(True, "postgres and redis are healthy")
    refused = s.engine.exec("redis", "env", "-u", "REDISCLI_AUTH", "redis-cli", "ping")
    say("NOAUTH" in refused.stdout, "redis refuses a client without the password")


def migrate(s):
    check = s.config["services"]["migrate"]["healthcheck"]["test"][1:]
    before = s.engine.once(s.config, "migrate", *check, check=False)
    say(before.returncode == 1 and "not applied" in before.stderr,
        "migrate is not healthy before the migrations", [before.stderr[-500:]])
    done = s.engine.once(s.config, "migrate")
    say("applied" in done.stdout, "migrate applies the migrations and exits with status 0")
    done = s.engine.once(s.config, "migrate")
    say("up to date" in done.stdout, "a second migrate changes nothing")
    done = s.engine.once(s.config, "migrate", *check, check=False)
    say(done.returncode == 0, "migrate is healthy after the migrations", [done.stderr[-500:]])
    done = s.engine.once(s.config, "migrate", "psql", "-X", "-Atc", "SELECT current_user", check=False,
                         more=["--env=PGHOST=postgres", "--env=PGUSER=echostream_app",
                               "--env=PGDATABASE=echostream",
                               f"--env=PGPASSWORD={s.drawn['APP_PASSWORD']}"])
    say(done.stdout.strip() == "echostream_app", "migrate has psql, and the application may log in",
        [done.stderr])


def recipe(s):
    """Runs the commands with which docs/docker.md creates the first tenant."""
    with open(os.path.join(ROOT, "docs/docker.md"), encoding="utf-8") as f:
        block = f.read().split("## How do I create the first tenant?")[1].split("A second tenant")[0]
    lines = [line[4:] for line in block.splitlines() if line.startswith("    ")]
    os.makedirs(f"{s.folder}/recipe", exist_ok=True)
    os.replace(s.env_file, f"{s.folder}/recipe/.env")
    os.symlink(f"{s.folder}/recipe/.env", s.env_file)
    done = run(["sh", "-euc", f"cd {s.folder}/recipe\n" + "\n".join(lines)], check=False)
    say(done.returncode == 0 and '"body":"Hello, world!"' in done.stdout,
        "the commands of docs/docker.md create a tenant and send a message",
        [] if done.returncode == 0 else [done.stdout, done.stderr])


def default(s):
    servers(s)
    migrate(s)
    s.start(*PROGRAMS)
    say(True, "fanout, push and api are healthy")
    s.talk("REST and /ws through lighttpd: a message arrives")
    s.talk("WebSockets at push-server's own port: a message arrives", 8082,
           ("00-seed-ws", "22-ws-send"))
    recipe(s)
    for name in PROGRAMS:
        image_rules.confined(s, name)
    done = s.engine.exec("api", "echostreamctl", "check", "postgres", check=False)
    done2 = s.engine.exec("api", "echostreamctl", "check", "queue", check=False)
    say(done.returncode == 0 and done2.returncode == 0, "echostreamctl check works inside api",
        [done.stderr, done2.stderr])
    image_rules.logs(s)
    image_rules.signals(s)


def secrets(s):
    """Puts the secrets of tokens into files instead of .env. Mounts no tmpfs, because AWS Fargate has none."""
    folder = os.path.join(s.folder, "secrets")
    os.mkdir(folder, 0o700)
    for name, value in (("jwt_secret", "ES_JWT_SECRET"), ("operator_key", "ES_OPERATOR_KEY")):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
            f.write(s.drawn[value] + "\n")
        os.chmod(f.name, 0o444)
    env_file = os.path.join(s.folder, "without.env")
    with open(env_file, "w", encoding="utf-8") as f:
        f.writelines(f"{k}={v}\n" for k, v in s.drawn.items() if not k.startswith("ES_"))
    config = read(env_file, files=["packaging/docker/secrets.yml"])
    for name, one in config["secrets"].items():
        one["file"] = os.path.join(folder, os.path.basename(one["file"]))
    for name in PROGRAMS:
        config["services"][name].pop("tmpfs")
    s.start(*PROGRAMS, config=config)
    s.talk("secrets in files, and only the volume is writable: a message arrives")
    done = compose(env_file, "config", "--format", "json").stdout
    say(s.drawn["ES_JWT_SECRET"] not in done,
        "with secrets in files `docker compose config` does not print them")


def sqs(s):
    config = read(s.env_file, more={"ES_QUEUE_URL": "sqs:"})
    s.start("sqs", *PROGRAMS, config=config)
    s.talk("profile sqs: a message arrives")
    counts = run(["curl", "-fsS", "-d", "", "http://127.0.0.1:4566/_test/counts"]).stdout
    say('"SendMessageBatch"' in counts or '"SendMessage"' in counts, "the message went through SQS",
        [counts])
    s.engine.podman("stop", "-t", "10", "sqs")


def main():
    store, folder = sys.argv[1:3]
    s = Stack(store, folder)
    image_rules.sizes(s.engine)
    try:
        for part in (default, secrets, sqs, ecs.all_of, tls.all_of):
            try:
                part(s)
            except Fault as e:
                say(False, f"{part.__module__.removeprefix('__main__')} {part.__name__}",
                    str(e).splitlines())
    except Exception:
        traceback.print_exc()
        say(False, "the run raises no exception")
    finally:
        s.engine.clear()


if __name__ == "__main__":
    main()
