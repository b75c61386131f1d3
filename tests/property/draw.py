"""Draws a request that the document allows, with ids that exist and values from the schemas."""

import json
import re

from fixtures import ROLES, TENANTS
from scn.frame_schemas import resolve
from wire import Request, escaped

VERBS = ("get", "post", "put", "patch", "delete")
ENDING = re.compile(r"/(deactivate|suspend|archive|leave)$")
ENDED_BY_METHOD = ("delete",)
OPTIONAL = 0.4  # share of the requests that have an optional parameter
PAGE_PLACES = {"before", "after", "around"}  # a request has at most one of these


class Operation:
    def __init__(self, document, path, verb, item):
        self.path, self.verb, self.item = path, verb, item
        self.name = item["operationId"]
        given = document["paths"][path].get("parameters", []) + item.get("parameters", [])
        self.parameters = [resolve(document, p) for p in given]
        security = item.get("security", document["security"])
        self.auth = next(iter(security[0])) if security else None
        content = resolve(document, item.get("requestBody", {})).get("content", {})
        self.kinds = sorted(content)
        self.body = content[self.kinds[0]]["schema"] if content else None
        self.body_wanted = resolve(document, item.get("requestBody", {})).get("required", False)
        self.ending = verb in ENDED_BY_METHOD or bool(ENDING.search(path))
        # The id that the operation creates: createAuthKey of /auth-keys creates {kid}.
        made = [p[len(path) + 2:-1] for p in document["paths"]
                if verb == "post" and re.fullmatch(re.escape(path) + r"/\{\w+\}", p)]
        self.makes = made[0] if made else None

    def schema_of(self, place, name):
        return next((p["schema"] for p in self.parameters
                     if p["in"] == place and p["name"] == name), {})


def operations_of(document):
    return [Operation(document, path, verb, item[verb])
            for path, item in document["paths"].items() for verb in VERBS if verb in item]


class Drawer:
    def __init__(self, document, values):
        self.operations = operations_of(document)
        self.values = values
        self.id_names = {p["name"] for op in self.operations for p in op.parameters
                         if p["in"] == "path"}

    def draw(self, rng, fixtures, among=None):
        """Returns (operation, tenant, request). among: the operations to choose from, if not all."""
        op = rng.choice(among or self.operations)
        tenant = TENANTS[0] if rng.random() < 0.85 else TENANTS[1]
        request = Request(op.name, op.verb.upper().encode(),
                          self._segments(rng, fixtures, op, tenant))
        request.token = self._token(rng, fixtures, op, tenant)
        if op.body is not None and (op.body_wanted or rng.random() < 0.7):
            request.schema = op.body
            request.value = self._body(rng, fixtures, op, tenant)
            request.body = as_json(rng, request.value)
            kind = rng.choice(op.kinds)
            request.headers.append((b"Content-Type", rng.choice((
                kind, kind, kind + "; charset=utf-8")).encode()))
        self._parameters(rng, fixtures, op, tenant, request)
        if rng.random() < 0.1:
            request.headers.append((b"X-Request-Id", b"prop-%08x" % rng.getrandbits(32)))
        request.chunked = request.body is not None and rng.random() < 0.05
        return op, tenant, request

    def _segments(self, rng, fixtures, op, tenant):
        of_message = rng.random() < 0.7 and "essageId}" in op.path
        return [escaped(self._segment(rng, fixtures, op, tenant, part, of_message).encode(
            "utf-8", "surrogatepass")) for part in op.path.strip("/").split("/")]

    def _segment(self, rng, fixtures, op, tenant, part, of_message):
        if not part.startswith("{"):
            return part
        name = part.strip("{}")
        if name == "channelId" and of_message:
            return fixtures.history[tenant]
        if "/dms/" in op.path and rng.random() < 0.7:
            return fixtures.groups[tenant]
        known = fixtures.id_for(rng, tenant, name, op.ending)
        if known is None or (name.lower().endswith("messageid") and rng.random() < 0.1):
            return str(self.values.good(rng, op.schema_of("path", name)))
        return known

    def _token(self, rng, fixtures, op, tenant):
        if op.auth is None:
            return None
        if op.auth == "operatorKey":
            return fixtures.operator.encode()
        role = rng.choice(ROLES[:2] + ROLES) if rng.random() < 0.95 else "spare0"
        return fixtures.tokens[tenant, role].encode()

    def _body(self, rng, fixtures, op, tenant):
        value = self.values.good(rng, op.body)
        for name in list(value) if isinstance(value, dict) else ():
            if name == op.makes:
                value = dict(value, **{name: self.values.fresh(rng, op.body, name)})
            elif name == "userIds" and rng.random() < 0.8:
                value[name] = [fixtures.id_for(rng, tenant, "userId", False) for _ in value[name]]
            elif name in self.id_names and rng.random() < 0.8:
                known = fixtures.id_for(rng, tenant, name, False)
                old = value[name]
                value[name] = int(known) if known and isinstance(old, int) else known or old
        return value

    def _parameters(self, rng, fixtures, op, tenant, request):
        place = rng.choice(sorted(PAGE_PLACES) + [None])
        for spec in op.parameters:
            name = spec["name"]
            if spec["in"] == "path" or (name in PAGE_PLACES and name != place):
                continue
            if not (spec.get("required") or name == place or rng.random() < OPTIONAL):
                continue
            value = self._parameter(rng, fixtures, op, tenant, spec)
            if value is None or (name == "Idempotency-Key" and isinstance(request.value, dict)
                                 and "clientMessageId" in request.value):
                continue
            if spec["in"] == "header":
                request.headers.append((name.encode(), value.encode("latin-1", "replace")))
            else:
                request.query.append((name.encode(), escaped(value.encode("utf-8"))))

    def _parameter(self, rng, fixtures, op, tenant, spec):
        name, schema = spec["name"], self.values.whole(spec["schema"])
        if name == "cursor":
            key = (tenant, op.path.partition("/api/v1")[2].partition("/channels/")[0])
            return fixtures.cursors.get(key)
        if name == "Prefer":
            return "respond-async"
        if name in PAGE_PLACES and rng.random() < 0.7:
            return fixtures.id_for(rng, tenant, "messageId", False)
        if schema.get("type") == "array":
            known = [fixtures.id_for(rng, tenant, "userId", False)
                     for _ in range(rng.choice((1, 2, 5, 100)))]
            return ",".join(known)
        value = self.values.good(rng, schema)
        if isinstance(value, str) and spec["in"] == "header":
            value = value.strip() or "x"
        return value if isinstance(value, str) else json.dumps(value)


def as_json(rng, value):
    """The value as JSON, in UTF-8 or with escapes, in one line or indented."""
    made = json.dumps(value, ensure_ascii=rng.random() < 0.3,
                      indent=rng.choice((None, None, None, 1)))
    return made.encode("utf-8", "surrogatepass")
