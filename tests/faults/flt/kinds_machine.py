"""The kinds of `--machine`, which need namespaces or root. A run leaves out a kind that the machine
does not permit."""

from . import kinds_clock, kinds_disk, kinds_files, kinds_io, kinds_net, kinds_pg


def add():
    for part in (kinds_net, kinds_disk, kinds_files, kinds_pg, kinds_clock, kinds_io):
        part.add()
