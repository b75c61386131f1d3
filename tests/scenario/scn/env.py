"""The settings, secrets and process ids of the stack under test."""

import json
import os
import re
import shlex
import signal
import subprocess
import urllib.parse


class Env:
    """The values of one running stack."""

    def __init__(self, values):
        self.values = values
        self.url = values["ES_URL"].rstrip("/")
        ws = values.get("ES_WS_URL") or self.url.replace("http", "ws", 1) + "/ws"
        parts = urllib.parse.urlsplit(ws)
        self.ws_host, self.ws_port = parts.hostname, parts.port or 80
        self.ws_path = parts.path or "/ws"
        self.operator_key = values.get("ES_OPERATOR_KEY", "")

    def get(self, name, default=""):
        return self.values.get(name, default)

    def dev_dir(self):
        return self.get("ES_DEV_DIR") or os.path.join(repository(), ".dev")

    def log_dir(self):
        return self.get("ES_LOG_DIR") or os.path.join(self.dev_dir(), "log")

    def jwt_secret(self):
        """The HS256 secret, or None when the stack does not show it."""
        if self.get("ES_JWT_SECRET"):
            return self.get("ES_JWT_SECRET").encode()
        path = self.get("ES_JWT_SECRET_FILE") or os.path.join(self.dev_dir(), "secrets", "jwt.key")
        try:
            with open(path, "rb") as f:
                return f.read().rstrip(b"\n")
        except OSError:
            return None

    def has(self, need):
        """True when the stack meets this condition of `needs`."""
        if need == "sql":
            return bool(self.database()) and is_installed("psql")
        if need == "redis":
            return bool(self.get("ES_REDIS_URL")) and bool(redis_cli())
        if need == "signals":
            return bool(self.pids("fanout"))
        if need == "jwt":
            return self.jwt_secret() is not None
        if need == "redis-queue":
            return not (self.get("ES_QUEUE_URL") or "").startswith("sqs:")
        return bool(self.get(need))

    def database(self):
        return self.get("ES_DATABASE_ADMIN_URL") or self.get("ES_DATABASE_OWNER_URL")

    def sql(self, statement, tenant=None):
        if tenant:
            statement = "SELECT set_config('app.tenant', '%s', false) \\g /dev/null\n%s" \
                % (tenant, statement)
        return run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", self.database()],
                   statement + "\n;\n")

    def redis(self, words, url=None):
        return run([redis_cli(), "--no-raw" if words[:1] == ["--no-raw"] else "--raw"]
                   + redis_arguments(url or self.redis_url()) + words, "")

    def redis_url(self):
        """The address of Redis: its unix socket if there is one, because faults of the network, which
        tests cause, do not affect it."""
        own = os.path.join(self.get("ES_RUN_DIR") or "/nonexistent", "redis.sock")
        return "unix://" + own if os.path.exists(own) else self.get("ES_REDIS_URL")

    def status(self):
        """The output of `./dev status -o json`, or {}."""
        try:
            out = subprocess.run([os.path.join(repository(), "dev"), "status", "-o", "json"],
                                 capture_output=True, text=True, timeout=20, check=False,
                                 env=dict(os.environ, **dev_variables(self)))
            return json.loads(out.stdout)
        except (OSError, ValueError, subprocess.SubprocessError):
            return {}

    def pids(self, program):
        """The pids of a program's workers, or its master's pid if it has no workers."""
        return worker_pids(self.status(), program)

    def signal(self, program, sig):
        pids = self.pids(program)
        for pid in pids:
            os.kill(pid, sig)
        return pids


def log_files(env):
    try:
        names = sorted(os.listdir(env.log_dir()))
    except OSError:
        return []
    return [os.path.join(env.log_dir(), n) for n in names if n.endswith(".log")]


def logs_with(env, text):
    """The log files that contain text."""
    found = []
    for path in log_files(env):
        with open(path, errors="replace", encoding="utf-8") as f:
            if any(text in line for line in f):
                found.append(os.path.basename(path))
    return found


def log_tails(env, since, lines=4):
    """The last warnings and errors of each log. since: a time in the form of the logs' `ts`."""
    out = []
    for path in log_files(env):
        with open(path, "rb") as f:
            f.seek(0, os.SEEK_END)
            f.seek(max(0, f.tell() - 65536))
            tail = f.read().decode("utf-8", "replace").splitlines()
        found = [line for line in tail if complains(line, since)][-lines:]
        out += ["%s: %s" % (os.path.basename(path), line[:300]) for line in found]
    return out


def complains(line, since):
    """True for a warning or an error of our programs since that time, a failed CHECK, a report of a
    sanitizer, and a FATAL or PANIC of PostgreSQL."""
    stamp = re.match(r'\{"ts":"([^"]*)"', line)
    if stamp:
        return stamp.group(1) >= since and ('"lvl":"warn' in line or '"lvl":"error' in line)
    return any(word in line for word in ("Sanitizer", "FATAL", "PANIC", "CHECK failed"))


def dev_variables(env):
    return {"ES_DEV_DIR": env.get("ES_DEV_DIR")} if env.get("ES_DEV_DIR") else {}


def worker_pids(status, program):
    programs = status.get("programs", status)
    found = []
    entries = programs.items() if isinstance(programs, dict) else \
        [(p.get("name", ""), p) for p in programs if isinstance(p, dict)]
    for name, entry in entries:
        if isinstance(entry, dict) and name.replace("echostream-", "") == program:
            workers = entry.get("workers") or entry.get("workerPids") or []
            found += [w.get("pid") if isinstance(w, dict) else w for w in workers]
            if not found and entry.get("pid"):
                found.append(entry["pid"])
    return [int(p) for p in found if p]


def redis_arguments(url):
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "unix":
        return ["-u", url]
    db = urllib.parse.parse_qs(parts.query).get("db", ["0"])[0]
    return ["-s", urllib.parse.unquote(parts.path), "-n", db]


def run(argv, text):
    try:
        out = subprocess.run(argv, input=text, capture_output=True, text=True, timeout=30,
                             check=False)
    except (OSError, subprocess.SubprocessError) as e:
        return 127, str(e)
    return out.returncode, (out.stdout + out.stderr).strip()


def redis_cli():
    """The name of the Redis shell; Debian 13 may have only valkey-cli."""
    return next((name for name in ("valkey-cli", "redis-cli") if is_installed(name)), None)


def is_installed(program):
    return any(os.access(os.path.join(d, program), os.X_OK)
               for d in os.environ.get("PATH", "").split(":"))


def repository():
    return os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(
        os.path.abspath(__file__)))))


def read_env(path):
    """Reads KEY=VALUE lines, quoted as for a shell. Names that are missing come from the environment."""
    values = {k: v for k, v in os.environ.items() if k.startswith("ES_")}
    if path:
        with open(path, encoding="utf-8") as f:
            for line in f:
                line = line.strip()
                if line and not line.startswith("#") and "=" in line:
                    name, _, value = line.partition("=")
                    words = shlex.split(value) if value[:1] in "'\"" else [value]
                    values[name.replace("export ", "").strip()] = words[0] if words else ""
    if "ES_URL" not in values:
        raise SystemExit("no ES_URL: give --env FILE with the lines of ./dev status -o env")
    return Env(values)


SIGNALS = {"stop": signal.SIGSTOP, "continue": signal.SIGCONT, "kill": signal.SIGKILL,
           "drain": signal.SIGTERM}
