#!/usr/bin/env python3
"""Calls each route without a token and with a wrong scope, and each route and frame with foreign ids.

Ids of another tenant must get the same answers as unknown ids.
"""

import argparse
import json
import os
import re
import subprocess
import sys

from scn import env as environment
from scn import schemas
from scn.conn import Conn
from scn.report import Report
from scn.steps import comparable
from scn.world import API, Failure, World
from walk_tables import BODIES, FRAMES, NO_IDS, NO_IDS_OF, QUERIES

ROOT = environment.repository()
API_PROGRAM = "api-fcgi/echostream-api"
PUSH_PROGRAM = "push-server/echostream-push"


def table(build, program, option, path):
    """The table in a file, or printed by the program; None when the program is not built."""
    if path:
        with open(path, encoding="utf-8") as f:
            return json.load(f)
    program = os.path.join(build, program)
    if not os.access(program, os.X_OK):
        return None
    out = subprocess.run([program, option], capture_output=True, check=True, timeout=20)
    return json.loads(out.stdout)


def make_world(env, judge):
    """Creates the tenant acme with a message in a private channel, and globex, whose users send the
    requests."""
    world = World(env, judge)
    for tenant in ("acme", "globex"):
        world.make_tenant(tenant, {"settings": {"user_send_limit": 5000,
                                                "user_send_window_s": 1}})
    world.make_user("alice", "acme", "member")
    world.make_user("gina", "globex", "member")
    world.make_user("gus", "globex", "admin")
    world.make_user("greta", "globex", "guest")
    world.make_channel("lobby", "alice", True, [])
    world.make_channel("hall", "globex", False, [])
    sent = world.call("POST", API + "/channels/%s/messages" % world.names["lobby"], "alice",
                      {"body": "ours", "clientMessageId": "theirs-1"})
    world.names["message"] = sent["messageId"]
    made = world.call("POST", API + "/api-keys", "acme", {"name": "k", "scopes": ["admin"]})
    world.names["key"] = made["keyId"]
    return world


class Ids:
    """The values of {tenantId} and the other placeholders."""

    def __init__(self, tenant, user, channel, message, key):
        self.by_name = {"tenantId": tenant, "userId": user, "channelId": channel,
                        "messageId": str(message), "clientMessageId": "theirs-1",
                        "keyId": key, "kid": "no-key", "emoji": ":ok:"}

    def fill(self, template):
        """Replaces each {nameId}, {kid} and {emoji} in the template."""
        return re.sub(r"\{(\w+Id|kid|emoji)\}", lambda m: self.by_name[m.group(1)], template)

    def hide(self, text):
        for name, value in self.by_name.items():
            if name.endswith("Id") and len(value) == 36:
                text = text.replace(value, "<%s>" % name)
        return text


def ask(world, route, ids, who):
    path = ids.fill(route["path"] + QUERIES.get(route["path"], ""))
    body = BODIES.get((route["method"], route["path"]))
    headers = [] if body is None else [("Content-Type", "application/json")]
    data = None if body is None else ids.fill(json.dumps(body)).encode()
    return world.request(route["method"], path, who, headers, data)


def name_of(route):
    return "%s %s" % (route["method"], route["path"])


def check_bodies(report, routes):
    """Checks that BODIES has a valid body for each writing route. Otherwise the server would refuse the
    body, and not the caller or the id."""
    unknown = [name_of(r) for r in routes if r["method"] in ("POST", "PUT", "PATCH")
               and (r["method"], r["path"]) not in BODIES]
    report.check("walk", "each writing route has an entry in BODIES", unknown)


def check_no_token(report, world, route, ids):
    answer = ask(world, route, ids, "none")
    wrong = None
    if answer.status != 401 or "www-authenticate" not in answer.headers:
        wrong = "answered %s" % answer
    report.check("walk", name_of(route) + " without token is 401", wrong)


def wrong_scope(scope):
    """A caller with a valid token but the wrong scope, and the statuses that the caller may get."""
    return {"operator": ("globex", (401, 403)), "admin": ("gina", (403,)),
            "owner": ("gus", (403,)),
            "member": ("greta", (403,)), "user": ("operator", (401,))}[scope]


def check_scope(report, world, route, ids):
    who, allowed = wrong_scope(route["scope"])
    answer = ask(world, route, ids, who)
    wrong = None if answer.status in allowed else "as %s answered %s" % (who, answer)
    report.check("walk", "%s with the wrong scope is %s" % (
        name_of(route), " or ".join(map(str, allowed))), wrong)


