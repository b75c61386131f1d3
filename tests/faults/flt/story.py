"""The parts that stories share: registration, the context, and a stopped server."""

import json
import os
import signal
import time
import uuid

from scn import rest

from .client import Client
from .stack import Gone, stat_of
from .writers import API

BACK_S = 20     # within this time every worker reaches its servers again
STORIES = []


class Story:
    def __init__(self, run, fits):
        self.name, self.run = run.__doc__.split("\n")[0].rstrip("."), run
        self.fits = fits        # function of the queue: True when the story can run with it


def story(f, fits=lambda _queue: True):
    STORIES.append(Story(f, fits))
    return f


def story_if(fits):
    return lambda f: story(f, fits)


class Wrong(Exception):
    """The story found a broken promise."""


class Context:
    """The argument of a story: the stack, users, and functions for clients."""

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
        """A page of history. Repeats the read while a worker that backs off answers 503."""
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
        """The bodies of all messages of the channel."""
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
        """Stops a program until the block ends. The supervisor is frozen meanwhile, so that it does not
        start the program again."""
        return Stopped(self, name, sig)

    def end(self):
        for one in self.clients:
            one.drop()


class Stopped:
    def __init__(self, context, name, sig):
        self.context, self.name, self.sig = context, name, sig

    def __enter__(self):
        stack = self.context.stack
        with open(os.path.join(stack.run_dir, "up.pid"), encoding="utf-8") as f:
            self.supervisor = int(f.read())
        self.pid = stack.master(self.name)
        os.kill(self.supervisor, signal.SIGSTOP)
        os.kill(self.pid, self.sig)
        self.context.soon(lambda: (stat_of(self.pid) or ["Z"])[0] == "Z", 20, self.name + " has ended")

    def __exit__(self, *_):
        os.kill(self.supervisor, signal.SIGCONT)
        self.context.stack.restarted(self.name, self.pid)
        self.context.soon(self.context.stack.ready, 40, "all programs are ready again")


def run_stories(context, report, only=""):
    """Runs each story whose name contains `only`."""
    for one in STORIES:
        if only not in one.name or not one.fits(context.stack.queue):
            continue
        try:
            one.run(context)
            report.ok("story", one.name)
        except (Wrong, TimeoutError, Gone, OSError) as e:
            report.not_ok("story", one.name, ["%s: %s" % (type(e).__name__, e)])
        finally:
            context.end()
