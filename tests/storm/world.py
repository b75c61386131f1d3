"""Creates the tenants, users and channels of a storm. Inserts them by SQL, because there are thousands.
Signs the tokens of the users with the stack's own secret."""

import base64
import hashlib
import hmac
import json
import time
import uuid

TENANTS = 3
OWN = 3         # channels of a client
PRIVATE = 5     # every fifth channel is private


class World:
    def __init__(self, env, clients, channels):
        self.env = env
        self.secret = env.jwt_secret()
        self.tenants = [self.make_tenant(k, clients, channels) for k in range(TENANTS)]

    def make_tenant(self, k, clients, channels):
        """Creates a tenant. Each user is one client, and a member of all private channels."""
        users = len(range(k, clients, TENANTS))
        rooms = len(range(k, channels, TENANTS))
        t = Tenant(str(uuid.uuid4()), [str(uuid.uuid4()) for _ in range(users)],
                   [str(uuid.uuid4()) for _ in range(rooms)])
        self.sql("INSERT INTO tenants (id, name, max_messages_per_second, settings) VALUES "
                 "('%s', 'storm', 100000, '{\"user_send_limit\": 5000}')" % t.id)
        self.insert("users (tenant_id, id, email, display_name, role)",
                    ["'%s', '%s', 'u%d@storm.test', 'U%d', '%s'" % (
                        t.id, u, n, n, "owner" if n == 0 else "member")
                     for n, u in enumerate(t.users)])
        self.insert("channels (tenant_id, id, name, is_private, created_by)",
                    ["'%s', '%s', 'c%d', %s, '%s'" % (
                        t.id, c, n, n % PRIVATE == 0, t.users[0])
                     for n, c in enumerate(t.channels)])
        self.sql("INSERT INTO channel_heads (tenant_id, channel_id) SELECT tenant_id, id "
                 "FROM channels WHERE tenant_id = '%s'" % t.id)
        self.sql("INSERT INTO channel_members (tenant_id, channel_id, user_id) SELECT c.tenant_id,"
                 " c.id, u.id FROM channels c JOIN users u USING (tenant_id) WHERE c.tenant_id = "
                 "'%s' AND (c.is_private OR u.id = '%s')" % (t.id, t.users[0]))
        return t

    def insert(self, table, rows):
        for at in range(0, len(rows), 1000):
            self.sql("INSERT INTO %s VALUES %s" % (table, ", ".join(
                "(%s)" % r for r in rows[at:at + 1000])))

    def sql(self, statement):
        code, out = self.env.sql(statement)
        if code != 0:
            raise RuntimeError("%s: %s" % (statement[:100], out[:500]))
        return out

    def token(self, tenant, user):
        now = int(time.time())
        head = {"alg": "HS256", "typ": "JWT", "kid": "hs1"}
        claims = {"iss": "echostream", "aud": "echostream", "sub": user, "tid": tenant,
                  "iat": now, "exp": now + 7200, "jti": uuid.uuid4().hex}
        text = ".".join(b64(json.dumps(part).encode()) for part in (head, claims))
        return text + "." + b64(hmac.new(self.secret, text.encode(), hashlib.sha256).digest())

    def write_clients(self, path):
        with open(path, "w", encoding="ascii") as f:
            for t in self.tenants:
                for n, user in enumerate(t.users):
                    own = [t.channels[(n + j) % len(t.channels)] for j in range(OWN)]
                    f.write("%s %s\n" % (self.token(t.id, user), " ".join(own)))

    def heads(self):
        ids = ", ".join("'%s'" % c for t in self.tenants for c in t.channels)
        rows = self.sql("SELECT channel_id, last_seq FROM channel_heads WHERE channel_id IN "
                        "(%s)" % ids)
        return {c: int(n) for c, n in (row.split("|") for row in rows.splitlines())}


class Tenant:
    def __init__(self, ident, users, channels):
        self.id, self.users, self.channels = ident, users, channels


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
