#!/usr/bin/env python3
"""pooler.py BUILD WORK FOLDER: what do the programs report about a PgBouncer in transaction mode?

FOLDER/NAME holds the socket of each PgBouncer that pooler.sh starts. Without
ES_DATABASE_POOLER=transaction no program is ready, and the reason names that setting.
"""
import os
import subprocess
import sys

FOLDER = sys.argv.pop()
import causes  # noqa: E402  reads BUILD and WORK from the other arguments

# PgBouncer may hand a program a session that holds the prepared statements of another client.
STATEMENTS = "mixes prepared statements of several clients|takes prepared statements away"
# (the name of a PgBouncer, the reason that all programs must report)
FAULTS = [
    ("pooler", r"a pooler refuses the settings of the session; set ES_DATABASE_POOLER=transaction"
     r".*unsupported startup parameter.*08P01"),
    ("dropping", rf"a pooler (drops the settings of the session|{STATEMENTS}); set ES_DATABASE_POOLER=transaction"),
    ("feigning", rf"a pooler (changes the session between transactions|{STATEMENTS}); set "
     "ES_DATABASE_POOLER=transaction"),
]
ISOLATION = "ALTER ROLE echostream_app %s default_transaction_isolation %s"


def settings(name, mode):
    return {**causes.ENV, "ES_DATABASE_POOLER": mode,
            "ES_DATABASE_URL": f"postgresql://echostream_app@/echostream?host={FOLDER}/{name}"}


def for_each_program(env, judge):
    programs = [causes.Program(one, env) for one in causes.BINARIES]
    try:
        for program in programs:
            judge(program)
    finally:
        for program in programs:
            program.stop()


def verb(*words, env):
    bare = {k: v for k, v in env.items() if "SOCKET" not in k}
    return subprocess.run([f"{causes.BUILD}/ctl/echostreamctl", *words], env=bare, capture_output=True, text=True)


def not_ready_without_setting(name, cause):
    env = settings(name, "none")

    def judge(program):
        causes.expect_not_ready(program, "postgres", cause)
        causes.expect_logged(program, "postgres", cause)
    for_each_program(env, judge)
    if name != "feigning":  # `check` asks once, so it can't see that the session changes
        causes.expect_check_fails("postgres", {k: v for k, v in env.items() if "SOCKET" not in k}, cause)


def ready_with_setting(name):
    env = settings(name, "transaction")
    for_each_program(env, lambda program: causes.wait_for(
        lambda: f"{program.name}: {program.readyz()}", lambda: (program.readyz() or [0])[0] == 200))
    done = verb("check", "postgres", env=env)
    assert done.returncode == 0, done


def isolation():
    """The role has a default isolation level under which es_batch must not run."""
    cut = "; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'echostream_app'"
    env = settings("dropping", "transaction")
    cause = "default_transaction_isolation must be read committed.*25001"
    causes.sql(ISOLATION % ("SET", "= 'repeatable read'") + cut)
    try:
        for_each_program(env, lambda program: causes.expect_not_ready(program, "postgres", cause))
    finally:
        causes.sql(ISOLATION % ("RESET", "") + cut)


def owner():
    """The commands of `echostreamctl db` hold a session lock, so they refuse a pooler."""
    for words in (("migrate",), ("status",), ("rollback", "--yes"), ("recovered", "--yes")):
        env = {**causes.ENV, "ES_DATABASE_OWNER_URL":
               f"postgresql://echostream_owner@/echostream?host={FOLDER}/dropping"}
        done = verb("db", *words, env=env)
        assert done.returncode == 1 and "needs a direct connection to PostgreSQL" in done.stderr, done
        assert "ES_DATABASE_OWNER_URL" in done.stderr, done


def main():
    failed = 0
    rows = [(f"{name}: no program is ready with ES_DATABASE_POOLER=none", not_ready_without_setting, (name, cause))
            for name, cause in FAULTS]
    rows += [(f"{name}: all programs are ready with ES_DATABASE_POOLER=transaction", ready_with_setting, (name,))
             for name in ("pooler", "dropping", "feigning")]
    rows += [("without a pooler all programs are ready with ES_DATABASE_POOLER=transaction", ready_with_setting,
              (DIRECT,)),
             ("a wrong default isolation is reported", isolation, ()),
             ("echostreamctl db refuses a pooler", owner, ())]
    for title, run, words in rows:
        try:
            run(*words)
            print(f"ok {title}", flush=True)
        except (AssertionError, OSError, ValueError, subprocess.SubprocessError) as why:
            failed = 1
            print(f"not ok {title}\n    {why!r}", flush=True)
    return failed


DIRECT = os.path.relpath(f"{causes.RUN}/pg", FOLDER)

if __name__ == "__main__":
    sys.exit(main())
