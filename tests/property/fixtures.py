"""Tenants, users of each role, channels, messages and tokens for the random requests."""

import threading
import time

from scn.world import API, World, base64_json

TENANTS = ("acme", "globex")
ROLES = ("owner", "admin", "member", "guest", "bot")
SPARES = 4  # spare objects of each kind (user, channel, key, tenant) that operations may make unusable
HISTORY = 12  # messages in the public channel, so that small limits need more than one page
LEARNT = 16  # ids from answers that the test keeps for each parameter and tenant
UNLIMITED = {"maxMessagesPerSecond": 1000000, "maxChannels": 1000000,
        "settings": {"user_send_limit": 1000000, "user_send_window_s": 1}}


class Fixtures:
    """The objects of one round. Each round has new ones, because requests make objects unusable."""

    def __init__(self, env, values):
        self.world = World(env)
        self.values = values
        self.lock = threading.Lock()
        self.operator = env.operator_key
        self.tokens = {}    # (tenant, user) -> token
        self.ids = {}       # (tenant, parameter) -> ids
        self.spare = {}     # (tenant, parameter) -> ids for operations that make an id unusable
        self.cursors = {}   # (tenant, path) -> cursor
        self.history = {}   # tenant -> the channel with HISTORY messages
        self.groups = {}    # tenant -> the group of one user of each role
        for tenant in TENANTS:
            self._make_tenant(tenant)
        for k in range(SPARES):
            self.world.make_tenant("spare%d" % k, {})
        everyone = [self.world.names[t] for t in TENANTS]
        spare = [self.world.names["spare%d" % k] for k in range(SPARES)]
        for tenant in TENANTS:
            self.ids[tenant, "tenantId"] = everyone + spare
            self.spare[tenant, "tenantId"] = spare
        self._make_bad_tokens()

    def _make_tenant(self, tenant):
        # globex keeps the default limits, so that the server refuses some of its sends.
        self.world.make_tenant(tenant, UNLIMITED if tenant == TENANTS[0] else {})
        names = self.world.names
        for role in ROLES:
            self._make_user(tenant, role, role)
        spare = ["spare%d" % k for k in range(SPARES)] + ["gone"]
        for name in spare:
            self._make_user(tenant, name, "member")
        users = [names["%s-%s" % (tenant, name)] for name in ROLES + tuple(spare)]
        self._call("POST", "/users/%s/deactivate" % users[-1], tenant)
        self.ids[tenant, "userId"] = users + [names[tenant + ".admin"]]
        self.spare[tenant, "userId"] = users[len(ROLES):]
        self._make_channels(tenant)
        self._make_keys(tenant)
        for path in ("/users", "/channels", "/channels/%s/members" % names[tenant + "-hall"]):
            page = self._call("GET", path + "?limit=1", tenant)
            self.cursors[tenant, path.partition("/channels/")[0]] = page["nextCursor"]

    def _make_user(self, tenant, name, role):
        key = "%s-%s" % (tenant, name)
        self.world.make_user(key, tenant, role)
        self.tokens[tenant, name] = self.world.tokens[key]

    def _make_channels(self, tenant):
        names, owner = self.world.names, tenant + "-owner"
        people = [tenant + "-" + role for role in ROLES[1:]]
        spare = ["%s-spare%d" % (tenant, k) for k in range(SPARES)]
        self.world.make_channel(tenant + "-hall", owner, False, people + spare)
        self.world.make_channel(tenant + "-den", tenant + "-member", True, people[:1])
        self.world.make_channel(tenant + "-attic", owner, False, people)
        for key in spare:
            self.world.make_channel(key + "-room", owner, False, people[:1] + [key])
        rooms = [names[key + "-room"] for key in spare]
        own = [names["%s-%s" % (tenant, n)] for n in ("hall", "den", "attic")]
        self.groups[tenant] = self._call("POST", "/dms", owner, {
            "userIds": [names[key] for key in people]})["channelId"]
        self.ids[tenant, "channelId"] = own[:1] * 3 + own + rooms + [self.groups[tenant]]
        self.spare[tenant, "channelId"] = rooms + own[2:]
        self.history[tenant] = own[0]
        sent = []
        for k in range(HISTORY):
            sent.append(self._call("POST", "/channels/%s/messages" % own[0], owner, {
                "body": "message %d" % k, "clientMessageId": "given-%d" % k}))
        self._call("POST", "/channels/%s/archive" % own[2], owner)
        self.ids[tenant, "messageId"] = [one["messageId"] for one in sent]
        self.ids[tenant, "clientMessageId"] = [one["clientMessageId"] for one in sent]

    def _make_keys(self, tenant):
        owner, kids, keys = tenant + "-owner", [], []
        for k in range(SPARES):
            kids.append(self._call("POST", "/auth-keys", owner, {
                "kid": "given-%d" % k, "alg": "HS256", "issuer": "given", "secret": "s" * 32})["kid"])
            keys.append(self._call("POST", "/api-keys", owner, {
                "name": "given %d" % k, "scopes": ["messages:write"]})["keyId"])
        for name, made in (("kid", kids), ("keyId", keys)):
            self.ids[tenant, name] = self.spare[tenant, name] = made

    def _call(self, method, path, who, value=None):
        return self.world.call(method, API + path, who, value)

    def _make_bad_tokens(self):
        """Makes tokens that the server must refuse: name of the fault -> token."""
        now, mint = int(time.time()), self._minted
        good = self.tokens["acme", "member"]
        head, claims, mark = good.split(".")
        other = self.world.names["globex"]
        self.bad = {
            "expired": mint({"iat": now - 900, "nbf": now - 900, "exp": now - 300}),
            "of the future": mint({"nbf": now + 3600}),
            "without exp": mint({"drop": ["exp"]}),
            "without sub": mint({"drop": ["sub"]}),
            "of another tenant": mint({"tid": other}),
            "of an unknown user": mint({"sub": "01900000-0000-7000-8000-0000ffff0001"}),
            "with a number as sub": mint({"sub": 5}),
            "with a text as exp": mint({"exp": "tomorrow"}),
            "with a huge exp": mint({"exp": 10 ** 30}),
            "with a negative exp": mint({"exp": -1}),
            "with a list as tid": mint({"tid": [other]}),
            "of another key": mint({"key": "k" * 32}),
            "of algorithm none": mint({"header": {"alg": "none"}}),
            "of algorithm HS512": mint({"header": {"alg": "HS512"}}),
            "of algorithm RS256": mint({"header": {"alg": "RS256"}}),
            "of an unknown kid": mint({"header": {"kid": "../hs1"}}),
            "of a kid that is a number": mint({"header": {"kid": 7}}),
            "with a critical header": mint({"header": {"crit": ["b64"]}}),
            "without signature": head + "." + claims + ".",
            "with a truncated signature": good[:-3],
            "with a reversed signature": head + "." + claims + "." + mark[::-1],
            "of two parts": head + "." + claims,
            "of four parts": good + "." + mark,
            "with claims that are a list": head + "." + base64_json([1]) + "." + mark,
            "of 4 KiB": mint({"more": "x" * 3000}),
            "of a deactivated user": self.tokens["acme", "gone"],
        }

    def _minted(self, changes):
        self.world.mint("bad", "acme-member", dict(changes))
        return self.world.names["bad"]

    def id_for(self, rng, tenant, name, ending):
        """An id that exists, or None. ending: the operation may make the id unusable."""
        with self.lock:
            spare = self.spare.get((tenant, name))
            if ending and spare and rng.random() < 0.97:
                return str(rng.choice(spare))
            known = self.ids.get((tenant, name))
            learnt = self.ids.get((tenant, name, "learnt"))
            if learnt and (not known or rng.random() < 0.2):
                known = learnt
            return str(rng.choice(known)) if known else None

    def learn(self, tenant, wanted, data):
        """Keeps the ids in an answer for later requests."""
        for name in wanted & set(data if isinstance(data, dict) else ()):
            if isinstance(data[name], (str, int)):
                with self.lock:
                    kept = self.ids.setdefault((tenant, name, "learnt"), [])
                    kept.append(data[name])
                    del kept[:-LEARNT]
