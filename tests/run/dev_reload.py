"""SIGHUP under load: settings change, and clients lose no request and no socket."""
import base64
import hashlib
import hmac
import json
import os
import pathlib
import signal
import time

import dev_restart
from dev_tools import STACK, eventually, pids, status
from dev_restart import CHANNEL, FRONT, GENERAL, PUSH, Loop, handshake_status, open_socket, request, token

SETTINGS = pathlib.Path(os.environ["ES_SETTINGS_FILE"])
MASTERS = ("fanout", "push", "api")
BODY_MAX = 100
SECRET = "the-second-secret-of-all-tokens-of-the-dev-suite"
CHANGED = {
    "ES_BODY_MAX_CHARS": str(BODY_MAX), "ES_JWT_SECRET_OLD": SECRET, "ES_JWT_KID_OLD": "second",
    "ES_FANOUT_BATCH": "9", "ES_OPS_FROM": "127.0.0.1/32",
    # These settings need a restart.
    "ES_API_WORKERS": "5", "ES_PUSH_WORKERS": "3", "ES_FANOUT_WORKERS": "3",
}
RESTART = {"api": "ES_API_WORKERS", "push": "ES_PUSH_WORKERS", "fanout": "ES_FANOUT_WORKERS"}
RELOADED = {"api": "ES_BODY_MAX_CHARS", "push": "ES_BODY_MAX_CHARS", "fanout": "ES_FANOUT_BATCH"}


