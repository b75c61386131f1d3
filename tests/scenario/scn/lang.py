"""Reads scenario files into trees of lines, and fills in $variables."""

import json
import re
import time
import uuid

from . import match


class BadScenario(Exception):
    """A fault of the scenario file itself."""


class Node:
    """A line of a scenario file, and the lines indented below it."""

    def __init__(self, number, text):
        self.number, self.text = number, text
        self.children = []

    def split(self):
        word, _, rest = self.text.partition(" ")
        return word, rest.strip()


class Scenario:
    def __init__(self, file, number, name):
        self.file, self.number, self.name = file, number, name
        self.steps = []


class File:
    """The scenarios of one file; `exclusive` files run alone, `needs` names conditions."""

    def __init__(self, path):
        self.path = path
        self.exclusive = False
        self.needs = []
        self.scenarios = []


def parse_file(path):
    with open(path, encoding="utf-8") as f:
        return parse(path, f.read())


def parse(path, text):
    file = File(path)
    for node in tree(path, text):
        word, rest = node.split()
        if word == "scenario":
            name = rest.strip('"')
            if not name:
                raise BadScenario("%s:%d: a scenario needs a name" % (path, node.number))
            file.scenarios.append(Scenario(path, node.number, name))
            file.scenarios[-1].steps += node.children
        elif word == "exclusive" and not file.scenarios:
            file.exclusive = True
        elif word == "needs" and not file.scenarios:
            file.needs += rest.split()
        elif file.scenarios:
            file.scenarios[-1].steps.append(node)
        else:
            raise BadScenario("%s:%d: a step before the first scenario" % (path, node.number))
    return file


def tree(path, text):
    """The top-level nodes. Indentation nests lines. A line that ends in {, [ or , continues below."""
    top = []
    stack = [(-1, top)]
    lines = enumerate(text.split("\n"), 1)
    for number, line in lines:
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        if "\t" in line[:len(line) - len(line.lstrip())]:
            raise BadScenario("%s:%d: indent with blanks" % (path, number))
        indent = len(line) - len(line.lstrip(" "))
        goes_on = stripped[-1] in "{[,"
        while goes_on and depth(stripped) > 0:
            try:
                stripped += " " + next(lines)[1].strip()
            except StopIteration:
                raise BadScenario("%s:%d: bracket never closed" % (path, number)) from None
        node = Node(number, stripped)
        while stack[-1][0] >= indent:
            stack.pop()
        stack[-1][1].append(node)
        stack.append((indent, node.children))
    return top


def depth(text):
    """The number of open brackets at the end of text, without those in strings."""
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', "", text)
    return sum(bare.count(c) for c in "{[") - sum(bare.count(c) for c in "}]")


VARIABLE = re.compile(r"\$\{([^}]*)\}|\$([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)")
MATCHERS = match.NAMES | {"len", "above", "below"}


def fill(text, names):
    """Text with each $name and ${expression} replaced; matchers like $uuid are left alone."""
    def one(m):
        if m.group(2) is not None:
            return as_text(lookup(m.group(2), names, m.group(0)))
        return as_text(expression(m.group(1), names))
    return VARIABLE.sub(one, text)


def lookup(name, names, literal=None):
    if name in names:
        return names[name]
    if literal is not None and name in MATCHERS:
        return literal
    head, _, tail = name.rpartition(".")
    if literal is not None and head in names:
        return as_text(names[head]) + "." + tail
    raise BadScenario("no variable named %s" % name)


def expression(text, names):
    """name, name+1, name-1, rep:COUNT:TEXT, upper:NAME, new:uuid, new:id or time:SECONDS."""
    if text.startswith("rep:"):
        _, count, piece = text.split(":", 2)
        return piece * int(count)
    if text.startswith("upper:"):
        return as_text(lookup(text[6:], names)).upper()
    if text == "new:uuid":
        return str(uuid.uuid4())
    if text == "new:id":
        return uuid.uuid4().hex[:16]
    if text.startswith("time:"):
        return int(time.time()) + int(text[5:])
    m = re.fullmatch(r"([A-Za-z_][\w.]*)([+-]\d+)", text)
    if m:
        return int(lookup(m.group(1), names)) + int(m.group(2))
    return lookup(text, names)


def as_text(value):
    return value if isinstance(value, str) else json.dumps(value)


def as_json(text, names):
    filled = fill(text, names)
    try:
        return json.loads(re.sub(r'([\[,]\s*)\.\.\.(?=\s*[\],])', r'\1"..."', filled))
    except ValueError as e:
        raise BadScenario("not JSON: %s (%s)" % (filled[:300], e)) from None


DURATION = re.compile(r"^(\d+(?:\.\d+)?)(ms|s)$")


def seconds(text):
    m = DURATION.match(text)
    if not m:
        raise BadScenario("not a duration such as 500ms or 2s: %r" % text)
    return float(m.group(1)) / (1000 if m.group(2) == "ms" else 1)
