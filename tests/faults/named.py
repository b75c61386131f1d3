#!/usr/bin/env python3
"""Tells each story once, on a stack that may be broken."""

import argparse
import os
import sys

import flt  # noqa: F401  (finds scn)
from flt import stories, stories_away, stories_machine  # noqa: F401  (they tell themselves to tale)
from flt.load import Load, Shape, open_env
from flt.stack import Stack
from flt.tale import STORIES, Tale, tell
from scn.report import Report


def main(argv):
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--env", required=True)
    p.add_argument("--build", default="build")
    p.add_argument("--away-s", type=float, default=6, help="how long a server is away")
    p.add_argument("--machine", action="store_true", help="tell only those that need a "
                   "machine, or namespaces, of one's own")
    p.add_argument("--only", default="", help="part of a story's name")
    args = p.parse_args(argv)
    if args.machine:
        STORIES.clear()
        stories_machine.add()
    report = Report()
    env = open_env(args.env)
    load = Load(env, 1, Shape(channels=1, rest=2, ws=2, piped=0, flapping=0, slow=0, steady=1))
    load.build()
    stack = Stack(env, os.path.abspath(args.build))
    tell(Tale(load, stack, args.away_s), report, args.only)
    report.check("story", "no program broke down by itself", stack.crashes())
    return report.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
