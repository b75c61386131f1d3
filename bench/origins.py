#!/usr/bin/env python3
"""Measures how long a preflight takes when 20,000 tenants allow 20 origins each.

Needs a stack of its own, because it fills the database:
  ES_DEV_DIR=/tmp/origins ./dev up -d && ES_DEV_DIR=/tmp/origins ./dev status -o env >/tmp/origins.env
  bench/origins.py /tmp/origins.env [TENANTS] [ORIGINS]

Prints milliseconds for origins that one tenant, all tenants or no tenant allows. A worker looks up
an origin in PostgreSQL at its first preflight, and in its own memory at a repeated one. "no preflight"
is an OPTIONS request without Origin: the time that all of the requests need besides the look-up.
"""

import http.client
import subprocess
import sys
import time

FILL = """
INSERT INTO tenants (id, name, settings)
SELECT gen_random_uuid(), 'origins ' || t, jsonb_build_object('allowed_origins',
    jsonb_build_array('https://everybody.example') || (SELECT jsonb_agg(
	'https://o' || o || '.t' || t || '.example') FROM generate_series(2, %d) o))
FROM generate_series(1, %d) t;
ANALYZE tenants, tenant_origins;
"""


def settings(path):
    with open(path, encoding="utf-8") as f:
        return dict(line.strip().split("=", 1) for line in f if "=" in line)


def fill(env, tenants, origins):
    subprocess.run(["psql", "-qX", "-v", "ON_ERROR_STOP=1", env["ES_DATABASE_ADMIN_URL"]], check=True,
                   input=FILL % (origins, tenants), text=True)


class Door:
    def __init__(self, env):
        self.conn = http.client.HTTPConnection("127.0.0.1", int(env["ES_PORT"]))

    def ask(self, origin):
        """Sends a preflight. Returns its milliseconds, and whether the origin is allowed."""
        headers = {"Access-Control-Request-Method": "POST"}
        if origin:
            headers["Origin"] = origin
        at = time.perf_counter()
        self.conn.request("OPTIONS", "/api/v1/channels", headers=headers)
        answer = self.conn.getresponse()
        answer.read()
        took = (time.perf_counter() - at) * 1000
        return took, answer.getheader("Access-Control-Allow-Origin") is not None


def tell(name, asked, allowed):
    times = sorted(took for took, _ in asked)
    assert all(yes == allowed for _, yes in asked), name
    print("%-34s p50 %6.2f ms  p99 %6.2f ms  max %6.2f ms  (%d)" % (
        name, times[len(times) // 2], times[len(times) * 99 // 100], times[-1], len(times)))


def main(argv):
    env = settings(argv[0])
    tenants = int(argv[1]) if len(argv) > 1 else 20000
    origins = int(argv[2]) if len(argv) > 2 else 20
    at = time.perf_counter()
    fill(env, tenants, origins)
    print("%d tenants with %d origins each, written in %.0f s" % (
        tenants, origins, time.perf_counter() - at))
    door = Door(env)
    for _ in range(50):
        door.ask(None)
    tell("no preflight", [door.ask(None) for _ in range(500)], False)
    some = ["https://o3.t%d.example" % (1 + n * tenants // 500) for n in range(500)]
    tell("one tenant's, asked first", [door.ask(o) for o in some], True)
    tell("nobody's, asked first",
         [door.ask("https://n%d.example" % n) for n in range(500)], False)
    everybody = "https://everybody.example"
    tell("all tenants', first and repeated", [door.ask(everybody) for _ in range(500)], True)


if __name__ == "__main__":
    main(sys.argv[1:])
