"""A tenant for each workload, made by SQL, because there are thousands of users, and tokens that are
signed with the secret of the private stack."""

import base64
import hashlib
import hmac
import json
import subprocess
import time
import uuid

TOKEN_S = 6 * 3600

MAKE = """
INSERT INTO tenants (id, name, max_messages_per_second, max_channels, settings)
VALUES (:'tenant', 'bench', 10000000, 1000000, '{}');
INSERT INTO users (tenant_id, id, email, display_name, role)
SELECT :'tenant', md5(:'tenant' || ' user ' || i)::uuid, 'u' || i || '@bench.test', 'Bench',
    CASE i WHEN 0 THEN 'owner' ELSE 'member' END FROM generate_series(0, :users - 1) i;
INSERT INTO channels (tenant_id, id, name, created_by)
SELECT :'tenant', md5(:'tenant' || ' channel ' || i)::uuid, 'c' || i,
    md5(:'tenant' || ' user 0')::uuid FROM generate_series(0, :channels - 1) i;
INSERT INTO channel_heads (tenant_id, channel_id)
SELECT tenant_id, id FROM channels WHERE tenant_id = :'tenant';
-- Senders are members already; else their first message would also be the event member_joined.
INSERT INTO channel_members (tenant_id, channel_id, user_id)
SELECT tenant_id, id, md5(:'tenant' || ' user ' || i)::uuid
FROM channels, generate_series(0, :senders - 1) i WHERE tenant_id = :'tenant';
"""

# Stored messages in each channel: as many as :messages.
FILL = """
SET synchronous_commit = off;
INSERT INTO messages (tenant_id, channel_id, id, sender_id, dedupe_key, request_hash,
    client_message_id, body, created_at)
SELECT c.tenant_id, c.id, i, c.created_by, decode(md5(c.id::text || i), 'hex'), '\\x00',
    'c' || i, repeat('hello wo', 25), now()
FROM channels c, generate_series(1, :messages) i WHERE c.tenant_id = :'tenant';
UPDATE channel_heads SET last_seq = :messages WHERE tenant_id = :'tenant';
VACUUM (ANALYZE) messages, channel_heads, channels, channel_members;
CHECKPOINT;
"""


def uuid_of(tenant, kind, n):
    """The id that MAKE gives to the n-th user or channel."""
    return str(uuid.UUID(hashlib.md5(("%s %s %d" % (tenant, kind, n)).encode()).hexdigest()))


class World:
    def __init__(self, stack, senders, sockets, channels, messages=0):
        self.tenant = str(uuid.uuid4())
        self.senders, self.sockets = senders, sockets
        self.channels = [uuid_of(self.tenant, "channel", n) for n in range(channels)]
        self.secret = stack.secret()
        names = {"tenant": self.tenant, "users": senders + sockets, "channels": channels,
                 "senders": senders, "messages": messages}
        sets = [word for k, v in names.items() for word in ("-v", "%s=%s" % (k, v))]
        self.run(stack, sets, MAKE)
        if messages > 0:
            self.run(stack, sets, FILL)

    @staticmethod
    def run(stack, sets, script):
        done = subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1"] + sets
                              + [stack.env["ES_DATABASE_ADMIN_URL"]], input=script, text=True,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
        if done.returncode != 0:
            raise RuntimeError("making the tenant of a workload failed: " + done.stderr[:500])

    def token(self, user):
        now = int(time.time())
        parts = ({"alg": "HS256", "typ": "JWT", "kid": "hs1"},
                 {"iss": "echostream", "aud": "echostream",
                  "sub": uuid_of(self.tenant, "user", user), "tid": self.tenant, "iat": now,
                  "exp": now + TOKEN_S, "jti": uuid.uuid4().hex})
        text = ".".join(b64(json.dumps(part).encode()) for part in parts)
        return text + "." + b64(hmac.new(self.secret, text.encode(), hashlib.sha256).digest())

    def write_clients(self, path):
        """Writes the file of bench_load: senders without channels first, then one socket a line, then
        the channels that no socket subscribes to."""
        with open(path, "w", encoding="ascii") as f:
            for n in range(self.senders):
                f.write("%s\n" % self.token(n))
            for n in range(self.sockets):
                f.write("%s %s\n" % (self.token(self.senders + n),
                                     self.channels[n % len(self.channels)]))
            for channel in self.channels[self.sockets:]:
                f.write("+ %s\n" % channel)


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
