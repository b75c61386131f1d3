#!/usr/bin/env python3
"""Checks the commands of `./dev`. dev_stack.py WORK_DIR, settings in the environment."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import dev_doctor
import dev_reload
import dev_restart
from dev_tools import (ROOT, STACK, BUILD, PROGRAMS, CHECKS, check, dev, up, status, pids,
                       all_processes, birth, alive, eventually, answers, nothing_left)


@check("up -d returns when all programs are ready, and its last line says so")
def first_up():
    output = up()
    assert output.rstrip().splitlines()[-1].startswith("EchoStream is ready."), output
    assert answers() and answers("/push/readyz") and answers("/fanout/readyz")


@check("a second up prints the same information and succeeds")
def second_up():
    done = dev("up")
    assert done.returncode == 0 and "already up" in done.stdout, done.stdout
    assert "Operator key" in done.stdout


@check("status shows the settings that scripts need, and every program")
def status_output():
    env = dict(line.split("=", 1) for line in dev("status", "-o", "env").stdout.splitlines())
    for name in ("ES_URL", "ES_WS_URL", "ES_OPERATOR_KEY", "ES_DATABASE_URL", "ES_REDIS_URL"):
        assert env[name], name
    found = status()
    assert [p["name"] for p in found["programs"]] == PROGRAMS
    assert all(p["state"] == "up" and p["pid"] > 1 for p in found["programs"]), found
    assert found["ES_URL"] == env["ES_URL"]


check("doctor names the ports that the running stack has")(dev_doctor.of_a_stack)


@check("only their owner may read files with secrets")
def secrets():
    for path in (STACK / "secrets/jwt.key", STACK / "secrets/operator.key", STACK / "env", STACK / "log/up.log"):
        assert path.stat().st_mode & 0o077 == 0, path


@check("no log contains the operator key or a token")
def logs_without_secrets():
    assert "Operator key" in dev("status").stdout
    key = (STACK / "secrets/operator.key").read_text()
    for path in (STACK / "log").iterdir():
        text = path.read_text(errors="replace")
        assert key not in text and "eyJ" not in text, path


@check("each program gets its own drain time before it is killed")
def stop_limits():
    for name, program in (("api", "api-fcgi/echostream-api"), ("push", "push-server/echostream-push"),
                          ("fanout", "fanout/echostream-fanout")):
        settings = subprocess.run([BUILD / program, "--print-config"], text=True, capture_output=True, check=True,
                                  env={**os.environ, **dict(x.split("=", 1) for x in (STACK / "env").read_text().split())})
        drain = next(int(x.split("=")[1]) for x in settings.stdout.split() if "_DRAIN_MS=" in x)
        output = subprocess.run(["sh", "-c", ". packaging/dev/common.sh && . packaging/dev/procs.sh && stop_limit " + name],
                              cwd=ROOT, text=True, capture_output=True, check=True, env={**os.environ, "ROOT": ROOT})
        assert int(output.stdout) * 100 > drain, (name, output.stdout, drain)


@check("./dev token prints only the token on stdout")
def token():
    done = dev("token", "alice")
    assert done.returncode == 0 and len(done.stdout.split()) == 1, done.stdout + done.stderr


def pasted(line):
    return subprocess.run(["sh", "-c", line], cwd=ROOT, text=True, capture_output=True, timeout=30, check=True).stdout


@check("the commands below `Try:` work when pasted")
def try_lines():
    lines = [x.strip() for x in dev("status").stdout.split("Try:")[1].splitlines() if x.strip()]
    channels, send, tail = lines[:3]
    assert json.loads(pasted(channels))["channels"], channels
    # Read bytes, because Python 3.13's text stream cannot read an empty pipe.
    with subprocess.Popen(["sh", "-c", "exec env " + tail], cwd=ROOT, stdout=subprocess.PIPE) as shown:
        os.set_blocking(shown.stdout.fileno(), False)
        seen = [b""]

        def arrives():
            """the third command shows a message that the second command sends"""
            assert json.loads(pasted(send))["messageId"] > 0
            seen[0] += shown.stdout.read() or b""
            return b"hello" in seen[0]

        eventually(arrives)
        shown.terminate()


@check("./dev psql and ./dev redis-cli reach the stack's servers")
def shells():
    assert dev("psql", "-Atc", "select current_user").stdout == "postgres\n"
    assert dev("psql", "--app", "-Atc", "select current_user").stdout == "echostream_app\n"
    assert dev("redis-cli", "config", "get", "appendfsync").stdout.split()[-1] == "always"


@check("./dev starts a killed program again")
def restarts_killed():
    for name in reversed(PROGRAMS):
        old = pids()[name]
        os.kill(old, signal.SIGKILL)
        new = eventually(lambda: next((p for n, p in pids().items() if n == name and p not in (old, 0)), 0))
        assert birth(new)
    eventually(lambda: answers() and answers("/push/readyz") and answers("/fanout/readyz"), 30)
    output = (STACK / "log/up.log").read_text()
    for name in PROGRAMS:
        assert f"{name} started again" in output, output[-2000:]


@check("an api that drains does not delete the sockets of its successor")
def handover():
    env = {**os.environ, **dict(x.split("=", 1) for x in (STACK / "env").read_text().split())}
    key = "Authorization: Bearer " + dev("token", "alice").stdout.strip()
    old = pids()["api"]
    with subprocess.Popen([ROOT + "/dev", "psql", "-Atc", "begin; lock table tenants; select pg_sleep(3)"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as lock:
        locked = "select count(*) from pg_locks where mode = 'AccessExclusiveLock' and relation = 'tenants'::regclass"
        eventually(lambda: dev("psql", "-Atc", locked).stdout == "1\n")
        with subprocess.Popen(["curl", "-s", "-o", "/dev/null", "-H", key, env["ES_URL"] + "/api/v1/channels"]) as held:
            # The request waits for the lock, so the old master drains until the lock is gone.
            waits = "select count(*) from pg_locks where not granted"
            eventually(lambda: int(dev("psql", "-Atc", waits).stdout) > 0)
            os.kill(old, signal.SIGTERM)
            eventually(lambda: not (STACK / "run/api.sock").exists())
            assert birth(old), "the old master did not wait for its request"
            with subprocess.Popen([BUILD / "api-fcgi/echostream-api"], env=env, stderr=subprocess.DEVNULL) as new:
                eventually(lambda: (STACK / "run/api.sock").exists())
                assert birth(old), "the old master exited before its successor had started"
                eventually(lambda: not birth(old))
                exists = {name: (STACK / f"run/{name}.sock").exists() for name in ("api", "api-send", "api-health")}
                new.terminate()
            assert held.wait(30) == 0
        assert lock.wait(30) == 0
    assert all(exists.values()), exists
    eventually(lambda: pids()["api"] not in (old, 0) and answers(), 30)


check("SIGHUP under load reads changed settings from the file")(dev_reload.settings_change)


@check("each line of the programs' logs and of the access log is JSON, after crashes and reloads too")
def logs_are_json():
    for name in ("api", "push", "fanout", "access"):
        for line in (STACK / f"log/{name}.log").read_bytes().splitlines():
            assert isinstance(json.loads(line.decode("utf-8")), dict), line


check("restarts of api under load: all answers are 200 or 201")(dev_restart.api_restarts)
check("a restart of push: each client gets a reconnect frame, and new clients are accepted")(dev_restart.push_restarts)
check("restarts of fanout: each message arrives once and in time")(dev_restart.fanout_restarts)
check("when a new master cannot start, the old master continues")(dev_restart.restart_fails)
check("./dev restart reports a new master that is not ready")(dev_restart.restart_is_not_ready)
check("./dev restart refuses an unknown program")(dev_restart.wrong_name)


@check("up refuses a requested port that is in use, and names the program that uses it")
def port_taken():
    done = dev("up", "--no-build", ES_DEV_DIR=str(STACK) + "-other")
    shutil.rmtree(str(STACK) + "-other", ignore_errors=True)
    assert done.returncode == 2 and f"ES_PORT={os.environ['ES_PORT']}" in done.stderr, done.stderr
    assert "lighttpd (pid " in done.stderr, done.stderr


@check("two stacks that start at the same time share no port")
def port_race():
    free = {k: v for k, v in os.environ.items() if k not in ("ES_PORT", "ES_PUSH_PORT")}
    folders = [f"{STACK}-race{i}" for i in (1, 2)]
    started = [subprocess.Popen([ROOT + "/dev", "up", "--no-build", "-d"], text=True,
                                env={**free, "ES_DEV_DIR": folder}, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
               for folder in folders]
    output = [one.communicate(timeout=120)[0] for one in started]
    urls = [dev("url", ES_DEV_DIR=folder).stdout for folder in folders]
    cleaned = [dev("clean", ES_DEV_DIR=folder).returncode for folder in folders]
    assert [one.returncode for one in started] == [0, 0], "\n".join(output)
    assert urls[0] != urls[1] and cleaned == [0, 0], (urls, cleaned)


@check("status names programs that are older than the build")
def stale():
    assert "Older than the build" not in dev("status").stdout
    binary = BUILD / "fanout/echostream-fanout"
    kept = binary.with_suffix(".kept")
    binary.rename(kept)
    try:
        shutil.copy2(kept, binary)
        output = dev("status").stdout
    finally:
        kept.rename(binary)
    assert "Older than the build" in output and output.rstrip().endswith(" fanout"), output


@check("./dev packages prints a script that names every package and starts no daemon")
def packages():
    done = dev("packages")
    assert done.returncode == 0 and "policy-rc.d" in done.stdout, done.stderr
    parsed = subprocess.run(["sh", "-n"], input=done.stdout, text=True, check=False)
    assert parsed.returncode == 0
    assert dev("packages", "none").returncode == 2


@check("without root and sudo, the error of a missing package names the command that installs it")
def no_sudo():
    folder = pathlib.Path(sys.argv[1]) / "no-sudo"
    shutil.copytree(ROOT + "/packaging/dev", folder / "packaging/dev")
    (folder / "list.txt").write_text("no-such-package\n")
    (folder / "sudo").write_text("#!/bin/sh\nexit 1\n")
    (folder / "sudo").chmod(0o755)
    become = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.getuid() == 0 else []
    done = subprocess.run(
        [*become, "sh", "-c", 'PATH=$ROOT:$PATH; . "$ROOT/packaging/dev/common.sh"; '
         '. "$ROOT/packaging/dev/packages.sh"; packages_ensure "$ROOT/list.txt"'],
        env={**os.environ, "ROOT": str(folder)}, text=True, capture_output=True, check=False)
    assert done.returncode == 2 and "no-such-package" in done.stderr, done
    assert done.stdout.strip().endswith("/dev packages | sudo sh"), done
    assert "apt-get install" not in done.stdout + done.stderr, done


@check("down leaves no process, port or socket, and a second down succeeds")
def down():
    was = all_processes(status())
    held = [dev_restart.open_socket(dev_restart.PUSH, dev_restart.token("alice")) for _ in range(5)]
    done = dev("down")
    codes = [eventually(lambda c=client: c.close_code) for client in held]
    assert codes == [dev_restart.SHUTDOWN_CODE] * len(held), f"down did not wait for the drain: {codes}"
    assert done.returncode == 0 and done.stdout.rstrip().endswith("stopped"), done.stdout
    nothing_left(was)
    assert dev("down").returncode == 0
    assert dev("status").returncode == 3
    assert dev("token", "alice").returncode == 3


@check("up may use another queue than the previous up")
def other_queue():
    up("--queue=own")
    assert [p["name"] for p in status()["programs"]] == PROGRAMS[:2] + ["qredis"] + PROGRAMS[2:]
    was = all_processes(status())
    assert dev("down").returncode == 0
    nothing_left(was)
    up()
    assert [p["name"] for p in status()["programs"]] == PROGRAMS
    assert answers()
    assert dev("down").returncode == 0


@check("up stops the programs that a killed up left behind")
def leftovers():
    up()
    was = all_processes(status())
    os.kill(was[0][0], signal.SIGKILL)
    assert eventually(lambda: dev("status").returncode == 3)
    output = up()
    assert "left behind" in output, output
    assert not [p for p in was if alive(p)]
    was = all_processes(status())
    os.kill(was[0][0], signal.SIGKILL)
    assert dev("down").returncode == 0
    nothing_left(was)


def foreground(*signals):
    """Runs up in the foreground and sends signals when it is ready.

    Returns the output, the exit status and the processes that ran.
    """
    run = subprocess.Popen([ROOT + "/dev", "up", "--no-build"], stdin=subprocess.DEVNULL, text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    output = []
    for line in run.stdout:
        output.append(line)
        if line.startswith("EchoStream is ready"):
            was = all_processes(status())
            for one in signals:
                os.killpg(run.pid, one)
                time.sleep(0.02)
    return "".join(output), run.wait(60), was


@check("Ctrl-C stops all programs in order")
def ctrl_c():
    output, code, was = foreground(signal.SIGINT)
    assert code == 0 and output.endswith("\nstopped\n"), (code, output[-300:])
    nothing_left(was)


@check("a second Ctrl-C kills all programs at once")
def ctrl_c_twice():
    output, code, was = foreground(signal.SIGINT, signal.SIGINT)
    # The first signal may have stopped all programs already.
    assert (code, output.rsplit("\n", 2)[1]) in ((1, "stopped at once"), (0, "stopped")), (code, output[-300:])
    eventually(lambda: not [p for p in was if alive(p)])


@check("up exits with status 1 and shows the last lines of a program that cannot start")
def cannot_start():
    bad = pathlib.Path(sys.argv[1]) / "bad-build"
    for name in ("ctl/echostreamctl", "push-server/echostream-push", "api-fcgi/echostream-api"):
        (bad / name).parent.mkdir(parents=True)
        (bad / name).symlink_to(BUILD / name)
    (bad / "fanout").mkdir()
    program = bad / "fanout/echostream-fanout"
    program.write_text("#!/bin/sh\necho my last words >&2\nexit 7\n")
    program.chmod(0o755)
    done = dev("up", "--no-build", ES_BUILD_DIR=str(bad))
    assert done.returncode == 1, done.returncode
    assert "my last words" in done.stdout and "exit 7" in done.stdout, done.stdout
    assert done.stdout.count("my last words") == 5, done.stdout
    program.write_text("#!/bin/sh\nexit 78\n")
    done = dev("up", "--no-build", ES_BUILD_DIR=str(bad))
    assert done.returncode == 1 and "refuses its settings" in done.stdout, done.stdout
    nothing_left([])


@check("up names a missing program")
def missing():
    done = dev("up", "--no-build", ES_BUILD_DIR=sys.argv[1] + "/nowhere")
    assert done.returncode == 1 and "echostream-fanout" in done.stderr, done.stderr


check("doctor names the port that up would use, and refuses a requested port that is in use")(dev_doctor.of_ports)


@check("unknown commands and options are refused with status 2")
def wrong():
    for words in (("upp",), ("up", "--fast"), ("up", "--queue=kafka"), ("status", "-o", "xml"), ("token",),
                  ("faults", "--queue", "kafka"), ("faults", "--minutes="), ("faults", "--fast")):
        done = dev(*words)
        assert done.returncode == 2 and done.stderr, (words, done.returncode)


@check("after reset, up makes a new database")
def reset():
    assert dev("reset").returncode == 2
    assert dev("reset", "-y").returncode == 0
    assert "FAILED" not in up()
    assert dev("reset", "-y").returncode == 1
    assert dev("down").returncode == 0


@check("clean refuses a folder that ./dev did not make")
def clean_refuses():
    folder = pathlib.Path(sys.argv[1]) / "theirs"
    folder.mkdir()
    (folder / "precious").touch()
    done = dev("clean", ES_DEV_DIR=str(folder))
    assert done.returncode == 1 and (folder / "precious").exists(), done.stdout


@check("clean stops the stack and deletes all its files")
def clean():
    up()
    was = all_processes(status())
    outside = (STACK / "outside").read_text().split() if (STACK / "outside").exists() else []
    assert dev("clean").returncode == 0
    assert not [p for p in was if alive(p)]
    assert not [p for p in [STACK, *outside] if os.path.exists(p)]


def main():
    for name, function in CHECKS:
        try:
            function()
            print(f"ok dev: {name}", flush=True)
        except Exception as why:  # any exception fails the check
            print(f"  {type(why).__name__}: {why}\nnot ok dev: {name}", flush=True)


if __name__ == "__main__":
    main()
