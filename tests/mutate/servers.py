"""Makes a new database for each edit, on the servers that mutate.sh has started."""

import os
import shutil
import subprocess
import sys

import bounded

EMPTY, MIGRATED, EDITED = "mutate_empty", "mutate_migrated", "mutate_edited"
STEP_S = 120


class Servers:
    """ctl: the echostreamctl that migrates. The addresses come from mutate.sh's environment."""

    def __init__(self, tree, ctl):
        self.tree, self.log = tree, tree.log
        self.bin, self.run = os.environ["MUTATE_PGBIN"], os.environ["MUTATE_RUN"]
        self.redis_cli = os.environ.get("MUTATE_REDIS_CLI")
        # Use a copy, because ninja links the program in the build again with edits of shared/.
        self.ctl = os.path.join(tree.folder, "echostreamctl")
        shutil.copy(ctl, self.ctl)
        with open(os.path.join(tree.tree, "db", "roles.sql"), encoding="utf-8") as f:
            self.roles = f.read()
        self.sql("postgres", "create database " + EMPTY)
        self.sql(EMPTY, "create extension pgtap")
        if not self.migrate(MIGRATED):
            with open(self.log, encoding="utf-8") as f:
                sys.exit("%s\nthe migrations fail without an edit" % f.read())
        self.schema = self.dump(MIGRATED)

    def at(self, program, database):
        return [os.path.join(self.bin, program), "-h", os.path.join(self.run, "pg"),
                "-U", "postgres", "-d", database]

    def sql(self, database, text):
        done = subprocess.run(self.at("psql", database) + ["-qX", "-v", "ON_ERROR_STOP=1"],
                              input=text, text=True, capture_output=True)
        if done.returncode != 0:
            sys.exit("%s%s: psql: exit %d" % (done.stderr, text[:200], done.returncode))

    def create(self, database, template):
        self.sql("postgres", "drop database if exists %s with (force);\n"
                 "create database %s template %s;" % (database, database, template))
        self.sql(database, self.roles)  # a template does not contain the rights on a database

    def migrate(self, database):
        """Makes a database and applies the copy's migrations; False when one of them fails."""
        self.create(database, EMPTY)
        env = dict(os.environ, ES_DATABASE_OWNER_URL=self.url("echostream_owner", database))
        code, _ = bounded.run([self.ctl, "db", "migrate", "--dir",
                               os.path.join(self.tree.tree, "db", "migrations")],
                              self.log, STEP_S, env=env)
        return code == 0

    def dump(self, database):
        """The schema as lines of SQL, without \\restrict lines, whose key is random."""
        out = subprocess.run(self.at("pg_dump", database) + ["--schema-only"], check=True,
                             capture_output=True, text=True).stdout
        return [line for line in out.split("\n")
                if not line.startswith(("\\restrict ", "\\unrestrict "))]

    def url(self, role, database):
        return "postgresql://%s@/%s?host=%s/pg" % (role, database, self.run)

    def for_programs(self, database):
        """The environment for programs of the suites store and contract."""
        return {
            "ES_TEST_DATABASE_URL": self.url("echostream_app", database),
            "ES_TEST_OWNER_URL": self.url("echostream_owner", database),
            "ES_TEST_ADMIN_URL": self.url("postgres", database),
            "ES_TEST_REDIS_URL": "unix://%s/redis.sock" % self.run,
        }

    def flush_redis(self):
        subprocess.run([self.redis_cli, "-s", os.path.join(self.run, "redis.sock"),
                        "flushall"], check=True, stdout=subprocess.DEVNULL)
