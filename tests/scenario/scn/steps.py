"""Runs the lines of a scenario; VERBS is the table of verbs."""

import threading
import time

from . import env as environment
from . import lang
from .rest_steps import do_rest
from .world import Failure
from .ws_steps import do_ws

POLL_S = 0.1


def run_steps(world, nodes):
    for node in nodes:
        word, rest = node.split()
        verb = VERBS.get(word)
        if verb is None:
            raise lang.BadScenario("line %d: unknown verb %s" % (node.number, word))
        try:
            verb(world, node, rest)
        except Failure as e:
            text = str(e)
            if not text.startswith("line "):
                text = "line %d: %s: %s" % (node.number, node.text[:120], text)
            raise Failure(text) from None
        except lang.BadScenario as e:
            text = str(e)
            if not text.startswith("line "):
                text = "line %d: %s" % (node.number, text)
            raise lang.BadScenario(text) from None


def do_tenant(world, _, rest):
    """tenant NAME [JSON merged into the request]"""
    name, _, more = rest.partition(" ")
    world.make_tenant(name, world.json(more) if more else {})


def do_user(world, _, rest):
    """user NAME in TENANT [role ROLE]"""
    words = rest.split()
    if len(words) not in (3, 5) or words[1] != "in":
        raise lang.BadScenario("user NAME in TENANT [role ROLE]")
    world.make_user(words[0], words[2], words[4] if len(words) == 5 else "member")


def do_channel(world, _, rest):
    """channel NAME by WHO [private] [with WHO WHO...]"""
    words = rest.split()
    if len(words) < 3 or words[1] != "by":
        raise lang.BadScenario("channel NAME by WHO [private] [with WHO...]")
    members = words[words.index("with") + 1:] if "with" in words else []
    world.make_channel(words[0], words[2], "private" in words[3:], members)


def do_mint(world, _, rest):
    """mint NAME like WHO [JSON of claims; header, key, drop]"""
    words = rest.split(" ", 3)
    if len(words) < 3 or words[1] != "like":
        raise lang.BadScenario("mint NAME like WHO [JSON]")
    world.mint(words[0], words[2], world.json(words[3]) if len(words) > 3 else {})


def do_set(world, _, rest):
    """set NAME VALUE"""
    name, _, value = rest.partition(" ")
    world.names[name] = world.fill(value.strip())


def do_repeat(world, node, rest):
    """repeat N [as VARIABLE]: runs the steps below with $i, or $VARIABLE, from 1 to N"""
    words = world.fill(rest).split()
    variable = words[2] if len(words) == 3 else "i"
    for k in range(1, int(words[0]) + 1):
        world.names[variable] = k
        run_steps(world, node.children)


def do_together(world, node, _):
    """together: runs the steps below at the same time, each in its own thread."""
    errors = []
    gate = threading.Barrier(len(node.children))

    def one(child):
        try:
            gate.wait()
            run_steps(world, [child])
        except Exception as e:      # raised again below, in the calling thread
            errors.append(e)
    threads = [threading.Thread(target=one, args=(c,)) for c in node.children]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if errors:
        raise errors[0]


def do_within(world, node, rest):
    """within 5s: repeats the steps below until they hold"""
    end = time.monotonic() + lang.seconds(rest)
    while True:
        try:
            run_steps(world, node.children)
            return
        except Failure:
            if time.monotonic() > end:
                raise
            time.sleep(POLL_S)


def do_sql(world, node, rest):
    """sql STATEMENT; below it `expect TEXT` (rows, | between columns) and `save NAME`"""
    tenant = None
    if rest.startswith("in "):
        _, tenant, rest = rest.split(" ", 2)
        tenant = world.names[tenant]
    code, out = world.env.sql(world.fill(rest), tenant)
    if code != 0:
        raise Failure("psql: %s" % out)
    check_output(world, node, out)


def do_redis(world, node, rest):
    code, out = world.env.redis(world.fill(rest).split())
    if code != 0:
        raise Failure("redis-cli: %s" % out)
    check_output(world, node, out)


def check_output(world, node, out):
    for child in node.children:
        word, text = child.split()
        if word == "save":
            world.names[text] = out
        elif word == "expect" and out != world.fill(text):
            raise Failure("line %d: expected %s, got %s" % (child.number, world.fill(text), out))


def do_signal(world, node, rest):
    """stop, continue, kill or drain PROGRAM: sends the signal of SIGNALS to the program's workers"""
    sig = environment.SIGNALS[node.split()[0]]
    if not world.env.signal(rest, sig):
        raise Failure("no pid of %s in ./dev status -o json" % rest)
    if node.split()[0] == "stop":
        world.stopped.add(rest)
    else:
        world.stopped.discard(rest)


def do_same(world, node, rest):
    """same: the answers to all `rest` steps below are equal, except requestId and instance"""
    first = None
    for child in node.children:
        run_steps(world, [child])
        seen = comparable(world.answer)
        if first is None:
            first = seen
        elif seen != first:
            raise Failure("line %d: answers differ:\n  %s\n  %s" % (child.number, first, seen))


def comparable(answer):
    """The answer without the fields that differ with each request."""
    value = answer.json
    if isinstance(value, dict):
        value = {k: v for k, v in value.items() if k not in ("requestId", "instance")}
    return answer.status, value if value is not None else answer.text()


def do_log(world, _, rest):
    """log absent TEXT: no log file of the stack contains TEXT"""
    word, _, text = rest.partition(" ")
    if word != "absent":
        raise lang.BadScenario("log absent TEXT")
    found = environment.logs_with(world.env, world.fill(text))
    if found:
        raise Failure("found in %s" % ", ".join(found))


VERBS = {
    "tenant": do_tenant,
    "user": do_user,
    "channel": do_channel,
    "mint": do_mint,
    "set": do_set,
    "rest": do_rest,
    "ws": do_ws,
    "repeat": do_repeat,
    "together": do_together,
    "within": do_within,
    "same": do_same,
    "sql": do_sql,
    "redis": do_redis,
    "stop": do_signal,
    "continue": do_signal,
    "kill": do_signal,
    "drain": do_signal,
    "log": do_log,
}
