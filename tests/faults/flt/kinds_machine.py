"""The kinds of fault that need more than signals: they leave themselves out where the machine
gives no right to them."""

from . import kinds_clock, kinds_disk, kinds_files, kinds_io, kinds_net, kinds_pg


def add():
    for part in (kinds_net, kinds_disk, kinds_files, kinds_pg, kinds_clock, kinds_io):
        part.add()
