"""The table of workloads. A row says what is measured; measure.py has one function for each kind."""

import collections

# word      name on the command line; a word may have several rows
# kind      function of measure.py
# sockets   subscribers; each is a user of its own
# channels  each socket subscribes to one of them, in turn
# rate      messages a second (kind `most`: the first rate to try)
# limit_ms  kind `most`: the highest p99 that counts
# split     True: one worker of push-server alone on the server's cores, all else on those of the load
# targets   what runs beside EchoStream
Row = collections.namedtuple("Row", "word name kind sockets channels rate seconds limit_ms split targets")

FLOORS = ("plain", "gather")
ROWS = (
    Row("idle", "idle, 10,000 sockets", "idle", 10000, 100, 0, 3, 0, False, ("plain",)),
    Row("idle", "idle, 18,000 sockets", "idle", 18000, 100, 0, 3, 0, False, ("plain",)),
    Row("base", "100 sockets, 10 channels, 100 msg/s", "deliver", 100, 10, 100, 10, 0, False,
        FLOORS),
    Row("sweep", "1 channel, 1,000 sockets, 20 msg/s", "deliver", 1000, 1, 20, 5, 0, False, FLOORS),
    Row("sweep", "1 channel, 10,000 sockets, 4 msg/s", "deliver", 10000, 1, 4, 10, 0, False,
        FLOORS),
    Row("fanout", "1 channel, 1,000 sockets, split", "most", 1000, 1, 500, 3, 50, True, FLOORS),
    Row("channels", "10,000 sockets, 1,000 channels, 1,000 msg/s", "deliver", 10000, 1000, 1000,
        10, 0, False, FLOORS),
    Row("stored", "1,000 sockets, 100 channels", "most", 1000, 100, 1000, 3, 200, False, FLOORS),
    # Beside `channels`, these tell what a send, an event and a delivery cost push-server.
    Row("costs", "1,000 channels, 1 subscriber each, 500 msg/s", "cost", 1000, 1000, 500, 8, 0,
        False, ()),
    Row("costs", "1,000 channels, 100 of them with 1 subscriber, 500 msg/s", "cost", 100, 1000, 500,
        8, 0, False, ()),
    Row("connect", "10,000 sockets", "connect", 10000, 100, 0, 0, 0, False, ("plain",)),
    Row("rest", "REST, 16 connections", "rest", 1, 10, 0, 3, 0, False, ()),
    # The first column of figures is that of 1,000 channels.
    Row("growth", "100,000 channels against 1,000", "growth", 10, 1000, 100, 8, 0, False, ()),
)
WORDS = tuple(dict.fromkeys(row.word for row in ROWS))

SENDERS = 4             # users that send; sender N sends to every fourth channel
BODY_BYTES = 200
AT_ONCE = 256           # connects under way at the same time
STORM_AT_ONCE = 2000    # the same when all reconnect; ES_PUSH_HANDSHAKES (4,096) refuses more
REST_CONNECTIONS = 16
WARM_MS = 1000          # 50 with --smoke; sends before this time are checked, but their times do not count
MOST_STEPS = 14         # rates that kind `most` tries

GROWTH = 100            # kind `growth`: the second tenant has so many times the channels
GROWTH_MESSAGES = 10    # stored messages of each channel

# name, method, path, header Prefer. {channel} is a channel with 60 messages.
REQUESTS = (
    ("healthz", "GET", "/healthz", ""),
    ("me", "GET", "/api/v1/users/me", ""),
    ("channel", "GET", "/api/v1/channels/{channel}", ""),
    ("channels", "GET", "/api/v1/channels", ""),
    ("history of 50", "GET", "/api/v1/channels/{channel}/messages?limit=50", ""),
    ("post-wait", "POST", "/api/v1/channels/{channel}/messages", ""),
    ("post-async", "POST", "/api/v1/channels/{channel}/messages", "respond-async"),
)
GROWTH_REQUESTS = ("channel", "channels", "history of 50")

# Settings of the stack under test that differ from the defaults. The limits of users are off, because
# four users send everything; one worker of push-server has all sockets.
SETTINGS = {
    "ES_PUSH_CONNECTIONS": "18200",
    "ES_LIMIT_USER_SEND": "0",
    "ES_LIMIT_USER_READ": "0",
    "ES_LIMIT_USER_WRITE": "0",
}


def smoke(row):
    """The same row, so small that it takes a second; its times mean nothing."""
    return row._replace(sockets=min(row.sockets, 10), channels=min(row.channels, 5),
                        rate=min(row.rate, 1) * 100, seconds=0.1 if row.seconds else 0)
