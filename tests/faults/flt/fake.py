"""A server in memory that keeps EchoStream's promises, or breaks one of them.

The promise to break has the name that the judge must report.
"""

import json
import threading
import urllib.parse
import uuid
from http.server import ThreadingHTTPServer

from scn import fake as base
from scn import frames

AT = 40             # the server breaks the promise at this message
LATER_S = 0.5       # seconds from the ack to the commit of the message that breaks `early_ack`


class Channel:
    def __init__(self, tenant, name):
        self.id, self.tenant, self.name = str(uuid.uuid4()), tenant, name
        self.rows, self.by_key = [], {}
        self.head, self.skip = 0, set()
        self.subscribers = []          # the Handler of each subscribed socket


class Store:
    def __init__(self, breaks=None):
        self.breaks = breaks
        self.lock = threading.RLock()
        self.tenants, self.users, self.channels = {}, {}, {}
        self.count, self.victim, self.spent = 0, None, False

    def add_tenant(self):
        tenant, admin = str(uuid.uuid4()), str(uuid.uuid4())
        self.users["t-" + admin] = (admin, tenant)
        return {"tenantId": tenant, "token": "t-" + admin, "admin": {"userId": admin}}

    def add_user(self, tenant):
        user = str(uuid.uuid4())
        self.users["t-" + user] = (user, tenant)
        return user

    def breaks_now(self, name):
        """True once, at the message at which the server breaks this promise."""
        if self.breaks != name or self.spent or self.count < AT:
            return False
        self.spent = True
        return True

    def send(self, channel, user, cid, body):
        """Stores a message that is not stored yet; returns its row. Message AT breaks the promise."""
        with self.lock:
            row = channel.by_key.get((user, cid))
            if row is not None:
                return row
            self.count += 1
            if self.breaks_now("lost"):
                return self.row(channel, user, cid, body, channel.head + 1)
            if self.breaks_now("early_ack"):
                threading.Timer(LATER_S, self.commit, (channel, user, cid, body)).start()
                return self.row(channel, user, cid, body, channel.head + 1)
            if self.breaks_now("commit_order"):
                return self.commit(channel, user, cid, body, ahead=60)
            if self.breaks_now("doubled"):
                self.commit(channel, user, cid, body)
            if self.breaks_now("ghost"):
                self.commit(channel, user, str(uuid.uuid4()), "no writer sent this")
            if self.breaks_now("changed"):
                return self.commit(channel, user, cid, body[:-1] + "?")
            row = self.commit(channel, user, cid, body)
            if self.breaks_now("wrong_number"):
                return dict(row, messageId=row["messageId"] + 1000)
            return row

    def row(self, channel, user, cid, body, number):
        return {"messageId": number, "seq": number, "prev": number - 1, "userId": user,
                "channelId": channel.id, "body": body, "clientMessageId": cid,
                "createdAt": "2026-01-01T00:00:00.000Z", "senderDisplayName": "x"}

    def commit(self, channel, user, cid, body, ahead=0):
        with self.lock:
            number = channel.head + 1
            while number in channel.skip:
                number += 1
            if ahead:
                number += ahead
                channel.skip.add(number)
            else:
                channel.head = number
            row = self.row(channel, user, cid, body, number)
            channel.rows.append(row)
            channel.rows.sort(key=lambda r: r["messageId"])
            channel.by_key[(user, cid)] = row
            self.publish(channel, row)
            return row

    def publish(self, channel, row):
        if self.breaks_now("stream_hole"):
            return
        frame = {"type": "message", "channelId": channel.id, "userId": row["userId"],
                 "body": row["body"], "seq": row["seq"], "prev": row["prev"],
                 "payload": {"clientMessageId": row["clientMessageId"]}}
        twice = self.breaks_now("stream_order")
        if self.breaks_now("stream_differs"):
            frame["body"] = "another text"
        for subscriber in list(channel.subscribers):
            if self.breaks == "stream_missing" and self.count > AT:
                continue
            subscriber.put(frame)
            if twice:
                subscriber.put(frame)
        if self.breaks_now("foreign"):
            for other in self.channels.values():
                for subscriber in other.subscribers:
                    if other.tenant != channel.tenant:
                        subscriber.put(frame)
        if self.breaks_now("protocol") and channel.subscribers:
            channel.subscribers[0].raw(frames.encode(frames.TEXT, b"{}", masked=False, rsv=4))


