"""Which edits are tried, and in which order: the same seed gives the same ones."""

import random


def in_turn(lists):
    """One element of each list after the other, until all are used up."""
    waiting = [iter(one) for one in lists]
    while waiting:
        left = []
        for one in waiting:
            try:
                yield next(one)
            except StopIteration:
                continue
            left.append(one)
        waiting = left


def shuffled(seed, name, things):
    """A generator of numbers for each name: a change in one file moves no other's edits."""
    things = list(things)
    random.Random("%s %s" % (seed, name)).shuffle(things)
    return things


def draw(edits_of, folders, seed):
    """All edits, spread: folders in turn, in each folder its files in turn, in each file its
    edits by lot. edits_of: {path: [Edit]}."""
    groups = []
    for folder in folders:
        files = sorted(p for p in edits_of if p.startswith(folder + "/"))
        groups.append(in_turn([shuffled(seed, path, edits_of[path])
                               for path in shuffled(seed, folder, files)]))
    return in_turn(groups)
