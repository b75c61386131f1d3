#!/usr/bin/env python3
"""Runs each story once. Use a separate stack, because a story stops a part of the stack for a while."""

import argparse
import os
import sys

import flt  # noqa: F401  (adds the folder of scn to the path)
from flt import stories, stories_away, stories_machine  # noqa: F401  (they register with story.py)
from flt.load import Load, Shape, open_env
from flt.stack import Stack
from flt.story import STORIES, Context, run_stories
from scn.report import Report


def main(argv):
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--env", required=True)
    p.add_argument("--build", default="build")
    p.add_argument("--away-s", type=float, default=6, help="seconds for which a server is away")
    p.add_argument("--machine", action="store_true", help="run only stories that need "
                   "namespaces")
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
    run_stories(Context(load, stack, args.away_s), report, args.only)
    report.check("story", "no program crashed", stack.crashes())
    return report.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
