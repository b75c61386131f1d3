#!/usr/bin/env python3
"""selftest_sql.py ECHOSTREAMCTL: tests the runner of mutations on migrations, with the suite's servers."""

import os
import sys
import tempfile

import mutate
from selftest import FAILED, check, plant, verdicts

MIGRATION = """-- migrate:up
CREATE TABLE rooms (id integer PRIMARY KEY, beds integer NOT NULL CHECK (beds > 0));
CREATE FUNCTION is_full(n integer) RETURNS boolean LANGUAGE sql AS $$
	SELECT n >= 3
$$;
CREATE FUNCTION is_unseen(n integer) RETURNS boolean LANGUAGE sql AS $$
	SELECT n >= 3
$$;
CREATE FUNCTION is_old(n integer) RETURNS boolean LANGUAGE sql AS $$
	SELECT n >= 3
$$;
INSERT INTO rooms SELECT n + 1, n FROM (SELECT 1) AS a (n) WHERE n > 0 AND n < 2;
DO $$ BEGIN
	IF (SELECT count(*) FROM rooms) <> 1 THEN
		RAISE EXCEPTION 'rooms are lost';
	END IF;
END $$;
-- migrate:down
DROP TABLE rooms;
"""
LATER = """-- migrate:up
DROP FUNCTION is_old(integer);
CREATE FUNCTION is_old(n integer) RETURNS boolean LANGUAGE sql AS $$ SELECT false $$;
-- migrate:down
SELECT 1;
"""
TEST = """SELECT plan(2);
SELECT ok(is_full(3), 'three are full');
SELECT ok(NOT is_full(2), 'two are not full');
"""
FIRST = "db/migrations/20260101000000_first.sql"


def main(ctl):
    with open(os.path.join(mutate.ROOT, "db", "roles.sql"), encoding="utf-8") as f:
        files = {"db/roles.sql": f.read()}
    files.update({
        "meson.build": "project('tiny', 'c')\n",
        FIRST: MIGRATION,
        "db/migrations/20260101000100_later.sql": LATER,
        # echostreamctl requires this folder. It loads no function here, because the last migration is old.
        "db/functions/es_none.sql": "SELECT 1;\n",
        "tests/sql/rooms.sql": TEST,
    })
    with tempfile.TemporaryDirectory() as folder:
        root = os.path.join(folder, "root")
        plant(root, files)
        run = mutate.Run(root, os.path.join(folder, "work"), ["db"], ctl)
        have, _, output = verdicts(run, [FIRST + ":%d" % n for n in (4, 7, 10, 12, 14)])
    wanted = {
        "4 comparison": ("killed", "an edit of a function that pgTAP covers is killed"),
        "7 comparison": ("survived", "an edit of a function that pgTAP does not cover survives"),
        "10 comparison": ("skipped", "an edit of a function that a later migration replaces is "
                          "not counted"),
        "14 comparison": ("skipped", "an edit that makes its migration fail is not counted"),
    }
    for key, (how, sentence) in wanted.items():
        verdict = have.get("20260101000000_first.sql:" + key)
        check(sentence, verdict is not None and verdict.how == how, output)
    reasons = [have["20260101000000_first.sql:%s comparison" % n].why for n in (4, 10, 14)]
    check("the report names the reason of each verdict", reasons == [
        "rooms: 1 - three are full", "made no difference", "did not migrate"], reasons)
    return 1 if FAILED else 0


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1])))
