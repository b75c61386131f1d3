"""The documented frames that a run has met, and those that it has not."""

# Documented frames of the server that no scenario can cause: name -> reason.
NEVER_SEEN = {}


class Coverage:
    def __init__(self, received, sent, close_codes):
        self.received = {message.name: message for message in received}
        self.sent = {message.name for message in sent}
        self.close_codes = set(close_codes)
        self.seen, self.seen_sent = {}, set()
        self.points, self.closes = set(), set()

    def saw(self, message, frame):
        """Records a frame of the server that matches this message."""
        self.seen[message.name] = self.seen.get(message.name, 0) + 1
        for point in points_met(message.published, frame):
            self.points.add((message.name, point))

    def accepted(self, message):
        if message is not None:
            self.seen_sent.add(message.name)

    def closed(self, code):
        self.closes.add(code)

    def faults(self, exceptions=None):
        """Returns lines that fail a run: documented frames that the run did not meet, and faulty exceptions."""
        exceptions = NEVER_SEEN if exceptions is None else exceptions
        missing = sorted(set(self.received) - set(self.seen) - set(exceptions))
        found = ["the server never sent %s" % name for name in missing]
        found += ["the server accepted no %s: no ack, no frame of OWN_ANSWERS (scn/sent.py)" % name
                  for name in sorted(self.sent - self.seen_sent)]
        found += ["%s is an exception in coverage.py, but was sent" % name
                  for name in sorted(set(exceptions) & set(self.seen))]
        return found + ["%s is an exception in coverage.py, but is not documented" % name
                        for name in sorted(set(exceptions) - set(self.received))]

    def variants(self):
        """(number of variants, lines about variants not met): optional fields, values, codes."""
        found, count = [], len(self.close_codes)
        for name, message in sorted(self.received.items()):
            points = list(points_of(message.published))
            count += len(points)
            found += ["%s: %s" % (name, point) for point in points
                      if (name, point) not in self.points]
        return count, found + ["close code %d" % c
                               for c in sorted(self.close_codes - self.closes)]


def points_of(schema, path=""):
    """Each choice of a schema: an optional field, one of several values, a null."""
    if "oneOf" in schema:
        for part in schema["oneOf"]:
            yield "%s is %s" % (path, part.get("type"))
    if len(schema.get("enum", [])) > 1:
        for value in schema["enum"]:
            yield "%s is %s" % (path, value)
    if isinstance(schema.get("type"), list):
        for kind in schema["type"]:
            yield "%s is %s" % (path, kind)
    for member, spec in schema.get("properties", {}).items():
        inner = path + "." + member if path else member
        if member not in schema.get("required", []):
            yield inner + " is there"
            yield inner + " is not there"
        yield from points_of(spec, inner)
    if "items" in schema:
        yield from points_of(schema["items"], path + "[]")


def points_met(schema, value, path=""):
    """The choices of points_of(schema) that a valid value makes."""
    if "oneOf" in schema:
        yield "%s is %s" % (path, type_name(value))
    if len(schema.get("enum", [])) > 1:
        yield "%s is %s" % (path, value)
    if isinstance(schema.get("type"), list):
        yield "%s is %s" % (path, type_name(value))
    if isinstance(value, dict):
        for member, spec in schema.get("properties", {}).items():
            inner = path + "." + member if path else member
            if member not in schema.get("required", []):
                yield inner + (" is there" if member in value else " is not there")
            if member in value:
                yield from points_met(spec, value[member], inner)
    if isinstance(value, list) and "items" in schema:
        for part in value:
            yield from points_met(schema["items"], part, path + "[]")


def type_name(value):
    """The name of the value's type in JSON Schema."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    return {int: "integer", float: "number", str: "string", list: "array",
            dict: "object"}[type(value)]
