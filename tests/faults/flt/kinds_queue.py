"""What the queue brings, whichever it is."""

import json
import uuid

from . import entries
from .kinds import kind


@kind(5)
def poison(f):
    """Entries that nobody can read or commit, between good ones."""
    bad = entries.poisons(f.load)
    for body in bad:
        f.stack.queue.put(body, f.rng)
    f.poisons += len(bad)
    return "%d entries" % len(bad)


@kind(5)
def unknown_tenant(f):
    """A well-formed envelope of nobody: refused at commit, no dead letter."""
    stranger = entries.envelope(*(str(uuid.uuid4()) for _ in range(3)))
    f.stack.queue.put(json.dumps(stranger), f.rng)
    return "one"


@kind(5, holds=True)
def redelivery(f):
    """What the queue still holds comes again, three times, in another order."""
    return "%d entries" % f.stack.queue.repeat(f.rng)
