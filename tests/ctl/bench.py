"""`echostreamctl bench` against a real stack, with and without faults. ctl.py runs these checks."""

import json
import os
import signal
import subprocess
import tempfile
import time

CTL = os.environ["ES_TEST_CTL"]
PATIENCE_S = 60
CHECKS = []

TIMES = {"count", "p50", "p95", "p99", "max"}
SHAPE = {
    "ok": bool, "interrupted": bool, "sockets": int, "lostSockets": int, "channels": int, "rate": int,
    "seconds": int, "sent": int, "acked": int, "refused": int, "delivered": int, "missing": int,
    "doubled": int, "outOfOrder": int, "gaps": int, "ackUs": dict, "deliveryUs": dict, "lateUs": dict}


def check(name):
    def keep(function):
        CHECKS.append((name, function))
        return function
    return keep


class Bench:
    """A running `echostreamctl bench`. Notes come on stderr, the result on stdout."""

    def __init__(self, *words, env=None):
        self.run = subprocess.Popen([CTL, "bench", *words], stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
                                    env={**os.environ, **(env or {})})
        self.notes = ""

    def wait_for(self, text):
        while text not in self.notes:
            line = self.run.stderr.readline()
            assert line != "", f"{text!r} is not in {self.notes!r}"
            self.notes += line

    def end(self, status):
        out, err = self.run.communicate(timeout=PATIENCE_S)
        self.notes += err
        assert self.run.returncode == status, (self.run.returncode, out, self.notes)
        return out


def run(*words, status=0, env=None):
    """Returns stdout and the notes."""
    bench = Bench(*words, env=env)
    return bench.end(status), bench.notes


def result(out):
    """The result of --json, whose members have the right names and types."""
    said = json.loads(out)
    assert {k: type(v) for k, v in said.items() if k != "refusal"} == SHAPE, said
    for name in ("ackUs", "deliveryUs", "lateUs"):
        times = said[name]
        assert set(times) == TIMES, times
        assert 0 <= times["p50"] <= times["p95"] <= times["p99"] <= times["max"], times
    assert ("refusal" in said) == (said["refused"] > 0), said
    return said


def ctl(*words):
    return subprocess.run([CTL, *words], check=True, capture_output=True, text=True).stdout


def tenant_of(notes):
    """The tenant that a run created, as the operator sees it."""
    name = notes.split("creates the tenant '")[1].split("'")[0]
    return [one for one in json.loads(ctl("tenant", "list", "--json")) if one["name"] == name][0]


def acme():
    """The users and channels of the tenant acme."""
    users = json.loads(ctl("user", "list", "--tenant", "acme", "--json"))
    channels = subprocess.run(
        ["psql", "-X", "-At", os.environ["ES_DATABASE_ADMIN_URL"], "-c",
         "SELECT c.name FROM channels c JOIN tenants t ON t.id = c.tenant_id WHERE t.name ILIKE 'acme%'"],
        check=True, capture_output=True, text=True).stdout.split()
    return sorted(one["userId"] for one in users if one["status"] == "active"), sorted(channels)


def push_workers():
    stack = json.loads(subprocess.run(["./dev", "status", "-o", "json"], capture_output=True, text=True,
                                      check=True).stdout)
    return [one["workers"] for one in stack["programs"] if one["name"] == "push"][0]


def push_is_back():
    until_s = time.monotonic() + PATIENCE_S
    while subprocess.run([CTL, "-q", "check", "push"], check=False, capture_output=True).returncode != 0:
        assert time.monotonic() < until_s, "push-server does not come back"


@check("bench loses nothing, and suspends the tenant that it created")
def loss_free():
    out, notes = run("--json", "--sockets", "20", "--rate", "40", "--seconds", "1")
    said = result(out)
    assert said["ok"] and said["sent"] == said["acked"] == 40, said
    # 20 sockets with 3 of 10 channels each: 6 sockets receive each message
    assert said["delivered"] == said["deliveryUs"]["count"] == 40 * 6, said
    assert said["ackUs"]["count"] == said["lateUs"]["count"] == 40 and said["ackUs"]["p50"] > 0, said
    assert not any(said[name] for name in ("refused", "missing", "doubled", "outOfOrder", "gaps",
                                           "lostSockets", "interrupted")), said
    tenant = tenant_of(notes)
    assert tenant["status"] == "suspended", tenant
    assert tenant["tenantId"] in notes and "remains, suspended" in notes, notes


@check("bench prints a table, and with --quiet no notes")
def table():
    out, notes = run("-q", "--sockets", "2", "--channels", "1", "--rate", "5", "--seconds", "1")
    assert notes == "", notes
    assert "messages    5 sent, 5 acked, 0 refused, 0 without an answer\n" in out, out
    assert "deliveries  10, 0 missing, 0 doubled, 0 out of order\n" in out, out
    assert [line.split("  ")[0] for line in out.splitlines()[-3:]] == \
        ["send to ack", "send to delivery", "late to send"], out


