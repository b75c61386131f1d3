"""The verb `rest` and the lines below it."""

import re

from . import lang, match
from .schemas import from_front_door
from .world import Failure

BUILD = {"header", "body", "raw", "bytes", "type"}


def do_rest(world, node, rest):
    words = rest.split()
    if len(words) not in (2, 4) or len(words) == 4 and words[2] != "as":
        raise lang.BadScenario("rest METHOD PATH [as WHO]")
    method, path = words[0], world.fill(words[1])
    who = words[3] if len(words) == 4 else "none"
    headers, body = build(world, node)
    answer = world.request(method, path, who, headers, body)
    world.answer = answer
    judged = False
    for child in node.children:
        word, text = child.split()
        if word in BUILD:
            continue
        try:
            if word == "save":
                do_save(world, answer, text)
            elif word == "expect":
                judged = expect(world, answer, text) or judged
            else:
                raise lang.BadScenario("unknown line below rest: %s" % word)
        except Failure as e:
            raise Failure("line %d: %s: %s\n  answer: %s" % (
                child.number, child.text, e, answer)) from None
    if not judged and not 200 <= answer.status < 300:
        raise Failure("expected success\n  answer: %s" % answer)


def build(world, node):
    headers, body, kind = [], None, None
    for child in node.children:
        word, text = child.split()
        if word == "header":
            name, _, value = text.partition(":")
            headers.append((name.strip(), world.fill(value.strip())))
        elif word == "type":
            kind = world.fill(text)
        elif word == "body":
            world.json(text)
            body = world.fill(text).encode("utf-8", "surrogatepass")
        elif word == "raw":
            body = world.fill(text).encode("utf-8", "surrogatepass")
        elif word == "bytes":
            body = bytes.fromhex(text)
    if body is not None and kind is None:
        kind = "application/json"
    if kind and kind != "none":
        headers.append(("Content-Type", kind))
    return headers, body


def do_save(world, answer, text):
    source, _, name = text.partition("->")
    source, name = source.strip(), name.strip()
    if source.startswith("header "):
        value = answer.headers.get(source[7:].strip().lower())
        if value is None:
            raise Failure("no such header")
        world.names[name] = value
    else:
        world.save(answer.json, source, name)


def expect(world, answer, text):
    """Checks one expectation; True if it is about the status."""
    word, _, rest = text.partition(" ")
    rest = rest.strip()
    if word == "status":
        allowed = [int(w) for w in world.fill(rest).split(",")]
        if answer.status not in allowed:
            raise Failure("status is %d" % answer.status)
        return True
    if word == "problem":
        expect_problem(answer, world.fill(rest))
        return True
    if word == "header":
        expect_header(world, answer, rest)
    elif word == "no" and rest.startswith("header "):
        if rest[7:].strip().lower() in answer.headers:
            raise Failure("header is %s" % answer.headers[rest[7:].strip().lower()])
    elif word in ("body", "exactly"):
        expect_body(world, answer, rest, word == "exactly")
    elif word == "text":
        if not re.search(rest[1:-1], answer.text(), re.M):
            raise Failure("text does not match")
    elif word == "rising" or word == "falling":
        expect_order(answer, word, rest)
    else:
        raise lang.BadScenario("unknown expectation: %s" % text)
    return False


def expect_header(world, answer, rest):
    name, _, want = rest.partition(" ")
    got = answer.headers.get(name.lower(), match.MISSING)
    want = world.fill(want.strip()) or "$any"
    wrong = match.difference(want, got, name)
    if wrong:
        raise Failure(wrong)


def expect_body(world, answer, rest, exact):
    if rest == "empty":
        if answer.data:
            raise Failure("body is not empty")
        return
    if answer.json_fault:
        raise Failure("body is not JSON: %s" % answer.json_fault)
    wrong = match.difference(world.json(rest), answer.json, "", exact)
    if wrong:
        raise Failure(wrong)


def expect_problem(answer, rest):
    """STATUS CODE [field NAME]: checks a problem document and its request id."""
    words = rest.split()
    if answer.status != int(words[0]):
        raise Failure("status is %d" % answer.status)
    if answer.headers.get("content-type") != "application/problem+json":
        raise Failure("content type is %s" % answer.headers.get("content-type"))
    want = {"type": "$string", "title": "$string", "status": answer.status, "code": words[1]}
    if not from_front_door(answer):
        want["requestId"] = answer.headers.get("x-request-id", "(header X-Request-Id)")
    if len(words) == 4 and words[2] == "field":
        want["errors"] = ["...", place(words[3]), "..."]
    wrong = match.difference(want, answer.json)
    if wrong:
        raise Failure(wrong)


def place(name):
    """The JSON form of NAME (a field of the body), ?NAME (a query parameter) or :NAME (a header)."""
    if name.startswith("?"):
        return {"parameter": name[1:]}
    return {"header": name[1:]} if name.startswith(":") else {"pointer": "/" + name}


def expect_order(answer, word, path):
    """path: LIST.FIELD, as messages.seq. Checks that the numbers rise (or fall) strictly."""
    head, _, member = path.rpartition(".")
    got = match.pick(answer.json, head)
    if not isinstance(got, list):
        raise Failure("no list at %s" % head)
    numbers = [entry.get(member) for entry in got]
    pairs = zip(numbers, numbers[1:])
    if not all(a < b if word == "rising" else a > b for a, b in pairs):
        raise Failure("not %s: %s" % (word, numbers[:50]))
