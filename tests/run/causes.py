#!/usr/bin/env python3
"""causes.py BUILD WORK: checks that a broken installation reports its cause.

The script causes each fault of FAULTS. Each program must name the cause in a log line and in its
/readyz, and so must `echostreamctl check`. A program logs one line when an outage begins and one when
it ends, however many requests fail.
"""
import json
import os
import re
import signal
import subprocess
import sys
import time

from causes_ask import fcgi_get, http_get

BUILD, WORK = sys.argv[1:]
RUN = os.environ["ES_TEST_RUN"]
PG = f"host={RUN}/pg"
OPERATOR = "operator-key-of-the-causes-suite"
BINARIES = {"api": "api-fcgi/echostream-api", "push": "push-server/echostream-push",
            "fanout": "fanout/echostream-fanout"}
ENV = {
    "PATH": os.environ["PATH"],
    "ES_DATABASE_URL": f"postgresql://echostream_app@/echostream?{PG}",
    "ES_REDIS_URL": f"unix://{RUN}/redis.sock",
    "ES_JWT_SECRET": "0123456789abcdef0123456789abcdef",
    "ES_OPERATOR_KEY": OPERATOR,
    "ES_API_SEND_SOCKET": f"{WORK}/api-send.sock", "ES_API_SOCKET": f"{WORK}/api.sock",
    "ES_API_HEALTH_SOCKET": f"{WORK}/api-health.sock",
    "ES_API_SEND_WORKERS": "4", "ES_API_WORKERS": "4",
    "ES_PUSH_LISTEN": f"unix:{WORK}/push.sock", "ES_PUSH_OPS_LISTEN": f"unix:{WORK}/push-ops.sock",
    "ES_FANOUT_OPS_LISTEN": f"unix:{WORK}/fanout-ops.sock",
}
REQUESTS = 30
DEADLINE_S = 20


def sql(text, database="postgres"):
    subprocess.run([os.environ["ES_TEST_PSQL"], "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", f"{RUN}/pg",
                    "-U", "postgres", "-d", database, "-c", text], check=True, stdout=subprocess.DEVNULL)


def redis(*words):
    subprocess.run([os.environ["ES_TEST_REDIS_CLI"], "-s", f"{RUN}/redis.sock", *words], check=True,
                   stdout=subprocess.DEVNULL)


def url(user, database="echostream", password=""):
    return {"ES_DATABASE_URL": f"postgresql://{user}{password}@/{database}?{PG}"}


def by_sql(make, undo, database="postgres"):
    return lambda: sql(make, database), lambda: sql(undo, database)


READ_ONLY = "ALTER DATABASE echostream SET default_transaction_read_only = %s"
LIMIT = "ALTER ROLE echostream_app CONNECTION LIMIT %d"
CUT = "; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'echostream_app'"

# name; service; settings; functions that cause and undo the fault (None: the settings cause it); cause
FAULTS = [
    ("wrong role", "postgres", url("nosuchrole"), None, r'role "nosuchrole" does not exist.*28000'),
    ("wrong password", "postgres", url("locked", password=":wrong"), None,
     r'password authentication failed for user "locked".*28P01'),
    ("no such database", "postgres", url("echostream_app", "nosuchdb"), None,
     r'database "nosuchdb" does not exist.*3D000'),
    ("no server", "postgres", {"ES_DATABASE_URL": "host=/nonexistent dbname=x user=y"}, None,
     r'/nonexistent/.*No such file or directory.*08006'),
    ("read-only", "postgres", {}, by_sql(READ_ONLY % "on" + CUT, READ_ONLY % "off" + CUT),
     r"session is read-only"),
    ("out of connections", "postgres", {}, by_sql(LIMIT % 0 + CUT, LIMIT % -1),
     r'too many connections for role "echostream_app".*53300'),
    ("revoked right on a table", "postgres", {},
     by_sql("REVOKE SELECT ON users FROM echostream_app", "GRANT SELECT ON users TO echostream_app", "echostream"),
     r"lacks SELECT on table users.*42501"),
    ("revoked right on a function", "postgres", {},
     by_sql("REVOKE EXECUTE ON FUNCTION es_tenant_list FROM echostream_app, PUBLIC",
                 "GRANT EXECUTE ON FUNCTION es_tenant_list TO echostream_app", "echostream"),
     r"lacks EXECUTE on function es_tenant_list.*42501"),
    ("Redis without AOF", "queue", {},
     (lambda: redis("CONFIG", "SET", "appendonly", "no"),
      lambda: redis("CONFIG", "SET", "appendonly", "yes")), r"appendonly no; the queue needs yes"),
    ("no Redis", "redis", {"ES_REDIS_URL": "unix:///nonexistent/redis.sock"}, None,
     r"No such file or directory"),
    ("Redis wants a password", "redis", {},
     (lambda: redis("CONFIG", "SET", "requirepass", "secret"),
      lambda: redis("-a", "secret", "--no-auth-warning", "CONFIG", "SET", "requirepass", "")),
     r"NOAUTH Authentication required"),
    ("wrong SQS key", "queue", "sqs", None, r"SQS: the signature is refused: wrong secret key"),
]


