"""The bodies and frames that walk.py sends: a valid body for each writing route, and each frame."""

CHANNEL = "/api/v1/channels/{channelId}"
MESSAGE = CHANNEL + "/messages/{messageId}"

BODIES = {
    ("POST", "/api/v1/admin/tenants"):
        {"name": "X", "adminEmail": "a@x.test", "adminDisplayName": "A"},
    ("PATCH", "/api/v1/admin/tenants/{tenantId}"): {"name": "Taken over"},
    ("POST", "/api/v1/admin/tenants/{tenantId}/suspend"): None,
    ("POST", "/api/v1/admin/tenants/{tenantId}/resume"): None,
    ("PATCH", "/api/v1/tenant"): {"settings": {"allowedOrigins": ["https://walk.example"]}},
    ("POST", "/api/v1/users"): {"email": "walker@x.test", "displayName": "Walker"},
    ("PATCH", "/api/v1/users/{userId}"): {"displayName": "Taken over"},
    ("POST", "/api/v1/users/{userId}/deactivate"): None,
    ("POST", "/api/v1/users/{userId}/reactivate"): None,
    ("POST", "/api/v1/users/{userId}/tokens"): {},
    ("POST", "/api/v1/api-keys"): {"name": "walked", "scopes": ["users:manage"],
                                   "botUserId": "{userId}"},
    ("POST", "/api/v1/ws/tickets"): None,
    ("POST", "/api/v1/auth/revoke"): {"userId": "{userId}"},
    ("POST", "/api/v1/auth-keys"): {"kid": "walked", "alg": "HS256", "issuer": "walker",
                                    "secret": "0123456789abcdef0123456789abcdef"},
    ("DELETE", "/api/v1/auth-keys/{kid}"): None,
    ("POST", "/api/v1/channels"): {"name": "walked"},
    ("POST", "/api/v1/dms"): {"userIds": ["{userId}"]},
    ("PUT", "/api/v1/dms/{channelId}/hidden"): {"hidden": True},
    ("PATCH", CHANNEL): {"topic": "Taken over"},
    ("POST", CHANNEL + "/archive"): None,
    ("POST", CHANNEL + "/unarchive"): None,
    ("POST", CHANNEL + "/take-over"): None,
    ("POST", CHANNEL + "/join"): None,
    ("POST", CHANNEL + "/leave"): None,
    ("PUT", CHANNEL + "/members/{userId}"): {"role": "member"},
    ("PUT", CHANNEL + "/bans/{userId}"): None,
    ("POST", CHANNEL + "/messages"): {"body": "from outside"},
    ("PATCH", MESSAGE): {"body": "from outside"},
    ("DELETE", MESSAGE): None,
    ("PUT", MESSAGE + "/reactions/{emoji}"): None,
    ("DELETE", MESSAGE + "/reactions/{emoji}"): None,
    ("PUT", CHANNEL + "/read"): {"messageId": 1},
    ("POST", CHANNEL + "/typing"): None,
    ("PUT", "/api/v1/presence"): {"status": "online"},
    ("POST", "/api/v1/presence/query"): {"userIds": ["{userId}"]},
}

# Query parameters with ids, and those that a route requires.
QUERIES = {"/api/v1/presence": "?userIds={userId}", MESSAGE + "/reactions": "?emoji=:ok:"}

# Routes whose requests contain no id. NO_IDS: all routes of the path. NO_IDS_OF: only this method.
NO_IDS = {"/api/v1/auth-keys", "/api/v1/tenant", "/api/v1/users", "/api/v1/users/me",
          "/api/v1/channels", "/api/v1/ws/tickets", "/api/v1/unread"}
NO_IDS_OF = {("GET", "/api/v1/api-keys"), ("GET", "/api/v1/dms")}

# None: the frame names no object by an id, so walk.py does not send it.
FRAMES = {
    "subscribe": {"type": "subscribe", "id": "1", "channelId": "{channelId}", "after": 0},
    "unsubscribe": {"type": "unsubscribe", "id": "1", "channelId": "{channelId}"},
    "send": {"type": "send", "id": "1", "channelId": "{channelId}", "body": "from outside"},
    "edit": {"type": "edit", "id": "1", "channelId": "{channelId}", "messageId": 1,
             "body": "from outside"},
    "delete": {"type": "delete", "id": "1", "channelId": "{channelId}", "messageId": 1},
    "react": {"type": "react", "id": "1", "channelId": "{channelId}", "messageId": 1,
              "emoji": ":tada:"},
    "unreact": {"type": "unreact", "id": "1", "channelId": "{channelId}", "messageId": 1,
                "emoji": ":tada:"},
    "typing": {"type": "typing", "id": "1", "channelId": "{channelId}"},
    "sync": {"type": "sync", "id": "1", "channels": [{"channelId": "{channelId}", "after": 0}]},
    "read": {"type": "read", "id": "1", "channelId": "{channelId}", "messageId": 1},
    "presence_watch": {"type": "presence_watch", "id": "1", "userIds": ["{userId}"]},
    "presence": None,
    "auth": None,
    "ping": None,
}
