"""The verb `ws` and the lines below it."""

import re

from . import frames, lang, match
from .conn import Conn
from .world import Failure

WITHIN_S = 5.0
OPENING = {"header", "query", "rcvbuf"}
# Words of `send` that send a text unchanged, with arguments for frames.encode().
TEXTS = {"raw": {}, "text-bytes": {}, "fragments": {}, "unmasked": {"masked": False},
         "reserved": {"rsv": 4}}


def do_ws(world, node, rest):
    """ws NAME: continues with an open socket; with `as WHO [via query|header]` opens one."""
    words = world.fill(rest).split()
    name = words[0]
    if len(words) > 1:
        if len(words) not in (3, 5) or words[1] != "as":
            raise lang.BadScenario("ws NAME [as WHO [via query|header]]")
        open_conn(world, node, name, words[2], words[4] if len(words) == 5 else "query")
    elif name not in world.conns:
        raise lang.BadScenario("no connection named %s" % name)
    conn = world.conns[name]
    expects_refusal = False
    for child in node.children:
        word, text = child.split()
        if word in OPENING:
            continue
        expects_refusal = expects_refusal or child.text.startswith("expect refused")
        try:
            step(world, conn, word, text)
        except Failure as e:
            raise Failure("line %d: %s" % (child.number, e)) from None
    if conn.refused is not None and not expects_refusal:
        conn.need_open()


def open_conn(world, node, name, who, via):
    if name in world.conns:
        world.conns[name].read_pending()
        world.conns[name].end()
        world.faults += world.conns[name].verdict(world.schemas)
    headers, query, rcvbuf = [], "", 0
    for child in node.children:
        word, text = child.split()
        if word == "header":
            key, _, value = text.partition(":")
            headers.append((key.strip(), world.fill(value.strip()) or None))
        elif word == "query":
            query = world.fill(text)
        elif word == "rcvbuf":
            rcvbuf = int(text)
    world.conns[name] = Conn(name, world.env, world.token(who), via, headers, query, rcvbuf)


def step(world, conn, word, text):
    if word == "send":
        send(world, conn, text)
    elif word == "expect":
        expect(world, conn, text)
    elif word == "then":
        before = conn.last_number
        conn.next(world.json(text), WITHIN_S)
        if conn.last_number <= before:
            raise Failure("came before the frame expected earlier: %s" % text)
    elif word == "silence":
        length, _, what = text.partition(" ")
        pattern = world.json(what) if what.startswith("{") else None
        conn.expect_silence(lang.seconds(length), set() if pattern else set(what.split()), pattern)
    elif word == "save":
        path, _, name = text.partition("->")
        world.save(conn.last, path.strip(), name.strip())
    elif word == "close":
        conn.need_open().close(int(text or 1000))
    elif word == "drop":
        conn.end()
    elif word == "pause":
        conn.need_open().reading.clear()
    elif word == "unpause":
        conn.need_open().reading.set()
    elif word == "deaf":
        conn.need_open().answer_pings = False
    elif word == "repeat":
        raise lang.BadScenario("repeat must be above ws, not below it")
    else:
        raise lang.BadScenario("unknown line below ws: %s" % word)


def send(world, conn, text):
    word, _, rest = text.partition(" ")
    client = conn.need_open()
    if text.startswith("{"):
        conn.send(world.json(text))
    elif word == "loose":
        conn.send(world.json(rest), loose=True)
    elif word in TEXTS:
        count, _, rest = rest.partition(" ") if word == "fragments" else (1, "", rest)
        data = bytes.fromhex(rest) if word == "text-bytes" else \
            world.fill(rest).encode("utf-8", "surrogatepass")
        conn.sent.add_text(data)
        pieces = fragments(int(count), data)
        for k, (opcode, piece) in enumerate(pieces):
            client.send_frame(opcode, piece, fin=k == len(pieces) - 1, **TEXTS[word])
    elif word == "binary":
        client.send_frame(frames.BINARY, bytes.fromhex(rest))
    elif word == "ping":
        client.send_frame(frames.PING, world.fill(rest).encode())
    elif word == "wire":
        client.send_bytes(bytes.fromhex(rest))
    else:
        raise lang.BadScenario("unknown kind of frame: send %s" % text)


def fragments(count, data):
    """Splits a text into count frames; returns (opcode, bytes) of each."""
    size = max(1, -(-len(data) // count))
    return [(frames.TEXT if k == 0 else frames.CONT, data[k:k + size])
            for k in range(0, max(len(data), 1), size)]


def expect(world, conn, text):
    within, skip = WITHIN_S, False
    while True:
        word, _, rest = text.partition(" ")
        if word == "within":
            length, _, text = rest.strip().partition(" ")
            within = lang.seconds(length)
        elif word == "eventually":
            skip, text = True, rest.strip()
        else:
            break
        text = text.strip()
    if text.startswith("{"):
        conn.next(world.json(text), within, skip)
    elif word == "unordered":
        unordered(conn, world.json(rest), within)
    elif word == "run":
        run(world, conn, world.fill(rest), within)
    elif word == "close":
        code, _, reason = rest.partition(" ")
        conn.expect_close([int(c) for c in code.split(",")], within)
        if reason and not re.search(reason.strip()[1:-1], conn.client.close_reason):
            raise Failure("close reason is %r" % conn.client.close_reason)
    elif word == "refused":
        refused(conn, rest.split())
    elif word == "open":
        conn.expect_pong(within)
    elif word == "ping":
        client = conn.need_open()
        if not client.wait(lambda: client.pings > 0, within):
            raise Failure("ws %s: no ping within %gs" % (conn.name, within))
    else:
        raise lang.BadScenario("unknown expectation: %s" % text)


def unordered(conn, patterns, within):
    """Expects one frame for each pattern, in any order."""
    left = list(patterns)
    while left:
        left.remove(conn.next_of(left, within))


def run(world, conn, rest, within):
    """N [TYPE]: expects N events of one type in a row; saves the first and last seq in $first, $last."""
    words = rest.split()
    pattern = {"type": words[1] if len(words) > 1 else "message", "seq": "$int"}
    first = None
    for _ in range(int(words[0])):
        frame = conn.next(pattern, within)
        first = frame["seq"] if first is None else first
    world.names["first"], world.names["last"] = first, conn.last["seq"]


def refused(conn, words):
    if conn.refused is None:
        raise Failure("ws %s: expected refusal with %s, got an upgrade" % (conn.name, words[0]))
    if conn.refused.status != int(words[0]):
        raise Failure("ws %s: refused with %d: %s" % (conn.name, conn.refused.status,
                                                      conn.refused.body[:300]))
    if len(words) > 1 and words[1].encode() not in conn.refused.body:
        raise Failure("ws %s: refusal is %s" % (conn.name, conn.refused.body[:300]))