class Program:
    def __init__(self, name, env):
        self.name = name
        self.path = f"{WORK}/{name}.log"
        with open(self.path, "wb") as log:
            self.process = subprocess.Popen([f"{BUILD}/{BINARIES[name]}"], env=env, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)

    def readyz(self):
        """The status and the checks; None while the program does not answer."""
        try:
            if self.name == "api":
                status, body = fcgi_get(ENV["ES_API_HEALTH_SOCKET"], "/readyz")
            else:
                status, body = http_get(f"{WORK}/{self.name}-ops.sock", "/readyz")
        except OSError:
            return None
        return status, json.loads(body)["checks"]

    def lines(self):
        """All lines of the log; a line that is not a JSON object fails the suite."""
        with open(self.path, encoding="utf-8") as log:
            return [json.loads(line) for line in log]

    def entries(self, msg, service):
        return [line for line in self.lines() if line["msg"] == msg and line.get("service") == service]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


def wait_for(what, ask):
    limit = time.monotonic() + DEADLINE_S
    while True:
        seen = ask()
        if seen:
            return seen
        assert time.monotonic() < limit, what() if callable(what) else what
        time.sleep(0.05)


def expect_not_ready(program, service, cause):
    def ask():
        seen = program.readyz()
        return seen and seen[0] == 503 and not seen[1][service]["ok"] and re.search(
            cause, seen[1][service].get("detail", ""))
    wait_for(lambda: f"{program.name}: /readyz does not have the cause: {program.readyz()}", ask)


def expect_logged(program, service, cause):
    def ask():
        return any(re.search(cause, f"{line['error']} {line.get('cause', '')} {line.get('sqlstate', '')}")
                   for line in program.entries("service unavailable", service))
    wait_for(lambda: f"{program.name}: the log does not have the cause: {program.lines()}", ask)


def expect_check_fails(service, env, cause):
    seen = subprocess.run([f"{BUILD}/ctl/echostreamctl", "check", service], env=env, capture_output=True, text=True)
    assert seen.returncode == 1 and re.search(cause, seen.stdout), f"echostreamctl check: {seen}"


def send_failing_requests(api, service, name):
    """Sends requests that fail. A 503 adds no log line to the outage. A 500 logs the failed statement."""
    if service != "postgres" or name == "revoked right on a table":
        return
    for _ in range(REQUESTS):
        status, _ = fcgi_get(ENV["ES_API_SOCKET"], "/api/v1/admin/tenants", OPERATOR)
        assert status == (500 if "function" in name else 503), status
    def failures():
        return [line for line in api.lines() if line["msg"] == "request failed"]
    if "function" in name:  # the program logs the failure after the answer
        wait_for("a failed request is not in the log", lambda: len(failures()) >= REQUESTS)
    failed = failures()
    if "function" in name:
        assert len(failed) == REQUESTS and {line["statement"] for line in failed} == {"tenant_list"} and all(
            line["cause"] == "permission denied for function es_tenant_list" and line["sqlstate"] == "42501"
            for line in failed), failed[:1]
    else:
        assert not failed, failed[:1]


def expect_one_outage(programs, service, healed):
    for program in programs:
        began = len(program.entries("service unavailable", service))
        over = program.entries("service available again", service)
        assert began == 1, f"{program.name}: {began} lines for one outage: {program.lines()}"
        assert len(over) == healed and all(line["outage_ms"] >= 0 for line in over), f"{program.name}: {over}"


