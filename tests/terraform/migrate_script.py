"""Runs terraform/modules/stack/run-migrate.sh with a stand-in for `aws`, whose answers are in files.

    migrate_script.py FOLDER      FOLDER gets the stand-in and its files
"""

import os
import subprocess
import sys

SCRIPT = "terraform/modules/stack/run-migrate.sh"

# The stand-in selects an answer by its arguments: the command (run-task) or the field in --query. Each call
# for lastStatus prints the first line of `status` and removes that line, unless it is the only one.
AWS = """#!/bin/sh
echo "$*" >>"$FAKE/calls"
case "$*" in
*run-task*) cat "$FAKE/run" && exit "$(cat "$FAKE/run.code")" ;;
*lastStatus*) line=$(head -n 1 "$FAKE/status"); [ "$(wc -l <"$FAKE/status")" = 1 ] || sed -i 1d "$FAKE/status"; echo "$line" ;;
*exitCode*) cat "$FAKE/codes" ;;
*stoppedReason*) echo "Essential container in task exited" ;;
*) exit 9 ;;
esac
"""

GOOD = {"run": "arn:aws:ecs:eu-central-1:123456789012:task/echo/1\n", "run.code": "0", "status": "PENDING\nRUNNING\nSTOPPED\n",
        "codes": "prepare\t0\nroles\t0\nmigrate\t0\n"}

# name, changed answers, exit status, text of the output
CASES = [
    ("a migration that succeeds is reported", {}, 0, "migrate: done"),
    ("a migration that fails is reported", {"codes": "prepare\t0\nroles\t0\nmigrate\t1\n"}, 1, "migrate 1"),
    ("a container that never started is reported", {"codes": "prepare\t0\nroles\t1\nmigrate\tNone\n"}, 1, "migrate None"),
    ("a failure names the log", {"codes": "migrate\t1\n"}, 1, "aws logs tail /echostream/echo-migrate"),
    ("a task that ECS does not start is reported", {"run": "None\n"}, 1, "ECS started no task"),
    ("a refused run-task is reported", {"run": "AccessDenied\n", "run.code": "254"}, 1, "run-task failed"),
    ("a task without containers is a failure", {"codes": ""}, 1, "the task failed"),
    ("the script gives up on a task that never stops", {"status": "RUNNING\n"}, 1, "still runs after 0 s"),
]


def run(folder, answers, path):
    for name, text in {**GOOD, **answers}.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
    env = {"PATH": path, "FAKE": folder, "AWS_REGION": "eu-central-1", "CLUSTER": "echo", "TASK_DEFINITION": "echo-migrate:7",
           "SUBNETS": "subnet-1,subnet-2", "SECURITY_GROUP": "sg-1", "LOG_GROUP": "/echostream/echo-migrate",
           "PAUSE_S": "0", "LONGEST_S": "0" if answers.get("status") else "60"}
    ran = subprocess.run(["sh", SCRIPT], env=env, text=True, capture_output=True, timeout=60, check=False)
    return ran.returncode, ran.stdout + ran.stderr


def main(folder):
    folder = os.path.join(folder, "migrate")
    os.makedirs(os.path.join(folder, "bin"))
    with open(os.path.join(folder, "bin", "aws"), "w", encoding="utf-8") as file:
        file.write(AWS)
    os.chmod(os.path.join(folder, "bin", "aws"), 0o755)
    system = "/usr/bin:/bin"
    bad = False

    def result(name, good, said):
        nonlocal bad
        bad |= not good
        print("%s%s run-migrate.sh: %s" % ("" if good else said, "ok" if good else "not ok", name))

    for name, answers, status, text in CASES:
        got, said = run(folder, answers, "%s/bin:%s" % (folder, system))
        result(name, got == status and text in said, said)
    with open(os.path.join(folder, "calls"), encoding="utf-8") as file:
        call = file.readline()
    result("the task runs in the private subnets, without a public address",
           "awsvpcConfiguration={subnets=[subnet-1,subnet-2],securityGroups=[sg-1],assignPublicIp=DISABLED}" in call, call)
    os.mkdir(os.path.join(folder, "empty"))
    os.symlink("/bin/sh", os.path.join(folder, "empty", "sh"))
    got, said = run(folder, {}, os.path.join(folder, "empty"))
    result("a missing aws command is named", got == 1 and "the aws command is missing" in said, said)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
