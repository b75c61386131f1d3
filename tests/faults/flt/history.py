"""Reads history over REST: forward, backward, and some messages one by one."""

import time

from scn import rest

from .writers import API

PAGES = (200, 37)      # page sizes forward and backward; unequal, so that pages end at other messages


class History:
    """The messages of one channel, oldest first, as read forward and backward."""

    def __init__(self, channel, tenant, forward, backward, strays):
        self.channel, self.tenant = channel, tenant
        self.forward, self.backward = forward, backward
        self.strays = strays    # (row in a page, row of the single read), when the two differ


def read(load, channel, who, rng):
    client = rest.Client(load.url_of(who), timeout=15)
    headers = [("Authorization", "Bearer " + load.world.token(who))]
    base = "%s/channels/%s/messages" % (API, channel)
    forward = walk(client, headers, base, "&after=0", "after", PAGES[0])
    backward = walk(client, headers, base, "", "before", PAGES[1])
    backward.reverse()
    strays = []
    for one in rng.sample(forward, min(5, len(forward))):
        got = ask(client, headers, "%s/%s" % (base, one["messageId"]))
        if slim(got) != slim(one):
            strays.append((one, got))
    client.close()
    return History(channel, load.tenant_of(who), forward, backward, strays)


def walk(client, headers, base, query, word, limit):
    found = []
    while True:
        page = ask(client, headers, "%s?limit=%d%s" % (base, limit, query))
        found += page["messages"]
        if not page["hasMore"] or not page["messages"]:
            return found
        query = "&%s=%d" % (word, page["messages"][-1]["messageId"])


def ask(client, headers, path, patience_s=20):
    """Returns the answer to GET path. Repeats the request while the stack recovers from a fault."""
    end = time.monotonic() + patience_s
    while True:
        try:
            got = client.request("GET", path, headers, keep=True)
            if got.status == 200 and got.json is not None:
                return got.json
            why = str(got)
        except Exception as e:
            client.close()
            why = str(e)
        if time.monotonic() > end:
            raise RuntimeError("GET %s: %s" % (path, why[:500]))
        time.sleep(0.2)


def slim(message):
    return {k: message.get(k) for k in ("messageId", "channelId", "userId", "body",
                                        "clientMessageId", "createdAt", "prev", "seq")}
