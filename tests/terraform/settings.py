"""Runs each program with --check-config and the settings of its task on AWS. Also runs the command of
the first container of each task.

    settings.py STATE BUILD_DIR      STATE: `terraform test -json -verbose` of the whole deployment

This finds a renamed setting, or a value out of range, before a task on AWS fails to start.
"""

import json
import os
import stat
import subprocess
import sys
import tempfile

PROGRAMS = {"api": "api-fcgi/echostream-api", "push": "push-server/echostream-push", "fanout": "fanout/echostream-fanout"}

# Terraform's mock returns random text as the URLs of queues, and ARNs instead of secrets. Replace both.
QUEUE = "https://sqs.eu-central-1.amazonaws.com/123456789012/echo-events-%d.fifo"
# Variables that ECS itself sets.
ECS = {"AWS_REGION": "eu-central-1", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials/x"}
# hiredis of Debian 12 has no TLS, so the URL here is a plain one.
SECRETS = {"ES_REDIS_URL": "redis://:secret@primary.example:6379"}


def containers(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            said = json.loads(line) if line.startswith("{") else {}
            if said.get("type") == "test_state" and "containers" in said["test_state"].get("outputs", {}):
                return said["test_state"]["outputs"]["containers"]["value"]
    sys.exit("no state with the output `containers`")


def environment(container):
    env = dict(ECS)
    env.update((e["name"], e["value"]) for e in container["environment"])
    env.update((e["name"], SECRETS.get(e["name"], "s" * 64)) for e in container["secrets"])
    if "ES_SQS_QUEUE_URLS" in env:
        n = env["ES_SQS_QUEUE_URLS"].count(",") + 1
        env["ES_SQS_QUEUE_URLS"] = ",".join(QUEUE % i for i in range(n))
    return env


def check(program, env):
    return subprocess.run([program, "--check-config"], env=env, text=True, capture_output=True, timeout=30, check=False)


def prepared(container, folder):
    """Runs the first container's command with `folder` instead of /run/echostream. Returns None, or the fault."""
    command = [word.replace("/run/echostream", folder) for word in container["entryPoint"] + container["command"]]
    ran = subprocess.run(command, env={**os.environ, **environment(container)}, text=True, capture_output=True, timeout=30, check=False)
    if ran.returncode != 0:
        return ran.stderr
    with open(folder + "/database-ca.pem", encoding="utf-8") as file:
        if file.read() != environment(container)["DATABASE_CA"]:
            return "database-ca.pem differs"
    if container["command"][-1].find("openssl") < 0:
        return None
    if stat.S_IMODE(os.stat(folder + "/privkey.pem").st_mode) != 0o600:
        return "others may read the key"
    ran = subprocess.run(["openssl", "x509", "-noout", "-checkend", "86400", "-in", folder + "/fullchain.pem"],
                         text=True, capture_output=True, timeout=30, check=False)
    return None if ran.returncode == 0 else "the certificate expires within a day"


def main(state, build):
    bad = False

    def result(name, ran, good):
        nonlocal bad
        bad |= not good
        print("%s%s" % ("" if good else ran.stdout + ran.stderr, "%s %s" % ("ok" if good else "not ok", name)))

    tasks = containers(state)
    for name, path in PROGRAMS.items():
        env = environment(tasks[name][name])
        ran = check("%s/%s" % (build, path), env)
        # A warning names a setting that no program knows.
        result("%s accepts the settings of its task" % name, ran, ran.returncode == 0 and "unknown" not in ran.stdout + ran.stderr)
    for name, task in tasks.items():
        with tempfile.TemporaryDirectory() as folder:
            fault = prepared(task["prepare"], folder)
        bad |= fault is not None
        print("%s%s the first container of %s writes its files" % (fault or "", "not ok" if fault else "ok", name))
    ran = check("%s/%s" % (build, PROGRAMS["push"]), {**environment(tasks["push"]["push"]), "ES_PUSH_DRAIN_MSS": "1"})
    result("a misspelt setting of a task is found", ran, ran.returncode != 0)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
