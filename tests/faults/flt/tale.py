"""The tools of single stories: a world, a stack and clients."""

import json
import os
import signal
import time
import uuid

from scn import rest

from .client import Client
from .stack import Gone, stat_of
from .writers import API

BACK_S = 20     # time for every worker to reach its servers again
STORIES = []


class Story:
    def __init__(self, run, fits):
        self.name, self.run = run.__doc__.split("\n")[0].rstrip("."), run
        self.fits = fits        # function: true when the story can run with this queue


def story(f, fits=lambda _queue: True):
    STORIES.append(Story(f, fits))
    return f


def story_if(fits):
    return lambda f: story(f, fits)


class Wrong(Exception):
    """The story did not end as it must: a promise is broken."""


class Tale:
    """The argument of a story: a world of its own, the stack, and functions for clients."""

    def __init__(self, load, stack, away_s):
        self.load, self.stack, self.world, self.away_s = load, stack, load.world, away_s
        self.clients = []

    def channel(self, private=False, members=()):
        name = "s" + uuid.uuid4().hex[:8]
        self.world.make_channel(name, "main", private, members)
        return self.world.names[name]

    def client(self, who, direct=True):
        one = Client(self.load, who, direct)
        self.clients.append(one)
        return one

    def ask(self, method, path, who, value=None, timeout=15):
        body = None if value is None else json.dumps(value).encode()
        headers = [("Authorization", "Bearer " + self.world.token(who))]
        if body is not None:
            headers.append(("Content-Type", "application/json"))
        return rest.Client(self.load.env.url, timeout).request(method, path, headers, body)

    def post(self, channel, who, body, cid=None):
        return self.ask("POST", "%s/channels/%s/messages" % (API, channel), who, {
            "body": body, "clientMessageId": cid or str(uuid.uuid4())})

    def history(self, channel, who, after):
        """A page of history; repeats the read while a worker in its back-off answers 503."""
        path = "%s/channels/%s/messages?after=%d&limit=200" % (API, channel, after)
        end = time.monotonic() + BACK_S
        while True:
            got = self.ask("GET", path, who)
            if got.status == 200:
                return got.json
            if got.status != 503 or time.monotonic() > end:
                raise Wrong("history: %s" % got)
            time.sleep(0.05)

    def bodies(self, channel, who="w0"):
        return [m["body"] for m in self.history(channel, who, 0)["messages"]]

    def everything(self, channel, who="w0"):
        """The bodies of all messages, read by pages."""
        found, after = [], 0
        while True:
            page = self.history(channel, who, after)
            found += [m["body"] for m in page["messages"]]
            if not page["hasMore"]:
                return found
            after = page["messages"][-1]["messageId"]

    def soon(self, ready, seconds, what):
        end = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > end:
                raise Wrong("not within %g s: %s" % (seconds, what))
            time.sleep(0.05)

    def without(self, name, sig):
        """Freezes the supervisor, so that a stopped program is not started again."""
        return Away(self, name, sig)

    def end(self):
        for one in self.clients:
            one.drop()


class Away:
    def __init__(self, tale, name, sig):
        self.tale, self.name, self.sig = tale, name, sig

    def __enter__(self):
        stack = self.tale.stack
        with open(os.path.join(stack.run_dir, "up.pid"), encoding="utf-8") as f:
            self.boss = int(f.read())
        self.pid = stack.master(self.name)
        os.kill(self.boss, signal.SIGSTOP)
        os.kill(self.pid, self.sig)
        self.tale.soon(lambda: (stat_of(self.pid) or ["Z"])[0] == "Z", 20, "it is gone")

    def __exit__(self, *_):
        os.kill(self.boss, signal.SIGCONT)
        self.tale.stack.restarted(self.name, self.pid)
        self.tale.soon(self.tale.stack.ready, 40, "everything is ready again")


def tell(tale, report, only=""):
    """Runs each story whose name contains `only`."""
    for one in STORIES:
        if only not in one.name or not one.fits(tale.stack.queue):
            continue
        try:
            one.run(tale)
            report.ok("story", one.name)
        except (Wrong, TimeoutError, Gone, OSError) as e:
            report.not_ok("story", one.name, ["%s: %s" % (type(e).__name__, e)])
        finally:
            tale.end()
