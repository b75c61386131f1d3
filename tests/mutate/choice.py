"""Chooses the order of edits; the same seed gives the same order."""

import random


def in_turn(lists):
    """Yields the first element of each list, then the second of each, until all lists are used up."""
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
    """Returns the things in an order that depends only on seed and name. So a change in one file does not
    reorder another file."""
    things = list(things)
    random.Random("%s %s" % (seed, name)).shuffle(things)
    return things


def draw(edits_of, folders, seed):
    """Yields all edits. The folders take turns, and so do the files of a folder. The edits of a file come
    in random order.

    edits_of: {path: [Edit]}.
    """
    groups = []
    for folder in folders:
        files = sorted(p for p in edits_of if p.startswith(folder + "/"))
        groups.append(in_turn([shuffled(seed, path, edits_of[path])
                               for path in shuffled(seed, folder, files)]))
    return in_turn(groups)