def signed(bearer, secret, kid):
    """Returns a token with the claims of `bearer`, signed by another key."""
    def part(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    head = part(json.dumps({"alg": "HS256", "typ": "JWT", "kid": kid}).encode())
    text = head + "." + bearer.split(".")[1]
    return text + "." + part(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest())


class Log:
    """The new lines of a program's log."""

    def __init__(self, name):
        self.path = STACK / f"log/{name}.log"
        self.start = self.path.stat().st_size

    def lines(self):
        with open(self.path, "rb") as log:
            log.seek(self.start)
            whole = log.read().rpartition(b"\n")[0]
        return [json.loads(line) for line in whole.decode("utf-8").splitlines()]

    def entries(self, msg):
        return [one for one in self.lines() if one["msg"].startswith(msg)]


def hup(settings):
    """Writes the settings file and sends SIGHUP to each master; returns the new lines of each log."""
    SETTINGS.write_text("".join(f"{k}={v}\n" for k, v in settings.items()))
    logs = {name: Log(name) for name in MASTERS}
    for name in MASTERS:
        os.kill(pids()[name], signal.SIGHUP)
    return logs


def workers(name):
    return next(set(p["workers"]) for p in status()["programs"] if p["name"] == name)


def send_frame(client, body):
    """Sends a message on a socket; returns "ack" or the error code."""
    ref = f"s{time.monotonic_ns()}"
    client.send_json({"type": "send", "id": ref, "channelId": CHANNEL, "clientMessageId": ref, "body": body})

    def answer():
        return next((f for _, f in list(client.inbox) if f.get("id") == ref), None)

    frame = eventually(answer)
    return frame["payload"]["code"] if frame["type"] == "error" else frame["type"]


class Load:
    """The clients during the reloads: readers, a sender, new sockets, and sockets that stay open."""

    def __init__(self):
        self.alice = token("alice")
        self.sockets = [open_socket(port, self.alice) for port in (FRONT, PUSH) * 2]
        self.deliveries = {}  # body -> how often it arrived
        self.sockets[0].on_frame = self.received
        self.sockets[0].send_json({"type": "subscribe", "id": "1", "channelId": CHANNEL})
        self.sent = []
        carol = token("carol")
        self.readers = [Loop(lambda b=token(user): request("GET", "/api/v1/channels", b), 0.03)
                        for user in ("alice", "bob", "carol")]
        self.connectors = [Loop(lambda p=port: handshake_status(p, self.alice), 0.05) for port in (FRONT, PUSH)]
        self.sender = Loop(lambda: self.send_by_rest(carol), 0.6)

    def received(self, frame):
        if frame["type"] == "message" and frame["body"].startswith("load "):
            self.deliveries[frame["body"]] = self.deliveries.get(frame["body"], 0) + 1

    def send_by_rest(self, bearer):
        self.sent.append(f"load {time.monotonic()}")
        return request("POST", GENERAL, bearer, {"body": self.sent[-1]})

    def wait_for_answers(self, n=2):
        every = [self.sender, *self.readers, *self.connectors]
        goals = [(one, len(one.results) + n) for one in every]
        eventually(lambda: all(len(one.results) >= goal for one, goal in goals), 30)

    def judge(self):
        got = {"read": [x for one in self.readers for x in one.stop()],
               "handshake": [x for one in self.connectors for x in one.stop()], "send": self.sender.stop()}
        good = {"read": {200}, "handshake": {101}, "send": {201, 202}}
        wrong = {what: [x for x in all_ if x not in good[what]] for what, all_ in got.items()}
        assert not any(wrong.values()), ({what: len(all_) for what, all_ in got.items()}, wrong)
        eventually(lambda: set(self.deliveries) >= set(self.sent), 10)
        assert set(self.deliveries.values()) == {1}, self.deliveries
        assert not any(client.close_code for client in self.sockets), "a reload closed a socket"
        print(f"  {len(got['read'])} reads, {len(got['send'])} sends, {len(got['handshake'])} handshakes over "
              "the reloads", flush=True)


def expect_limit(load, accepted, refused):
    """Bodies of `accepted` characters are accepted and of `refused` are not, by REST and on an old socket."""
    def rest():
        bearer = token("bob")
        seen = {request("POST", GENERAL, bearer, {"body": "x" * refused}) for _ in range(8)}
        return seen == {422}
    eventually(rest, 20)
    socket = load.sockets[1]
    eventually(lambda: send_frame(socket, "x" * refused) == "body_too_long", 20)
    assert request("POST", GENERAL, token("bob"), {"body": "x" * accepted}) in (201, 202)


def accepts_token(bearer):
    """True when all workers of api and push accept the token, False when all refuse it, else None."""
    rest = {request("GET", "/api/v1/channels", bearer) for _ in range(20)}
    client = dev_restart.ws.WsClient("127.0.0.1", PUSH, "/ws?token=" + bearer)
    eventually(lambda: client.inbox or client.close_code)
    hello = any(f["type"] == "hello" for _, f in list(client.inbox))
    client.drop()
    assert rest <= {200, 401}, rest
    return {(frozenset({200}), True): True, (frozenset({401}), False): False}.get((frozenset(rest), hello))


def settings_change():
    load = Load()
    try:
        second = signed(load.alice, SECRET, "second")
        assert accepts_token(second) is False and accepts_token(load.alice)
        held = workers("push")
        api, fanout = workers("api"), workers("fanout")
        load.wait_for_answers()
        logs = hup(CHANGED)
        for name in MASTERS:
            changed = eventually(lambda n=name: logs[n].entries("settings were read again"))[0]["changed"]
            assert RELOADED[name] in changed and SECRET not in json.dumps(logs[name].lines()), changed
            assert RESTART[name] in {one["setting"] for one in logs[name].entries("a changed setting needs a restart")}
        eventually(lambda: not workers("api") & api and not workers("fanout") & fanout, 30)
        eventually(lambda: accepts_token(second), 30)
        expect_limit(load, BODY_MAX, BODY_MAX + 1)
        assert len(workers("api")) == len(api), "a setting that needs a restart was reloaded"
        assert len(workers("push") & held) == len(held) - 1, "push-server replaced a worker that holds clients"
        load.wait_for_answers()
        faulty(load, second)
        empty_file(load, second)
        for name in MASTERS:
            assert not logs[name].entries("worker ended"), logs[name].lines()
    finally:
        SETTINGS.write_text("")
    load.judge()


def faulty(load, second):
    """A file with one wrong line changes no setting."""
    logs = hup({"ES_BODY_MAX_CHARS": "50", "ES_LIMIT_FRAMES": "many", "ES_FANOUT_BATCH": "0", "ES_SEND_WAIT_MS": "-1",
                "ES_LOG_LEVEL": "error"})
    for name, wrong in (("api", "ES_SEND_WAIT_MS"), ("push", "ES_LIMIT_FRAMES"), ("fanout", "ES_FANOUT_BATCH")):
        eventually(lambda n=name: logs[n].entries("reload refused"))
        assert [one["setting"].split()[0] for one in logs[name].entries("faulty setting")] == [wrong], logs[name].lines()
    load.wait_for_answers()
    assert accepts_token(second)
    expect_limit(load, BODY_MAX, BODY_MAX + 1)


def empty_file(load, second):
    """An empty file brings back the defaults. With ES_LOG_LEVEL=warn the log has no info lines."""
    logs = hup({"ES_LOG_LEVEL": "warn"})
    for name in MASTERS:
        eventually(lambda n=name: logs[n].entries("settings were read again"))
    eventually(lambda: accepts_token(second) is False, 30)
    assert not logs["push"].entries("worker uses the new settings"), logs["push"].lines()
    load.wait_for_answers()
    logs = hup({})
    eventually(lambda: len(logs["push"].entries("worker uses the new settings")) == 2)
    logs = hup({})
    for name in MASTERS:
        assert eventually(lambda n=name: logs[n].entries("settings were read again"))[0]["changed"] == "none"
    assert request("POST", GENERAL, token("bob"), {"body": "x" * (BODY_MAX + 1)}) in (201, 202)