@check("bench leaves a given tenant as it was")
def given_tenant():
    before = acme()
    small = ("--json", "--sockets", "4", "--channels", "2", "--rate", "10", "--seconds", "1")
    assert result(run(*small, "--tenant", "acme")[0])["sent"] == 10
    key = ctl("-q", "key", "create", "--tenant", "acme", "--name", "bench", "--scopes",
              "users:manage,tokens:mint").strip()
    assert result(run(*small, "--token", key, env={"ES_OPERATOR_KEY": ""})[0])["ok"]
    with tempfile.NamedTemporaryFile("w") as file:
        for user in ("bob", "carol"):
            file.write(ctl("token", "mint", "--tenant", "acme", "--user", user) + "\n")
        file.flush()
        out, notes = run(*small, "--tokens", file.name, env={"ES_OPERATOR_KEY": ""})
        assert result(out)["ok"] and "users remain" not in notes, notes
        out, notes = run("--tokens", file.name, "--tenant", "acme", status=2)
        assert out == "" and "--tokens goes without" in notes, notes
    assert acme() == before


@check("bench refuses one past each limit, and another machine without --remote")
def limits():
    for option, most in (("sockets", 2000), ("channels", 100), ("rate", 1000), ("seconds", 600)):
        for value in (str(most + 1), "0", "many"):
            out, notes = run("--" + option, value, status=2)
            assert out == "" and f"--{option} must be 1 to {most}, got: {value}" in notes, notes
    for words, env in ((("--server", "http://chat.invalid"), {}), ((), {"ES_WS_URL": "wss://chat.invalid/ws"})):
        out, notes = run(*words, status=2, env=env)
        assert out == "" and "chat.invalid is not this machine; --remote sends" in notes, notes
    out, notes = run("--remote", "--server", "http://chat.invalid", status=1)
    assert out == "" and "chat.invalid: " in notes and "not this machine" not in notes, notes
    out, notes = run(status=2, env={"ES_OPERATOR_KEY": ""})
    assert out == "" and "ES_OPERATOR_KEY" in notes, notes
    out, notes = run("--tokens", "/dev/null", status=1)
    assert out == "" and "no token in this file" in notes, notes


@check("bench says how many open files it needs")
def descriptors():
    done = subprocess.run(["sh", "-c", 'ulimit -n 80 && exec "$0" bench --sockets 17', CTL],
                          capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 1 and done.stdout == "", done
    assert "17 sockets need 81 open files, but the limit is 80" in done.stderr, done.stderr
    assert tenant_of(done.stderr)["status"] == "suspended"


@check("bench counts refused messages, and exits with status 1")
def refused():
    ctl_made = json.loads(ctl("--json", "tenant", "create", f"Tight {time.time_ns()}",
                              "--admin-email", "a@tight.invalid"))
    subprocess.run(["psql", "-X", "-q", os.environ["ES_DATABASE_ADMIN_URL"], "-c",
                    "UPDATE tenants SET settings = '{\"user_send_limit\": 3, \"user_send_window_s\": 60}'"
                    f" WHERE id = '{ctl_made['tenantId']}'"], check=True, stdout=subprocess.DEVNULL)
    out, notes = run("--json", "--sockets", "1", "--rate", "10", "--seconds", "1",
                     "--token", ctl_made["token"], status=1)
    said = result(out)
    assert not said["ok"] and said["acked"] == 3 and said["refused"] == 7, said
    assert said["refusal"] == "rate_limited" and said["missing"] == 0, said
    assert "7 messages were refused: rate_limited" in notes, notes


@check("bench notices a server that goes away, prints what it measured, and cleans up")
def server_dies():
    bench = Bench("--json", "--sockets", "6", "--seconds", "60")
    bench.wait_for("6 sockets are open")
    for pid in push_workers():
        os.kill(pid, signal.SIGKILL)
    said = result(bench.end(1))
    assert not said["ok"] and said["lostSockets"] == 6 and said["sent"] < 600, said
    assert "6 of 6 sockets were lost, the first: closed by the server" in bench.notes, bench.notes
    assert tenant_of(bench.notes)["status"] == "suspended"
    push_is_back()


@check("bench does not wait for ever for a server that hangs")
def server_hangs():
    workers = push_workers()
    bench = Bench("--json", "--sockets", "6", "--seconds", "3", "--timeout", "2")
    try:
        bench.wait_for("6 sockets are open")
        for pid in workers:
            os.kill(pid, signal.SIGSTOP)
        said = result(bench.end(1))
    finally:
        for pid in workers:
            os.kill(pid, signal.SIGCONT)
    assert said["sent"] == 30 and said["acked"] < 30 and said["lostSockets"] == 0, said
    assert f"{30 - said['acked']} messages have no answer" in bench.notes, bench.notes
    push_is_back()


@check("bench prints at Ctrl-C what it has measured so far")
def interrupted():
    bench = Bench("--json", "--sockets", "6", "--rate", "100", "--seconds", "60")
    bench.wait_for("6 sockets are open")
    bench.run.send_signal(signal.SIGINT)
    bench.wait_for("stops sending")
    out, err = bench.run.communicate(timeout=PATIENCE_S)
    said = result(out)
    # the signal may come before the first message is due
    assert said["interrupted"] and said["sent"] == said["acked"] < 6000, said
    assert said["ok"] == (said["sent"] > 0) == (bench.run.returncode == 0), (said, err)
    assert tenant_of(bench.notes + err)["status"] == "suspended"


@check("bench cleans up when Ctrl-C comes before the first message")
def interrupted_early():
    bench = Bench("--sockets", "2000")
    bench.wait_for("creates the tenant")
    bench.run.send_signal(signal.SIGINT)
    assert bench.end(1) == ""
    assert "stopped before the first message" in bench.notes, bench.notes
    assert tenant_of(bench.notes)["status"] == "suspended"
