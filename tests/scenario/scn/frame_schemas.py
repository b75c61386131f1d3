"""Checks every frame, in both directions, and every close code against api/asyncapi.yaml."""

import threading

try:
    import jsonschema
except ImportError:  # schemas.py reports the missing module, and then makes no checks
    pass

from .coverage import Coverage

# Error codes by which the server says that the frame breaks the document.
MALFORMED = {"bad_request", "unknown_type", "validation_failed", "body_too_long", "too_large"}


class Message:
    """One documented frame: its name in the document and its schemas without references."""

    def __init__(self, name, document, schema):
        self.name = name
        self.published = expand(document, schema)
        self.closed = closed(self.published)
        self.check_published = jsonschema.Draft202012Validator(self.published)
        self.check_closed = jsonschema.Draft202012Validator(self.closed)
        self.choices = {member: values_of(spec)
                        for member, spec in self.published["properties"].items()
                        if values_of(spec)}
        self.type = self.published["properties"]["type"]["const"]

    def may_be(self, frame):
        """True when each field with a fixed set of values has one of them."""
        return all(frame.get(member) in values for member, values in self.choices.items()
                   if member in frame)

    def errors(self, frame, loose=False):
        """The faults of the frame; loose allows undocumented fields."""
        check = self.check_published if loose else self.check_closed
        return sorted(check.iter_errors(frame), key=lambda e: list(map(str, e.path)))


class FrameSchemas:
    def __init__(self, document):
        self.received = messages_of(document, "send")
        self.sent = messages_of(document, "receive")
        channel = document["channels"]["ws"]
        self.close_codes = {entry["code"] for entry in channel["x-closeCodes"]}
        self.refusals = {entry["status"] for entry in channel["x-refusals"]}
        self.coverage = Coverage(flat(self.received), flat(self.sent), self.close_codes)
        self.lock = threading.Lock()

    def server_fault(self, frame):
        """The fault of a frame of the server against the document, or None."""
        message, fault = judge(self.received, frame)
        if message is not None:
            with self.lock:
                self.coverage.saw(message, frame)
        return fault or relation_fault(frame)

    def client_fault(self, frame, loose=False):
        """The fault of a frame of a client against the document, or None."""
        return judge(self.sent, frame, loose)[1]

    def accepted(self, frame):
        """Records that the server accepted this frame of a client."""
        message, _ = judge(self.sent, frame, True)
        with self.lock:
            self.coverage.accepted(message)

    def close_fault(self, code):
        """The fault of a close code that the server sent first, or None."""
        with self.lock:
            self.coverage.closed(code)
        return None if code in self.close_codes else "close code %s is not documented" % code


def judge(messages, frame, loose=False):
    """Returns (the message of the document, None) or (None, the fault)."""
    kind = frame.get("type")
    known = messages.get(kind) if isinstance(kind, str) else None
    if known is None:
        return None, "undocumented frame type %s" % kind
    errors = [(message, message.errors(frame, loose)) for message in candidates(known, frame)]
    for message, found in errors:
        if not found:
            return message, None
    return None, fault_text(min(errors, key=lambda pair: len(pair[1]))[1])


def candidates(known, frame):
    return [message for message in known if message.may_be(frame)] or known


def fault_text(errors):
    best = jsonschema.exceptions.best_match(errors)
    return "not as documented at %s: %s" % (
        "/".join(map(str, best.absolute_path)) or "the top", best.message[:300])


def relation_fault(frame):
    """Faults that a schema cannot express: relations of two fields of a frame."""
    payload = frame.get("payload")
    payload = payload if isinstance(payload, dict) else {}
    if is_int(frame.get("seq")) and frame.get("prev") != frame["seq"] - 1:
        return "prev is not seq - 1"
    if frame["type"] == "message" and payload.get("messageId") != frame.get("seq"):
        return "messageId is not seq"
    if frame["type"] == "gap" and is_int(payload.get("fromSeq")) \
            and is_int(payload.get("toSeq")) and payload["fromSeq"] > payload["toSeq"]:
        return "fromSeq is above toSeq"
    users = payload.get("users")
    if frame["type"] == "presence_snapshot" and isinstance(users, list):
        ids = [user.get("userId") for user in users if isinstance(user, dict)]
        if len(set(map(str, ids))) < len(ids):
            return "a user is listed twice"
    return None


def is_int(value):
    return isinstance(value, int) and not isinstance(value, bool)


def flat(messages):
    return [message for known in messages.values() for message in known]


def messages_of(document, action):
    """Frame type -> its messages, for the operations with that action.

    The document describes the server, so a client receives the frames with the action `send`.
    """
    found = {}
    for operation in document["operations"].values():
        if operation["action"] != action:
            continue
        for ref in operation["messages"]:
            name = ref["$ref"].rpartition("/")[2]
            message = Message(name, document, resolve(document, ref)["payload"])
            found.setdefault(message.type, []).append(message)
    return found


def resolve(document, value):
    """Follows a local $ref."""
    while isinstance(value, dict) and "$ref" in value:
        target = document
        for step in value["$ref"].lstrip("#/").split("/"):
            target = target[step.replace("~1", "/").replace("~0", "~")]
        value = target
    return value


def expand(document, schema, depth=0):
    """The schema with each reference replaced by its target, which must not refer to itself."""
    if depth > 32:
        raise ValueError("a schema of a frame refers to itself")
    if isinstance(schema, list):
        return [expand(document, part, depth + 1) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get("$ref"), str):
        whole = dict(resolve(document, schema))
        whole.update({k: v for k, v in schema.items() if k != "$ref"})
        return expand(document, whole, depth + 1)
    return {name: expand(document, part, depth + 1) for name, part in schema.items()}


def closed(schema):
    """The schema, closed to fields that it does not name.

    The published document stays open, because a later release may add fields. This release writes
    only documented fields.
    """
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    done = {name: closed(part) for name, part in schema.items()}
    if schema.get("type") == "object" and "additionalProperties" not in schema:
        done["additionalProperties"] = False
    return done


def values_of(spec):
    """The fixed set of values of a field, or None."""
    return [spec["const"]] if "const" in spec else spec.get("enum")
