"""Faults of the queue's entries, on every queue."""

import json
import uuid

from . import entries
from .kinds import kind


@kind(5)
def poison(f):
    """Adds entries that no program can read or commit, between valid ones."""
    bad = entries.poisons(f.load)
    for body in bad:
        f.stack.queue.put(body, f.rng)
    f.poisons += len(bad)
    return "%d entries" % len(bad)


@kind(5)
def unknown_tenant(f):
    """Adds a well-formed envelope of an unknown tenant, which the commit refuses without a dead letter."""
    stranger = entries.envelope(*(str(uuid.uuid4()) for _ in range(3)))
    f.stack.queue.put(json.dumps(stranger), f.rng)
    return "1 entry"


@kind(5, redelivers=True)
def redelivery(f):
    """The queue delivers entries again, some of them several times, in another order."""
    return "%d entries" % f.stack.queue.repeat(f.rng)