def undo_fault(programs, service, undo):
    undo()
    for program in programs:
        wait_for(lambda p=program: f"{p.name}: stays not ready: {p.readyz()}",
                 lambda p=program: (p.readyz() or [0])[0] == 200)
        wait_for(lambda p=program: f"{p.name}: the log does not report the end: {p.lines()}",
                 lambda p=program: program.entries("service available again", service))


def settings(changes):
    if changes == "sqs":
        return {**{k: v for k, v in os.environ.items() if k.startswith("ES_SQS_")}, "ES_QUEUE_URL": "sqs:",
                "AWS_ACCESS_KEY_ID": "AKDEV", "AWS_SECRET_ACCESS_KEY": "wrong"}
    return changes


def run(name, service, changes, fault, cause):
    env = {**ENV, **settings(changes)}
    make, undo = fault or (None, None)
    programs = []
    if make:
        make()
    try:
        programs += [Program(name, env) for name in BINARIES]
        for program in programs:
            expect_not_ready(program, service, cause)
            expect_logged(program, service, cause)
        expect_check_fails(service, {k: v for k, v in env.items() if "SOCKET" not in k}, cause)
        send_failing_requests(programs[0], service, name)
        if undo:
            undo_fault(programs, service, undo)
            undo = None
        expect_one_outage(programs, service, 1 if fault else 0)
    finally:
        if undo:
            undo()
        for program in programs:
            program.stop()
    for program in programs:
        program.lines()


def reload():
    """SIGHUP loads a key from its file, without a failed request, and reports a faulty key."""
    keys = ["the-first-operator-key-of-all", "the-second-operator-key-of-all"]
    path = f"{WORK}/operator.key"

    def write(key):
        with open(path, "w", encoding="utf-8") as out:
            out.write(key)

    def status(key):
        return fcgi_get(ENV["ES_API_SOCKET"], "/api/v1/admin/tenants", key)[0]

    def has_logged(program, msg):
        return any(line["msg"].startswith(msg) for line in program.lines())

    def accepts(new, old):
        """True when every worker accepts the new key and refuses the old key."""
        seen = [(status(new), status(old)) for _ in range(20)]
        assert all(set(pair) <= {200, 401} for pair in seen), seen
        return all(pair == (200, 401) for pair in seen)

    write(keys[0])
    env = {k: v for k, v in ENV.items() if k != "ES_OPERATOR_KEY"}
    programs = [Program("api", {**env, "ES_OPERATOR_KEY_FILE": path}), Program("push", ENV), Program("fanout", ENV)]
    api, others = programs[0], programs[1:]
    try:
        for program in programs:
            wait_for(f"{program.name} is not ready", lambda p=program: (p.readyz() or [0])[0] == 200)
        assert accepts(keys[0], keys[1])
        write("short")
        api.process.send_signal(signal.SIGHUP)
        wait_for("the log does not report a faulty reload", lambda: has_logged(api, "reload refused") and has_logged(api, "faulty setting"))
        assert accepts(keys[0], keys[1])
        write(keys[1])
        api.process.send_signal(signal.SIGHUP)
        wait_for("a worker does not accept the new key", lambda: accepts(keys[1], keys[0]))
        assert has_logged(api, "settings were read again")
        for program in others:
            program.process.send_signal(signal.SIGHUP)
            wait_for(f"{program.name} does not log SIGHUP", lambda p=program: has_logged(p, "SIGHUP changes nothing"))
            assert program.readyz()[0] == 200 and not has_logged(program, "worker ended")
        assert not has_logged(api, "worker ended")
    finally:
        for program in programs:
            program.stop()


def main():
    failed = 0
    # Make PostgreSQL warn at each connect. libpq would print the warning to stderr, and lines() fails
    # at a line that is not JSON, so the programs must catch it.
    sql("UPDATE pg_database SET datcollversion = '0' WHERE datname = 'echostream'")
    for row in FAULTS:
        if row[2] == "sqs" and "ES_SQS_ENDPOINT" not in os.environ:
            print(f"skip {row[0]} no SQS server")
            continue
        try:
            run(*row)
            print(f"ok {row[0]}", flush=True)
        except (AssertionError, OSError, ValueError, subprocess.SubprocessError) as why:
            failed = 1
            print(f"not ok {row[0]}\n    {why!r}", flush=True)
    try:
        reload()
        print("ok SIGHUP loads a changed key file, and the log reports when nothing changed")
    except (AssertionError, OSError, ValueError, subprocess.SubprocessError) as why:
        failed = 1
        print(f"not ok SIGHUP\n    {why!r}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
