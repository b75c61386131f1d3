"""Compares the frames that a scenario sent with the document and with the server's answers.

The server must accept the frames that the document allows, and refuse the frames that it forbids. An
ack or a pong shows that the server accepted a frame, an error with a code of MALFORMED that it
refused the frame. So a scenario need not mark its wrong frames.
"""

import json

from .frame_schemas import MALFORMED

# Replies that are neither ack nor error have no `op`: type of the reply -> type of the client's frame.
OWN_ANSWERS = {"pong": "ping"}


class SentFrames:
    def __init__(self):
        self.frames = []

    def add(self, frame, loose=False):
        """loose: the frame has undocumented fields on purpose."""
        self.frames.append((frame, loose))

    def add_text(self, data):
        """Adds a frame sent as text, if the text is a JSON object without repeated fields."""
        try:
            frame = json.loads(data.decode("utf-8"), object_pairs_hook=pairs_once)
        except ValueError:
            return
        if isinstance(frame, dict):
            self.add(frame)

    def verdict(self, schemas, received, ended_by_server):
        """A sentence about each contradiction. received: all frames of the server."""
        answers_by_key = answers_of(received)
        found, not_refused = [], []
        for key, group in self._groups().items():
            judged = [(frame, schemas.client_fault(frame, loose)) for frame, loose in group]
            bad = [(frame, fault) for frame, fault in judged if fault]
            answers = answers_by_key.get(key, [])
            if not bad:
                found += refused_wrongly(group, answers)
            elif len(bad) == len(group) and any(a["type"] != "error" for a in answers):
                found += ["accepted a frame that the document forbids: %s in %s" % (
                    fault, short(frame)) for frame, fault in bad[:1]]
            not_refused += bad
            if any(a["type"] != "error" for a in answers):
                for frame, fault in judged:
                    if not fault:
                        schemas.accepted(frame)
        errors = sum(1 for frame in received if frame["type"] == "error")
        if len(not_refused) > errors and not ended_by_server:
            found += ["sent a frame that the document forbids, and no error came: %s in %s" % (
                fault, short(frame)) for frame, fault in not_refused]
        return found

    def _groups(self):
        """(type, id) -> frames; a type or id that is not a string counts as None."""
        groups = {}
        for frame, loose in self.frames:
            groups.setdefault(key_of(frame.get("type"), frame.get("id")), []).append(
                (frame, loose))
        return groups


def refused_wrongly(group, answers):
    """The document allows each frame of the group, so the server may refuse none as malformed."""
    for answer in answers:
        code = (answer.get("payload") or {}).get("code")
        if answer["type"] == "error" and code in MALFORMED:
            return ["refused (%s) a frame that the document allows: %s" % (
                code, short(group[0][0]))]
    return []


def answers_of(received):
    """(op, id) -> its answers."""
    found = {}
    for frame in received:
        kind = frame["type"]
        if kind in OWN_ANSWERS or kind in ("ack", "error"):
            op = OWN_ANSWERS.get(kind, frame.get("op"))
            found.setdefault(key_of(op, frame.get("id")), []).append(frame)
    return found


def key_of(kind, frame_id):
    return (kind if isinstance(kind, str) else None,
            frame_id if isinstance(frame_id, str) else None)


def pairs_once(pairs):
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("repeated field")
    return members


def short(frame):
    text = json.dumps(frame, ensure_ascii=True)
    return text if len(text) <= 600 else text[:600] + "..."
