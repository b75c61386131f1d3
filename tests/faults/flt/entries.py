"""Entries of the queue, most of them invalid, which our programs would not write."""

import json
import time
import uuid


def envelope(tenant, channel, user):
    return {"v": 1, "id": str(uuid.uuid4()), "tenant": tenant, "channel": channel, "user": user,
            "name": "x", "reply": None, "traceparent": None, "at": int(time.time() * 1000),
            "messages": [{"cid": "c", "minted": False, "key": "0" * 32, "hash": "0" * 32,
                          "body": "never"}]}


def poisons(load):
    """Invalid entries. Each must become one dead letter."""
    good = envelope(load.world.names["main"], load.channels[-1], load.world.names["w0"])
    return [
        "{bad",
        "null",
        "[" * 2000,
        json.dumps(dict(good, v=99)),
        json.dumps(dict(good, messages=[])),
        json.dumps(dict(good, tenant="main")),
        json.dumps({k: v for k, v in good.items() if k != "messages"}),
        json.dumps(dict(good, messages=[dict(good["messages"][0], key="short")])),
        json.dumps(good)[:-40],
        "x" * 100000,
    ]


def stream(answer):
    """The entries' bodies in the JSON answer to XREVRANGE."""
    try:
        rows = json.loads(answer)
    except ValueError:
        return []
    bodies = []
    for _, fields in rows or []:
        pairs = fields if isinstance(fields, list) else [x for kv in fields.items() for x in kv]
        bodies += [pairs[i + 1] for i in range(0, len(pairs), 2) if pairs[i] == "e"]
    return bodies
