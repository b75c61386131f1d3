"""The kinds of fault that need more than signals. A kind is left out on a machine that does not
permit it."""

from . import kinds_clock, kinds_disk, kinds_files, kinds_io, kinds_net, kinds_pg


def add():
    for part in (kinds_net, kinds_disk, kinds_files, kinds_pg, kinds_clock, kinds_io):
        part.add()
