#!/usr/bin/env python3
"""Runs scenario files against a running stack; README.md describes their language."""

import argparse
import fnmatch
import glob
import os
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

from scn import env as environment
from scn import lang, schemas
from scn.report import Report
from scn.steps import run_steps
from scn.world import Failure, World

HERE = os.path.dirname(os.path.abspath(__file__))
REPOSITORY = os.path.dirname(os.path.dirname(HERE))


def arguments(argv):
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--env", help="file with the lines of ./dev status -o env")
    p.add_argument("--only", default="*", help="run scenarios whose file or name matches this glob")
    p.add_argument("--jobs", type=int, default=4, help="files that run at the same time (4)")
    p.add_argument("--schemas", help="folder of openapi.yaml and asyncapi.yaml; a missing validator "
                   "is then a failure; `none` skips the checks (default: api/ if the validator is installed)")
    p.add_argument("--coverage", action="store_true",
                   help="fail when a documented frame occurs in no scenario (for a run of all scenarios)")
    p.add_argument("--logs", type=int, default=4, help="log lines shown for a failure (4)")
    p.add_argument("paths", nargs="*", help="files or folders (default: the folder of run.py)")
    return p.parse_args(argv)


def scenario_paths(paths):
    found = []
    for path in paths or [HERE]:
        found += sorted(glob.glob(os.path.join(path, "*.scn"))) if os.path.isdir(path) else [path]
    return found


def wanted(scenario, only):
    base = os.path.basename(scenario.file)
    return any(fnmatch.fnmatch(text, pattern) for text in (base, scenario.name)
               for pattern in (only, only + ".scn", only + "-*"))


class Runner:
    def __init__(self, env, judge, report, log_lines=4):
        self.env, self.judge, self.report = env, judge, report
        self.log_lines = log_lines

    def run_file(self, file, only="*"):
        missing = [n for n in file.needs if not self.env.has(n)]
        for scenario in file.scenarios:
            if not wanted(scenario, only):
                continue
            if missing:
                self.report.skip(base(file.path), scenario.name,
                                 "needs " + ", ".join(missing))
            else:
                self.run_scenario(scenario)

    def run_scenario(self, scenario):
        world = World(self.env, self.judge)
        started, at = time.monotonic(), time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
        details = []
        try:
            run_steps(world, scenario.steps)
        except (Failure, lang.BadScenario) as e:
            details.append(str(e))
        except Exception:  # a fault of the runner or a dead server fails this scenario
            details.append(traceback.format_exc(limit=-3))
        finally:
            for program in list(world.stopped):
                self.env.signal(program, environment.SIGNALS["continue"])
            world.close()
        for conn in world.conns.values():
            world.faults += conn.verdict(self.judge)
        details += list(dict.fromkeys(world.faults))
        if details:
            details += environment.log_tails(self.env, at, self.log_lines) if self.log_lines else []
            self.report.not_ok(base(scenario.file), scenario.name, details)
        else:
            self.report.ok(base(scenario.file), scenario.name, time.monotonic() - started)


def base(path):
    return os.path.basename(path)


def run_all(runner, files, jobs, only):
    """Runs several files at a time, then the exclusive ones one by one."""
    with ThreadPoolExecutor(jobs) as pool:
        for done in [pool.submit(runner.run_file, f, only) for f in files if not f.exclusive]:
            done.result()
    for file in files:
        if file.exclusive:
            runner.run_file(file, only)


def open_judge(args, report):
    """Loads the API documents, or returns None without a validator. That fails a run with --schemas FOLDER."""
    if args.schemas == "none" and not args.coverage:
        return None
    judge, why = schemas.open_schemas(args.schemas or os.path.join(REPOSITORY, "api"))
    if why:
        name = "answers and frames are as the API documents say"
        if args.schemas or args.coverage:
            report.not_ok("run.py", name, [why])
        else:
            report.skip("run.py", name, why)
    return judge


def check_coverage(report, coverage):
    report.check("run.py", "scenarios met every documented frame", coverage.faults())
    count, missing = coverage.variants()
    report.note("no scenario met %d of %d variants of frames" % (len(missing), count), missing)


def main(argv):
    args = arguments(argv)
    report = Report()
    env = environment.read_env(args.env)
    judge = open_judge(args, report)
    files = []
    for path in scenario_paths(args.paths):
        try:
            files.append(lang.parse_file(path))
        except lang.BadScenario as e:
            report.not_ok(base(path), "can be read", [e])
    run_all(Runner(env, judge, report, args.logs), files, args.jobs, args.only)
    if args.coverage and judge is not None:
        check_coverage(report, judge.frames.coverage)
    return report.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
