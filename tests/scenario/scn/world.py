"""The objects of one scenario: tenants, users, channels, connections, names."""

import base64
import hashlib
import hmac
import json
import threading
import uuid

from . import lang, match, rest

API = "/api/v1"


class Failure(Exception):
    """An expectation of a scenario did not hold."""


class World:
    def __init__(self, env, schemas=None):
        self.env, self.schemas = env, schemas
        self.names = {"url": env.url, "api": API}
        self.tokens = {"operator": env.operator_key}
        self.tenants = {}
        self.conns = {}
        self.faults = []
        self.answer = None
        self.stopped = set()
        self.lock = threading.Lock()
        self.tag = uuid.uuid4().hex[:8]

    def fill(self, text):
        return lang.fill(text, self.names)

    def json(self, text):
        return lang.as_json(text, self.names)

    def token(self, who):
        """The bearer token of a user, of a tenant (its admin's), of `operator`, or in `token:...`."""
        if who == "none":
            return None
        if who.startswith("token:"):
            return self.fill(who[6:])
        if who not in self.tokens:
            raise lang.BadScenario("no user or tenant named %s" % who)
        return self.tokens[who]

    def request(self, method, path, who="none", headers=(), body=None):
        """Sends a request, checks the answer against the API document, returns the answer."""
        headers = list(headers)
        token = self.token(who)
        if token is not None and not any(n.lower() == "authorization" for n, _ in headers):
            headers.append(("Authorization", "Bearer " + token))
        answer = rest.Client(self.env.url).request(method, path, headers, body)
        if self.schemas is not None:
            fault = self.schemas.rest_fault(method, path, body, answer)
            if fault:
                self.fault("%s %s: %s" % (method, path, fault))
        return answer

    def call(self, method, path, who, value=None, status=(200, 201, 204)):
        """Sends a request that must succeed; returns its JSON."""
        body = None if value is None else json.dumps(value).encode()
        headers = [] if body is None else [("Content-Type", "application/json")]
        answer = self.request(method, path, who, headers, body)
        if answer.status not in status:
            raise Failure("%s %s as %s answered %s" % (method, path, who, answer))
        return answer.json

    def fault(self, text):
        with self.lock:
            self.faults.append(text)

    def make_tenant(self, name, more):
        """Creates a tenant. Steps act `as NAME` as the tenant's admin; $NAME.admin is the admin's id."""
        value = {"name": "%s %s" % (name, self.tag),
                 "adminEmail": "admin@%s-%s.test" % (name, self.tag),
                 "adminDisplayName": "Admin of " + name}
        value.update(more)
        made = self.call("POST", API + "/admin/tenants", "operator", value)
        self.tenants[name] = made
        self.tokens[name] = made["token"]
        self.names[name] = made["tenantId"]
        self.names[name + ".admin"] = made["admin"]["userId"]
        self.names[name + ".token"] = made["token"]

    def make_user(self, name, tenant, role):
        made = self.call("POST", API + "/users", tenant, {
            "email": "%s@%s.test" % (name, self.tag), "displayName": name.capitalize(),
            "role": role})
        got = self.call("POST", API + "/users/%s/tokens" % made["userId"], tenant, {})
        self.add_user(name, made["userId"], got["token"], made["displayName"])

    def add_user(self, name, user_id, token, display_name):
        self.tokens[name] = token
        self.names[name] = user_id
        self.names[name + ".token"] = token
        self.names[name + ".name"] = display_name

    def make_channel(self, name, by, private, members):
        made = self.call("POST", API + "/channels", by,
                         {"name": "%s-%s" % (name, uuid.uuid4().hex), "isPrivate": private})
        self.names[name] = made["channelId"]
        for who in members:
            self.call("PUT", API + "/channels/%s/members/%s" % (made["channelId"],
                      self.names[who]), by, {"role": "member"})

    def mint(self, name, who, changes):
        """Signs a token like that of `who` with other claims, another header or another key."""
        secret = self.env.jwt_secret()
        if secret is None:
            raise lang.BadScenario("mint needs the HS256 secret: add `needs jwt` to the file's top")
        head, claims = (json.loads(unbase64(p)) for p in self.token(who).split(".")[:2])
        head = dict({"alg": "HS256", "typ": "JWT", "kid": "hs1"}, **changes.pop("header", {}))
        secret = changes.pop("key", None) or secret
        for claim in changes.pop("drop", []):
            claims.pop(claim, None)
        claims.update({"jti": str(uuid.uuid4())}, **changes)
        signed = base64_json(head) + "." + base64_json(claims)
        self.names[name] = signed + "." + sign(head["alg"], secret, signed)
        self.tokens[name] = self.names[name]

    def save(self, source, path, name):
        value = match.pick(source, path)
        if value is match.MISSING:
            raise Failure("nothing at %s to save in %s" % (path, json.dumps(source)[:600]))
        self.names[name] = value

    def close(self):
        for conn in self.conns.values():
            conn.read_pending()
            conn.end()


def sign(alg, secret, text):
    if alg == "none":
        return ""
    if isinstance(secret, str):
        secret = secret.encode()
    kind = {"HS384": hashlib.sha384, "HS512": hashlib.sha512}.get(alg, hashlib.sha256)
    return plain64(hmac.new(secret, text.encode(), kind).digest())


def base64_json(value):
    return plain64(json.dumps(value, separators=(",", ":")).encode())


def plain64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unbase64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
