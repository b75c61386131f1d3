"""The load of a run: creates, starts and stops writers and listeners, then reads the histories."""

import random
import threading
import time
import urllib.parse
import uuid

from scn import env as environment
from scn import rest
from scn.world import World

from . import history
from .journal import Journal
from .listeners import Spy, Listener
from .writers import API, AckChecker, RestWriter, WsWriter


class Shape:
    """How many channels, writers and listeners of each kind a load has."""

    def __init__(self, channels=6, rest=5, ws=4, piped=2, pause_s=0.03, flapping=4, slow=2,
                 steady=3):
        self.channels, self.rest, self.ws, self.piped = channels, rest, ws, piped
        self.pause_s, self.flapping, self.slow, self.steady = pause_s, flapping, slow, steady


class Load:
    def __init__(self, env, seed, shape, journal_path=None, give_up_s=60.0):
        self.env, self.seed, self.shape = env, seed, shape
        self.give_up_s = give_up_s
        self.run_id = uuid.uuid4().hex[:8]
        self.journal = Journal(journal_path)
        self.world = World(env)
        self.tenants = {}
        self.stopping, self.over = threading.Event(), threading.Event()
        self.give_up_at = float("inf")
        self.protocol_faults = []
        self.async_share, self.ack_check_share = 0.1, 0.05
        self.writers, self.listeners, self.spies = [], [], []
        self.ack_checker = AckChecker(self)
        self.push = urllib.parse.urlsplit(env.get("ES_PUSH_URL") or "")

    # functions for writers and listeners

    def tenant_of(self, who):
        return self.tenants[who]

    def user_id(self, who):
        return self.world.names[who]

    def url_of(self, _who):
        return self.env.url

    def ws_of(self, _who, direct):
        if direct and self.push.port:
            return self.push.hostname, self.push.port, self.push.path
        return self.env.ws_host, self.env.ws_port, self.env.ws_path

    # creating

    def build(self):
        s = self.shape
        for tenant in ("main", "canary"):
            self.world.make_tenant(tenant, {"maxMessagesPerSecond": 50000, "settings": {
                "user_send_limit": 5000, "user_send_window_s": 1}})
        users = ["w%d" % k for k in range(s.rest + s.ws + s.piped)] + ["reader", "outsider"]
        for who in users:
            self.user(who, "main")
        for who in ("canary1", "canary2"):
            self.user(who, "canary")
        self.main = ["c%d" % k for k in range(s.channels)]
        for k, name in enumerate(self.main):
            private = k == 0
            self.world.make_channel(name, "main", private,
                                    users[:-1] if private else [])
        self.world.make_channel("c0", "canary", False, [])
        self.foreign = self.world.names["c0"]
        # The canary tenant's channel has the same name as a private channel of the main tenant.
        self.channels = [c for c in self.world_channels("main")]
        self.private = self.channels[0]
        self.create_clients()

    def user(self, who, tenant):
        self.world.make_user(who, tenant, "member")
        self.tenants[who] = tenant

    def world_channels(self, tenant):
        got = self.world.call("GET", API + "/channels", tenant)
        rows = [c for c in got["channels"] if c["name"].startswith("c")]
        return [c["channelId"] for c in sorted(rows, key=lambda c: c["name"])]

    def create_clients(self):
        s, n = self.shape, 0
        for kind, count in (("rest", s.rest), ("ws", s.ws), ("piped", s.piped)):
            for k in range(count):
                who = "w%d" % n
                channels = [self.channels[(n + j) % len(self.channels)] for j in range(3)]
                self.writers.append(self.writer(kind, k, who, channels))
                n += 1
        self.writers.append(RestWriter(self, "canary-rest", "canary1", [self.foreign],
                                       s.pause_s * 8))
        for k in range(s.steady):
            self.listeners.append(Listener(self, "steady%d" % k, "reader", self.channels,
                                           "steady", k % 2 == 1))
        for kind, count in (("flapping", s.flapping), ("slow", s.slow)):
            for k in range(count):
                channels = [self.channels[(k + j) % len(self.channels)] for j in range(2)]
                self.listeners.append(Listener(self, "%s%d" % (kind, k), "reader", channels, kind,
                                               k % 2 == 0))
        self.listeners.append(Listener(self, "canary", "canary2", [self.foreign], "steady",
                                       False))
        if s.steady:
            self.spies = [Spy(self, "spy-tenant", "canary2", [self.foreign], self.channels),
                         Spy(self, "spy-private", "outsider", [self.channels[-1]],
                             [self.private, self.foreign])]

    def writer(self, kind, k, who, channels):
        pause = self.shape.pause_s
        if kind == "rest":
            return RestWriter(self, "rest%d" % k, who, channels, pause)
        window = 1 if kind == "ws" else 12
        return WsWriter(self, "%s%d" % (kind, k), who, channels, pause, window, k % 2 == 0)

    # running

    def start(self):
        for one in self.listeners + self.spies + [self.ack_checker]:
            one.start()
        self.until(lambda: all(len(one.last) == len(one.channels) for one in self.listeners),
                   30, "listeners are subscribed")
        for one in self.writers:
            one.start()

    def until(self, ready, seconds, what):
        end = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > end:
                raise TimeoutError("not within %g s: %s" % (seconds, what))
            time.sleep(0.02)

    def back_since(self, at):
        """True when all clients are back: every writer has an ack for a message that it first sent after
        `at`, and every steady listener has received such a message in each channel."""
        return all(w.newest_at > at for w in self.writers) and all(
            one.newest_at.get(c, 0) > at for one in self.listeners if one.kind == "steady"
            for c in one.channels)

    def missing_since(self, at):
        return [w.name for w in self.writers if w.newest_at <= at] + [
            "%s/%d" % (one.name, k) for one in self.listeners if one.kind == "steady"
            for k, c in enumerate(one.channels) if one.newest_at.get(c, 0) <= at]

    def finish(self, wait_s=45.0):
        """Stops the writers, waits for all answers and frames; returns {channel: History}."""
        self.give_up_at = time.monotonic() + self.give_up_s
        self.stopping.set()
        for one in self.writers:
            one.join(max(0.1, self.give_up_at + 15 - time.monotonic()))
            if one.is_alive():
                self.protocol_faults.append("%s did not stop" % one.name)
        self.wait_for_accepted(15.0)
        histories = self.read_back()
        self.wait_for_heads(histories, wait_s)
        self.over.set()
        for one in self.listeners + self.spies + [self.ack_checker]:
            one.join(10)
        for one in self.writers + self.listeners + self.spies + [self.ack_checker]:
            if one.failure:
                self.protocol_faults.append(one.failure)
        self.journal.close()
        return histories

    def wait_for_accepted(self, seconds):
        """Waits until the messages that were answered 202 are committed."""
        client = rest.Client(self.env.url)
        end = time.monotonic() + seconds
        pending = [s for s in self.journal.sends if s.acked_at is None and s.accepted_at]
        while pending and time.monotonic() < end:
            pending = [s for s in pending if self.state_of(client, s) != 200]
            if pending:
                time.sleep(0.3)
        client.close()

    def state_of(self, client, send):
        path = "%s/channels/%s/messages/by-client-id/%s" % (API, send.channel, send.cid)
        try:
            return client.request("GET", path, [
                ("Authorization", "Bearer " + self.world.token(send.writer_who))],
                keep=True).status
        except Exception:
            client.close()
            return 0

    def read_back(self):
        rng = random.Random(self.seed)
        found = {c: history.read(self, c, "reader", rng) for c in self.channels}
        found[self.foreign] = history.read(self, self.foreign, "canary2", rng)
        return found

    def wait_for_heads(self, histories, seconds):
        """Waits until each listener has the last message of its channels, at most `seconds`. The judge names
        the listeners that lack this message."""
        def at_head():
            return all(one.last.get(c, 0) >= histories[c].forward[-1]["messageId"]
                       for one in self.listeners for c in one.channels
                       if histories[c].forward)
        end = time.monotonic() + seconds
        while not at_head() and time.monotonic() < end:
            time.sleep(0.05)


def open_env(path):
    return environment.read_env(path)
