"""The kinds of fault that need more than signals: they leave themselves out where the machine
gives no right to them."""

from . import kinds_net


def add():
    kinds_net.add()