def check_foreign(report, world, route, pairs):
    """Checks that globex gets the same answers for ids of acme as for unknown ids."""
    for label, foreign, unknown in pairs:
        real, nobody = ask(world, route, foreign, "globex"), ask(world, route, unknown, "globex")
        one = foreign.hide(json.dumps(comparable(real), sort_keys=True))
        two = unknown.hide(json.dumps(comparable(nobody), sort_keys=True))
        wrong = []
        if one != two or sorted(real.headers) != sorted(nobody.headers):
            wrong = ["foreign: %s" % real, "unknown: %s" % nobody]
        elif "{" in route["path"] and real.status != 404:
            wrong = ["answered %s" % real]
        report.check("walk", "%s: %s get the answers of unknown ids" % (name_of(route), label), wrong)


def walk_routes(report, world, routes):
    names = world.names
    nobody = [unknown_id(k) for k in range(4)]
    foreign = Ids(names["acme"], names["alice"], names["lobby"], names["message"], names["key"])
    unknown = Ids(nobody[0], nobody[1], nobody[2], names["message"], nobody[3])
    in_own = (Ids(names["acme"], names["alice"], names["hall"], names["message"] + 1000,
                  names["key"]),
              Ids(names["acme"], nobody[1], names["hall"], names["message"] + 1000, nobody[3]))
    for route in routes:
        check_no_token(report, world, route, foreign)
        check_scope(report, world, route, foreign)
        if (route["scope"] == "operator" or route["path"] in NO_IDS or
                (route["method"], route["path"]) in NO_IDS_OF):
            continue
        body = BODIES.get((route["method"], route["path"]))
        if "{" not in route["path"] + json.dumps(body)[1:] and route["path"] not in QUERIES:
            report.not_ok("walk", name_of(route) + " has no ids", ["add its path to NO_IDS in walk_tables.py"])
            continue
        pairs = [("acme's ids", foreign, unknown)]
        if "{channelId}" in route["path"] and "{userId}" in route["path"]:
            pairs.append(("acme's users in a channel of globex",) + in_own)
        check_foreign(report, world, route, pairs)


def unknown_id(k):
    """A well-formed id that does not exist."""
    return "01900000-0000-7000-8000-0000ffff%04x" % k


def reply_to(world, name, frame, ids):
    """Sends a frame as globex; returns the pattern that matched, and the answer with ids hidden."""
    conn = Conn(name, world.env, world.token("globex"))
    try:
        conn.send(json.loads(ids.fill(json.dumps(frame))))
        got = conn.next_of([{"type": "ack"}, {"type": "error"}], 5)
        reply = conn.last
        return got, ids.hide(json.dumps(reply, sort_keys=True))
    finally:
        conn.read_pending()
        conn.end()
        world.faults += conn.verdict(world.schemas)


def walk_frames(report, world, frames):
    names = world.names
    nobody = [unknown_id(k) for k in range(4)]
    foreign = Ids(names["acme"], names["alice"], names["lobby"], names["message"], names["key"])
    unknown = Ids(nobody[0], nobody[1], nobody[2], names["message"], nobody[3])
    for kind in sorted(f["type"] for f in frames):
        label = "frame %s: acme's ids get the answers of unknown ids" % kind
        if kind not in FRAMES:
            report.not_ok("walk", label, ["add the frame to FRAMES in walk_tables.py"])
        elif FRAMES[kind] is not None:
            try:
                _, one = reply_to(world, kind, FRAMES[kind], foreign)
                _, two = reply_to(world, kind, FRAMES[kind], unknown)
                report.check("walk", label, [] if one == two else [one, two])
            except Failure as e:
                report.not_ok("walk", label, [e])


def arguments(argv):
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--env")
    p.add_argument("--build", default=os.path.join(ROOT, "build"))
    p.add_argument("--routes", help="file with the route table instead of the program's own")
    p.add_argument("--frames", help="file with the frame table")
    p.add_argument("--schemas", help="folder of the API documents; a missing validator is then a failure")
    return p.parse_args(argv)


def main(argv):
    args = arguments(argv)
    report = Report()
    routes = table(args.build, API_PROGRAM, "--dump-routes", args.routes)
    frames = table(args.build, PUSH_PROGRAM, "--dump-frames", args.frames)
    judge, why = schemas.open_schemas(args.schemas) if args.schemas else (None, None)
    if why:
        report.not_ok("walk", "the API documents can be read", [why])
    world = make_world(environment.read_env(args.env), judge)
    if routes is None:
        report.skip("walk", "routes", "%s is not built" % API_PROGRAM)
    else:
        routes = [r for r in routes if r["path"].startswith("/api/") and r["method"] != "OPTIONS"]
        check_bodies(report, routes)
        walk_routes(report, world, routes)
    if frames is None:
        report.skip("walk", "frames", "%s is not built" % PUSH_PROGRAM)
    else:
        walk_frames(report, world, frames)
    if judge is not None:
        report.check("walk", "answers and frames are as the API documents say",
                     list(dict.fromkeys(world.faults)))
    return report.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
