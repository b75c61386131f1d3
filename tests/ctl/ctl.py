#!/usr/bin/env python3
"""echostreamctl as people and scripts use it: output, exit status, and tail over a lost connection.

ES_TEST_CTL names the program. The environment is that of a running dev stack; the test kills its
workers of push-server. Prints lines for the test runner.
"""
import base64
import hashlib
import hmac
import json
import os
import pathlib
import re
import selectors
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
import uuid

import bench
import dead
import redrive
from tls_door import make_certificate, tls_door

CTL = os.environ["ES_TEST_CTL"]
ACME = "01900000-0000-7000-8000-000000000001"
ALICE = "01900000-0000-7000-8000-00000000a001"
GENERAL = "01900000-0000-7000-8000-00000000c001"
UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
PATIENCE_S = 20
CHECKS = []


def check(name):
    def keep(function):
        CHECKS.append((name, function))
        return function
    return keep


def ctl(*words, status=0, stdin="", env=None):
    """Runs the tool, checks its exit status, returns its stdout and stderr."""
    done = subprocess.run([CTL, *words], input=stdin, env=dict(os.environ, **(env or {})),
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == status, \
        f"{words}: exit {done.returncode} instead of {status}: {done.stdout}{done.stderr}"
    return done.stdout, done.stderr


def out_of(*words, **more):
    return ctl(*words, **more)[0]


def rest(method, path, token, body=None):
    asked = urllib.request.Request(
        os.environ["ES_URL"] + path, method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": "Bearer " + token, "Content-Type": "application/json"})
    with urllib.request.urlopen(asked, timeout=10) as answer:
        return json.load(answer)


def mint(user="bob", tenant="acme", *more):
    return out_of("token", "mint", "--tenant", tenant, "--user", user, *more).strip()


def post(text, channel=GENERAL):
    return rest("POST", f"/api/v1/channels/{channel}/messages", mint(), {"body": text})


@check("a usage error goes to stderr with status 2, help to stdout with status 0")
def usage():
    for words in ([], ["bogus"], ["tenant"], ["tenant", "bogus"], ["tenant", "create"],
                  ["tenant", "list", "word"], ["tenant", "list", "--bogus"],
                  ["tenant", "create", "x"], ["token", "mint"], ["check", "bogus"],
                  ["token", "mint", "--tenant", "acme"], ["--timeout", "0", "check"],
                  ["--bogus", "check"], ["user", "create"], ["tail", "--timeout"],
                  ["token", "mint", "--tenant", "acme", "--user", "bob", "--ttl", "5y"],
                  ["token", "mint", "--tenant", "acme", "--user", "bob", "--ttl", "0s"],
                  ["token", "mint", "--tenant", "acme", "--user", "bob", "--ttl", "366d"]):
        out, err = ctl(*words, status=2)
        assert out == "" and err != "", (words, out, err)
    for words, text in ((["tenant", "create"], "missing argument: NAME (see 'echostreamctl tenant --help')"),
                        (["token", "mint", "--user", "bob"], "missing option: --tenant TENANT"),
                        (["tenant", "list", "word"], "unexpected argument: word"),
                        (["tenant", "list", "--bogus"], "unknown option: --bogus"),
                        (["tail", "--timeout"], "option without a value: --timeout"),
                        (["--timeout", "0", "check"], "--timeout must be 1 to 3600 seconds, got: 0"),
                        (["bogus"], "unknown command: bogus")):
        out, err = ctl(*words, status=2, env={"ES_TENANT": ""})
        assert text in err, (words, err)
    out, err = ctl("--help")
    assert err == "" and all(noun in out for noun in (
        "tenant create", "user list", "token mint", "tail", "bench", "queue stats", "check", "db migrate"))
    for words in ("token --help", "token mint -h", "token inspect x --help"):
        assert "mint" in out_of(*words.split()) and "tenant create" not in out_of(*words.split()), words
    assert re.match(r"^echostreamctl \d", out_of("--version"))


@check("a wrong setting is an error, and the exit status is 78")
def settings():
    out, err = ctl("queue", "stats", status=78, env={"ES_QUEUE_PARTITIONS": "many"})
    assert out == "" and "ES_QUEUE_PARTITIONS" in err, err


@check("token mint prints a token that works, and nothing else")
def mint_works():
    for user in ("bob", "Bob", "bob@acme.test", "BOB@ACME.TEST",
                 "01900000-0000-7000-8000-00000000a002"):
        out, err = ctl("token", "mint", "--tenant", "acme", "--user", user)
        assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+\n", out) and err == "", (out, err)
        me = rest("GET", "/api/v1/users/me", out.strip())
        assert me["email"] == "bob@acme.test", me
    said = json.loads(out_of("--json", "token", "mint", "--tenant", ACME, "--user", ALICE,
                             "--ttl", "2h", env={"ES_DATABASE_URL": ""}))
    assert said["userId"] == ALICE and said["tenantId"] == ACME, said
    assert said["ttlSeconds"] == 7200
    assert rest("GET", "/api/v1/users/me", said["token"])["userId"] == ALICE


@check("unknown names are an error, with nothing on stdout")
def unknown_names():
    for tenant, user in (("nobody", "bob"), ("acme", "nobody"), ("globex", "alice")):
        out, err = ctl("token", "mint", "--tenant", tenant, "--user", user, status=1)
        assert out == "" and "unknown " in err, err
    out, err = ctl("token", "mint", "--tenant", "acme", "--user", "bob", status=1,
                   env={"ES_DATABASE_URL": ""})
    assert out == "" and "ES_DATABASE_URL" in err, err


def forge(**changes):
    def part(what):
        return base64.urlsafe_b64encode(what).rstrip(b"=").decode()

    with open(os.environ["ES_JWT_SECRET_FILE"], "rb") as file:
        secret = file.read().strip()
    now = int(time.time())
    claims = {"iss": "echostream", "aud": "echostream", "sub": ALICE, "tid": ACME,
              "iat": now - 10, "exp": now + 600}
    claims.update(changes)
    head = part(b'{"alg":"HS256","kid":"hs1"}') + "." + part(json.dumps(claims).encode())
    return head + "." + part(hmac.new(secret, head.encode(), hashlib.sha256).digest())


@check("token inspect shows the claims of a token and its fault")
def inspect():
    token = mint("alice")
    out, err = ctl("token", "inspect", token)
    assert ALICE in out and ACME in out and "HS256" in out and "valid" in err, (out, err)
    assert out_of("token", "inspect", "-", stdin=token + "\n").split()[:2] == ["algorithm", "HS256"]
    said = json.loads(out_of("token", "inspect", "--json", token))
    assert said["valid"] is True and said["sub"] == ALICE, said
    now = int(time.time())
    for bad, why in ((forge(exp=now - 60), "expired"), (forge(iss="other"), "issuer"),
                     (forge(aud=["a", "b"]), "audience"), (forge(iat=now + 600), "future"),
                     (forge(nbf=now + 600), "not valid yet"), (token + "A", "signature"),
                     ("rubbish", "three parts"), ("", "three parts"), ("A" * 5000, "longer than 4096")):
        out, err = ctl("token", "inspect", bad, status=1)
        assert why in err, (bad[:40], err)
    said = json.loads(out_of("--json", "token", "inspect", forge(exp=now - 60), status=1))
    assert said["valid"] is False and "expired" in said["reason"], said


@check("tenants and users are created and listed")
def tenants_and_users():
    name = "Try " + uuid.uuid4().hex[:8]
    made = json.loads(out_of("tenant", "create", name, "--admin-email", "root@try.test",
                             "--admin-name", "Root", "--json"))
    assert rest("GET", "/api/v1/users/me", made["token"])["role"] == "owner"
    listed = json.loads(out_of("tenant", "list", "--json"))
    assert name in [t["name"] for t in listed] and "acme" in [t["name"] for t in listed]
    rows = out_of("tenant", "list").splitlines()
    assert rows[0].startswith("ID") and any(row.endswith(name) for row in rows)
    user = out_of("user", "create", "--tenant", name, "--email", "zoë@try.test",
                  "--name", "Zoë", "--role", "admin").strip()
    assert UUID.match(user), user
    out, err = ctl("user", "create", "--tenant", name, "--email", "zoë@try.test", status=1)
    assert out == "" and "email_taken" in err, err
    users = json.loads(out_of("user", "list", "--tenant", made["tenantId"], "--json"))
    assert {u["email"]: u["role"] for u in users} == \
        {"root@try.test": "owner", "zoë@try.test": "admin"}, users
    users = json.loads(out_of("user", "list", "--token", made["token"], "--json"))
    assert len(users) == 2
    assert "alice" not in out_of("user", "list", "--tenant", "globex")


@check("API keys are created, listed and revoked")
def api_keys():
    name = "Keys " + uuid.uuid4().hex[:8]
    out_of("tenant", "create", name, "--admin-email", "root@try.test", "--json")
    bot = out_of("user", "create", "--tenant", name, "--email", "builds@try.test",
                 "--name", "Builds", "--role", "bot").strip()
    out, err = ctl("key", "create", "--tenant", name, "--name", "builds", "--bot", "builds",
                   "--scopes", "messages:write,users:manage", "--expires", "2099-01-01T00:00:00Z")
    key = out.strip()
    assert re.fullmatch(r"esk_[0-9a-f]{64}", key) and "once" in err, (out, err)
    assert rest("GET", "/api/v1/users/me", key)["userId"] == bot
    (listed,) = json.loads(out_of("key", "list", "--tenant", name, "--json"))
    assert listed["scopes"] == ["messages:write", "users:manage"], listed
    assert listed["botUserId"] == bot and listed["expiresAt"].startswith("2099-"), listed
    assert key[-4:] in out_of("key", "list", "--tenant", name)
    ctl("key", "revoke", listed["keyId"], "--tenant", name)
    assert json.loads(out_of("key", "list", "--tenant", name, "--json")) == []
    out, err = ctl("key", "revoke", listed["keyId"], "--tenant", name, status=1)
    assert out == "" and "not_found" in err, err
    out, err = ctl("key", "create", "--tenant", name, "--name", "x", "--scopes", "all", status=1)
    assert out == "" and "messages:write" in err, err
    for words in (["create", "--tenant", name], ["revoke", "x", "--tenant", name], ["revoke"]):
        ctl("key", *words, status=2)


@check("wrong keys and unreachable servers are an error with status 1")
def refusals():
    out, err = ctl("tenant", "list", status=1, env={"ES_OPERATOR_KEY": "x" * 30})
    assert out == "" and "401" in err, err
    out, err = ctl("tenant", "list", status=78, env={"ES_OPERATOR_KEY": ""})
    assert out == "" and "ES_OPERATOR_KEY" in err, err
    out, err = ctl("--server", "http://127.0.0.1:1", "tenant", "list", status=1)
    assert out == "" and "127.0.0.1:1" in err, err
    out, err = ctl("user", "list", "--token", "rubbish", status=1)
    assert out == "" and "unauthenticated" in err, err


@check("queue stats prints the counters of the queue")
def queue_stats():
    said = json.loads(out_of("queue", "stats", "--json"))
    assert set(said) == {"messages", "bytes", "maxBytes", "oldestAgeMs"}, said
    assert out_of("queue", "stats").startswith("messages")
    out, err = ctl("queue", "stats", status=1, env={"ES_REDIS_URL": "unix:///nowhere.sock"})
    assert out == "" and "Redis" in err, err


@check("queue dead show prints an entry that is JSON as JSON, and other bytes in base64")
def queue_dead_entry():
    dead.entries(out_of)


@check("queue dead lists, shows and drops dead letters")
def queue_dead():
    dead.verbs(ctl, out_of)


@check("queue dead redrive sends each refused message again, once and in order")
def queue_redrive():
    redrive.run(ctl, rest, mint, GENERAL)


@check("check prints a line for each service")
def checks():
    lines = out_of("check", "all", env={"ES_TOKEN": ""}).splitlines()
    assert [line.split()[1] for line in lines] == \
        ["postgres", "redis", "queue", "api", "push", "fanout"], lines


@check("check names the failed service and exits with status 1")
def check_failures():
    out, _ = ctl("check", "redis", status=1, env={"ES_REDIS_URL": "redis://127.0.0.1:1"})
    assert re.match(r"^FAILED +redis ", out), out
    out, _ = ctl("check", "postgres", status=1,
                 env={"ES_DATABASE_URL": "postgresql://echostream_app@127.0.0.1:1/x"})
    assert re.match(r"^FAILED +postgres ", out), out
    out, _ = ctl("--server", "http://127.0.0.1:1", "check", "api", status=1)
    assert re.match(r"^FAILED +api +no answer from http://127.0.0.1:1/readyz$", out), out
    said = json.loads(out_of("--json", "check", "redis"))
    assert said["ok"] is True and said["check"] == "redis"


class Tail:
    """A running `echostreamctl tail`. Its methods wait for lines, never for a fixed time."""

    def __init__(self, *words, **env):
        self.run = subprocess.Popen([CTL, "tail", *words], stdout=subprocess.PIPE,
                                    stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                                    env={**os.environ, **env})
        self.wait = selectors.DefaultSelector()
        self.wait.register(self.run.stdout, selectors.EVENT_READ)
        self.lines, self.rest = [], b""

    def read(self, until_s):
        if not self.wait.select(max(0, until_s - time.monotonic())):
            return False
        data = os.read(self.run.stdout.fileno(), 65536)
        *whole, self.rest = (self.rest + data).split(b"\n")
        self.lines += [line.decode() for line in whole]
        return data != b""

    def expect(self, text):
        until_s = time.monotonic() + PATIENCE_S
        while not any(text in line for line in self.lines):
            assert self.read(until_s), f"{text!r} is not in {self.lines}"

    def started(self, channel=GENERAL):
        """Waits until tail has subscribed: sends messages until tail prints one."""
        for i in range(100):
            post(f"are you there {i}", channel)
            if self.read(time.monotonic() + 0.2):
                return
        raise AssertionError("tail prints nothing")

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.run.send_signal(signal.SIGINT)
        self.run.wait(10)
        self.run.stdout.close()


@check("tail prints messages as they arrive, and escapes terminal codes in them")
def tail_prints():
    with Tail("general") as tail:
        tail.started()
        post("plain words")
        tail.expect("general  Bob: plain words")
        post("red \x1b[31m alert\nnext \u009b line")
        tail.expect("red \\x1b[31m alert\\nnext \\x9b line")
    with Tail("#GENERAL", "--json", "--as", "carol", "--tenant", "acme") as tail:
        tail.started()
        sent = post("for programs")
        tail.expect("for programs")
        frame = json.loads([line for line in tail.lines if "for programs" in line][0])
        assert frame["payload"]["messageId"] == sent["messageId"], frame


@check("tail prints a direct message under its id")
def tail_direct():
    dm = rest("POST", "/api/v1/dms", mint(), {"userIds": [ALICE]})["channelId"]
    with Tail(dm, "--as", "alice", "--tenant", "acme") as tail:
        tail.started(dm)
        tail.expect(f"{dm}  Bob: are you there")


@check("tail resumes after a lost connection")
def tail_resumes():
    stack = json.loads(subprocess.run(["./dev", "status", "-o", "json"], capture_output=True,
                                      text=True, check=True).stdout)
    workers = [p["workers"] for p in stack["programs"] if p["name"] == "push"][0]
    with Tail(GENERAL) as tail:
        tail.started()
        words = [f"over the loss {i}" for i in range(10)]
        for i, word in enumerate(words):
            post(word)
            if i == 3:
                for pid in workers:
                    os.kill(pid, signal.SIGKILL)
        tail.expect(words[-1])
        got = [line.rsplit(": ", 1)[1] for line in tail.lines if "over the loss" in line]
        assert got == words, got


@check("tail prints long messages, and accepts wss:// with a trusted certificate")
def tail_tls():
    with tempfile.TemporaryDirectory() as folder:
        certificate, key = make_certificate(pathlib.Path(folder))
        push = urllib.parse.urlsplit(os.environ["ES_PUSH_URL"])
        with tls_door(certificate, key, (push.hostname, push.port)) as port:
            url = f"wss://localhost:{port}/ws"
            with Tail("general", ES_WS_URL=url, SSL_CERT_FILE=certificate) as tail:
                tail.started()
                post("\u20ac" * 4000)
                tail.expect("general  Bob: " + "\u20ac" * 4000)
            out, err = ctl("tail", "general", status=1, env={"ES_WS_URL": url})
            assert out == "" and "certificate is not trusted" in err, err


@check("tail reports why it cannot open the WebSocket")
def tail_unreachable():
    for url, why in (("ws://127.0.0.1:1/ws", "not reached"), ("unix:/nowhere", "not reached"),
                     (os.environ["ES_PUSH_URL"] + "/nowhere", "HTTP status 404"),
                     ("http://127.0.0.1/ws", "must begin with ws://")):
        out, err = ctl("tail", "general", status=1, env={"ES_WS_URL": url})
        assert out == "" and url in err and why in err, err


@check("tail refuses a channel that it cannot follow")
def tail_refusals():
    for words, why in ((["nowhere"], "unknown channel"), (["general", "--token", "rubbish"], "401"),
                       (["leadership", "--as", "bob", "--tenant", "acme"], "unknown channel"),
                       (["--as", "nobody", "--tenant", "acme"], "unknown user"),
                       (["--server", "http://127.0.0.1:1"], "127.0.0.1:1")):
        out, err = ctl("tail", *words, status=1)
        assert out == "" and why in err, (words, err)


def main():
    for name, function in CHECKS + bench.CHECKS:
        try:
            function()
            print(f"ok {name}", flush=True)
        except Exception as fault:  # pylint: disable=broad-except
            print(f"    {type(fault).__name__}: {fault}\nnot ok {name}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
