"""Restarts the programs of a stack under load; the programs must not refuse any client."""
import http.client
import json
import os
import sys
import threading
import time

from dev_tools import BUILD, ROOT, STACK, answers, birth, dev, eventually, pids

sys.path.insert(0, ROOT + "/tests/scenario")
from scn import ws  # noqa: E402 - a module of the scenario runner

GENERAL = "/api/v1/channels/01900000-0000-7000-8000-00000000c001/messages"
CHANNEL = GENERAL.split("/")[4]
FRONT, PUSH = int(os.environ["ES_PORT"]), int(os.environ["ES_PUSH_PORT"])
ROLLS = 3        # restarts of api
LATE_S = 3.0     # the lease of a partition, ES_FANOUT_LEASE_MS
SHUTDOWN_CODE = 4200  # "this server is shutting down"


def token(user):
    return dev("token", user).stdout.strip()


class Loop(threading.Thread):
    """Repeats ask() until stopped; keeps the result of each call."""

    def __init__(self, ask, pause):
        super().__init__(daemon=True)
        self.ask, self.pause = ask, pause
        self.stopped = threading.Event()
        self.results = []
        self.start()

    def run(self):
        while not self.stopped.is_set():
            try:
                self.results.append(self.ask())
            except Exception as why:  # the check counts every failure
                self.results.append(type(why).__name__ + ": " + str(why))
            self.stopped.wait(self.pause)

    def stop(self):
        self.stopped.set()
        self.join(30)
        assert not self.is_alive(), "a client hangs"
        return self.results


def request(method, path, bearer, body=None):
    """The status of a request on a new connection."""
    connection = http.client.HTTPConnection("127.0.0.1", FRONT, timeout=10)
    try:
        connection.request(method, path, body and json.dumps(body), {
            "Authorization": "Bearer " + bearer, "Content-Type": "application/json",
            "Connection": "close"})
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def restart(name):
    """Runs ./dev restart NAME and checks that the old master has exited."""
    old = pids()[name]
    done = dev("restart", name)
    assert done.returncode == 0, done.stdout + done.stderr
    assert pids()[name] != old and not birth(old), "the old master still runs"


def wait_for_results(loops, least):
    eventually(lambda: all(len(one.results) >= least for one in loops), 30)


def api_restarts():
    readers = [Loop(lambda bearer=token(user): request("GET", "/api/v1/channels", bearer), 0.03)
               for user in ("alice", "bob", "carol", "alice")]
    sender = token("bob")
    # A user may send 20 messages in 10 s.
    readers.append(Loop(lambda: request("POST", GENERAL, sender, {"body": "roll"}), 0.6))
    for _ in range(ROLLS):
        wait_for_results(readers, len(readers[-1].results) + 1)
        restart("api")
    wait_for_results(readers, len(readers[-1].results) + 2)
    got = [status for one in readers for status in one.stop()]
    wrong = [status for status in got if status not in (200, 201)]
    assert not wrong, f"{len(wrong)} of {len(got)}: {wrong[:5]}"
    assert len(got) > 50 and 201 in got, got


def open_socket(port, bearer):
    client = ws.WsClient("127.0.0.1", port, "/ws?token=" + bearer)
    eventually(lambda: client.inbox)
    return client


def handshake_status(port, bearer):
    """101 for an accepted handshake, else the status of the refusal."""
    try:
        client = ws.WsClient("127.0.0.1", port, "/ws?token=" + bearer, timeout=5)
    except ws.Refused as no:
        return no.status
    client.drop()
    return 101


def push_restarts():
    bearer = token("alice")
    held = [open_socket(port, bearer) for port in (FRONT, PUSH) * 4]
    connectors = {port: Loop(lambda port=port: handshake_status(port, bearer), 0.03) for port in (FRONT, PUSH)}
    wait_for_results(connectors.values(), 5)
    restart("push")
    wait_for_results(connectors.values(), max(len(one.results) for one in connectors.values()) + 5)
    got = {port: one.stop() for port, one in connectors.items()}
    codes = [eventually(lambda c=client: c.close_code) for client in held]
    assert codes == [SHUTDOWN_CODE] * len(held), codes
    advised = [any(f["type"] == "reconnect" for _, f in list(client.inbox)) for client in held]
    assert all(advised), advised
    wrong = {port: [x for x in all_ if x != 101] for port, all_ in got.items()}
    assert not wrong[FRONT] and not wrong[PUSH], (
        {port: len(all_) for port, all_ in got.items()}, wrong)


def fanout_restarts():
    """Each message arrives once, within the time of a lease (3 s)."""
    reader = open_socket(FRONT, token("alice"))
    at = {}

    def received(frame):
        if frame["type"] == "message" and frame["body"].startswith("fan "):
            at.setdefault(frame["body"], []).append(time.monotonic())

    reader.on_frame = received
    reader.send_json({"type": "subscribe", "id": "1", "channelId": CHANNEL})
    sent = {}

    def sends(user, bearer=None):
        body = f"fan {user} {time.monotonic()}"
        sent[body] = time.monotonic()
        return request("POST", GENERAL, bearer, {"body": body})

    loops = [Loop(lambda u=user, b=token(user): sends(u, b), 0.55) for user in ("carol", "alice")]
    for _ in range(2):
        wait_for_results(loops, len(loops[0].results) + 2)
        restart("fanout")
    wait_for_results(loops, len(loops[0].results) + 2)
    got = [status for one in loops for status in one.stop()]
    # 202 means that the message is in the queue, and that the request did not wait for its commit.
    assert all(status in (201, 202) for status in got), got
    eventually(lambda: set(at) >= set(sent), 10)
    assert all(len(times) == 1 for times in at.values()), at
    late = max(at[body][0] - sent[body] for body in sent)
    print(f"  {len(sent)} messages over two restarts of fanout, the latest after {late:.2f} s", flush=True)
    assert late < LATE_S, late


def restart_fails():
    """When the new master exits during its start, the old master continues."""
    old = pids()["api"]
    binary = BUILD / "api-fcgi/echostream-api"
    kept = binary.with_suffix(".kept")
    binary.rename(kept)
    try:
        binary.write_text("#!/bin/sh\necho my last words >&2\nexit 78\n")
        binary.chmod(0o755)
        done = dev("restart", "api")
    finally:
        kept.rename(binary)
    assert done.returncode == 1 and "the old one continues" in done.stderr, done.stderr
    assert "my last words" in (STACK / "log/up.log").read_text()
    assert pids()["api"] == old and birth(old) and answers()


def restart_is_not_ready():
    """A new master that is not ready replaces the old one, and `./dev restart` reports that."""
    old = pids()["fanout"]
    assert dev("psql", "-Atqc", "REVOKE SELECT ON messages FROM echostream_app").returncode == 0
    try:
        done = dev("restart", "fanout")
    finally:
        granted = dev("psql", "-Atqc", "GRANT SELECT ON messages TO echostream_app")
    assert granted.returncode == 0, granted.stderr
    assert done.returncode == 1 and "it is not ready; see ./dev ctl check" in done.stderr, done.stderr
    assert pids()["fanout"] != old and not birth(old)
    done = dev("restart", "fanout")
    assert done.returncode == 0, done.stderr


def wrong_name():
    done = dev("restart", "apis")
    assert done.returncode == 2 and "fanout, push and api" in done.stderr, done.stderr