class Handler(base.Handler):
    """The part of REST and WebSocket that the load uses."""

    def _caller(self):
        words = (self.headers.get("Authorization") or "").split()
        return self.server.store.users.get(words[-1] if words else "", (None, None))

    def _answer(self, path, body):
        store = self.server.store
        url = urllib.parse.urlsplit(path)
        parts = [p for p in url.path.split("/") if p][2:]
        value = json.loads(body) if body else {}
        user, tenant = self._caller()
        if parts == ["admin", "tenants"]:
            return 201, store.add_tenant()
        if parts == ["users"]:
            return 201, dict(value, userId=store.add_user(tenant))
        if parts[:1] == ["users"]:
            return 201, {"token": "t-" + parts[1]}
        if parts == ["channels"] and self.command == "POST":
            channel = Channel(tenant, value["name"])
            store.channels[channel.id] = channel
            return 201, {"channelId": channel.id}
        if parts == ["channels"]:
            return 200, {"channels": [{"channelId": c.id, "name": c.name} for c in
                                      store.channels.values() if c.tenant == tenant]}
        if len(parts) == 4 and parts[2] == "members":
            return 200, {}
        channel = store.channels[parts[1]]
        if self.command == "POST":
            return self._posted(store, channel, user, value)
        if parts[3:4] == ["by-client-id"]:
            row = channel.by_key.get((user, parts[4]))
            return (200, row) if row else (404, {})
        if len(parts) == 4:
            rows = [r for r in channel.rows if str(r["messageId"]) == parts[3]]
            return (200, rows[0]) if rows else (404, {})
        return 200, page(store, channel, dict(urllib.parse.parse_qsl(url.query)))

    def _posted(self, store, channel, user, value):
        if store.breaks == "unanswered" and (
                store.victim == value["clientMessageId"] or store.breaks_now("unanswered")):
            store.victim = value["clientMessageId"]
            return 503, {}
        if store.breaks_now("lost_accepted"):
            return 202, {}
        known = (user, value["clientMessageId"]) in channel.by_key
        row = store.send(channel, user, value["clientMessageId"], value["body"])
        return 200 if known else 201, row

    # the socket

    def _serve_frames(self):
        self.wlock, self.held, self.mine = threading.Lock(), None, []
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        self.user, self.tenant = self.server.store.users[query["token"][0]]
        try:
            super()._serve_frames()
        finally:
            with self.server.store.lock:
                for channel in self.mine:
                    channel.subscribers.remove(self)

    def put(self, frame):
        self.raw(frames.encode(frames.TEXT, json.dumps(frame).encode(), masked=False))

    def raw(self, data):
        with self.wlock:
            try:
                self.wfile.write(data)
            except OSError:
                pass

    def _put(self, opcode, payload):
        self.raw(frames.encode(opcode, payload, masked=False))

    def _obey(self, order):
        store = self.server.store
        channel = store.channels.get(order["channelId"])
        if channel is None or channel.tenant != self.tenant:
            self.put({"type": "error", "op": order["type"], "id": order["id"],
                      "payload": {"code": "not_found", "retryable": False}})
        elif order["type"] == "subscribe":
            self._subscribe(store, channel, order)
        elif self.held is not None and self.held["channelId"] == channel.id:
            held, self.held = self.held, None
            self._send(store, channel, order)
            self._send(store, channel, held)
        elif store.breaks == "sender_order" and store.count > AT and not store.spent:
            with store.lock:
                self.held, store.spent = order, True
        else:
            self._send(store, channel, order)
        return True

    def _subscribe(self, store, channel, order):
        if order["id"] == "spy":        # a spy expects a refusal; the fake has no private channels
            self.put({"type": "error", "id": "spy", "payload": {}})
            return
        with store.lock:
            self.put({"type": "ack", "op": "subscribe", "id": order["id"],
                      "channelId": channel.id, "payload": {"seq": channel.head}})
            for row in channel.rows:
                if row["seq"] > order.get("after", channel.head):
                    self.put({"type": "message", "channelId": channel.id, "body": row["body"],
                              "userId": row["userId"], "seq": row["seq"], "prev": row["prev"],
                              "payload": {"clientMessageId": row["clientMessageId"]}})
            channel.subscribers.append(self)
            self.mine.append(channel)

    def _send(self, store, channel, order):
        row = store.send(channel, self.user, order["clientMessageId"], order["body"])
        self.put({"type": "ack", "op": "send", "id": order["id"], "channelId": channel.id,
                  "payload": {"messageId": row["messageId"]}})


def page(store, channel, query):
    with store.lock:
        rows = list(channel.rows)
    limit = int(query["limit"])
    if store.breaks == "history_order" and len(rows) > 2:
        rows[0], rows[1] = rows[1], rows[0]
    if "after" in query:
        rows = [r for r in rows if r["messageId"] > int(query["after"])]
    else:
        if store.breaks == "views" and len(rows) > 2:
            del rows[1]
        rows = [r for r in reversed(rows)
                if r["messageId"] < int(query.get("before", 1 << 53))]
    return {"messages": rows[:limit], "hasMore": len(rows) > limit}


def start(breaks=None):
    """Starts a server; returns (server, base URL)."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.store = Store(breaks)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, "http://127.0.0.1:%d" % server.server_port

