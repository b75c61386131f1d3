"""Reads docker-compose.yml by Docker Compose, with the secrets that .env.example draws."""

import json
import os
import re
import shlex
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def text(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return f.read()


def draw_env(path):
    """Writes the .env that `sh .env.example` prints; returns its values."""
    made = subprocess.run(["sh", os.path.join(ROOT, ".env.example")], capture_output=True,
                          check=True).stdout
    with open(path, "wb") as f:
        f.write(made)
    return dict(line.split("=", 1) for line in made.decode().splitlines()
                if "=" in line and not line.startswith("#"))


def compose(env_file, *words, files=(), more=None):
    """Runs Docker Compose on the checkout's file. It gets only PATH, HOME and `more` as environment."""
    env = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **(more or {})}
    named = [part for one in ("docker-compose.yml", *files)
             for part in ("-f", os.path.join(ROOT, one))]
    return subprocess.run([*shlex.split(os.environ["COMPOSE"]), "--project-directory", ROOT,
                           "--env-file", env_file, *named, *words],
                          capture_output=True, text=True, env=env)


def read(env_file, files=(), more=None):
    """The parsed docker-compose.yml, with the services of all profiles."""
    done = compose(env_file, "--profile", "*", "config", "--format", "json", files=files, more=more)
    if done.returncode != 0:
        raise SystemExit(f"docker compose config: {done.stderr}")
    return json.loads(done.stdout)


class Stage:
    """A stage of the Dockerfile: a FROM and the instructions after it."""

    def __init__(self, base, name):
        self.base, self.name, self.lines = base, name, []

    def last(self, word):
        found = [line[len(word):].strip() for line in self.lines if line.startswith(word + " ")]
        return found[-1] if found else None

    def health(self):
        line = self.last("HEALTHCHECK")
        return json.loads(line[line.index("CMD") + 3:]) if line else None


def dockerfile():
    """{name: Stage} of packaging/Dockerfile."""
    stages = {}
    stage = None
    joined = re.sub(r"\\\n", " ", re.sub(r"(?m)^#.*\n", "", text("packaging/Dockerfile")))
    for line in filter(None, map(str.strip, joined.splitlines())):
        found = re.fullmatch(r"FROM (\S+) AS (\S+)", line)
        if found:
            stage = stages[found[2]] = Stage(found[1], found[2])
        elif stage:
            stage.lines.append(line)
    return stages


def known_settings():
    return set(re.findall(r'"((?:ES|AWS)_[A-Z0-9_]+)"', text("shared/conf/conf_names.c")))
