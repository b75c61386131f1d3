#!/usr/bin/env python3
"""Runs clang-tidy, in a process for each file, because version 14 otherwise reports false findings.

tidy.py BUILD_DIR: a folder that meson set up with clang. The script remembers files without findings
by a hash of everything that clang-tidy reads, so that it checks only changed files again.
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import shlex
import subprocess
import sys

FOLDERS = ("shared/", "api-fcgi/", "fanout/", "push-server/", "ctl/")


def ours(build):
    root = pathlib.Path.cwd()
    for one in json.loads((build / "compile_commands.json").read_text()):
        path = (pathlib.Path(one["directory"]) / one["file"]).resolve().relative_to(root)
        if str(path).startswith(FOLDERS):
            yield path, one


def key(path, one, base):
    """A hash of the preprocessed text, which has all headers, and of the source, which may have NOLINT."""
    words = shlex.split(one["command"])
    words = [w for w in words if w not in ("-MD", "-MP", "-c")]
    for flag in ("-MQ", "-MF", "-o"):
        if flag in words:
            at = words.index(flag)
            del words[at:at + 2]
    text = subprocess.run(words + ["-E", "-P"], cwd=one["directory"], capture_output=True, check=False)
    return hashlib.sha256(base + text.stdout + path.read_bytes()).hexdigest()


def judge(build, path, one, base):
    mark = build / "tidy-cache" / key(path, one, base)
    if mark.exists():
        mark.touch()
        return ""
    done = subprocess.run(["clang-tidy", "--quiet", "-p", str(build), str(path)],
                          capture_output=True, text=True, check=False)
    if done.returncode == 0:
        mark.touch()
        return ""
    return done.stdout or done.stderr


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    (build / "tidy-cache").mkdir(exist_ok=True)
    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, check=True).stdout
    base = version + pathlib.Path(".clang-tidy").read_bytes()
    todo = dict(ours(build))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        work = {path: pool.submit(judge, build, path, one, base) for path, one in todo.items()}
        bad = 0
        for path, result in sorted(work.items()):
            output = result.result()
            if output:
                bad += 1
                print("\n".join("    " + line for line in output.splitlines()[:40]))
                print(f"not ok clang-tidy {path}", flush=True)
    if not bad:
        print(f"ok clang-tidy finds nothing in {len(todo)} files")


if __name__ == "__main__":
    main()
