"""Mutations: each breaks a valid request in one way and returns a description."""

import json

from fixtures import ROLES, TENANTS
from draw import as_json
from wire import escaped

METHODS = (b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"TRACE", b"CONNECT",
           b"get", b"FROB", b"PROPFIND")
NUMBERS = (b"-1", b"0", b"00", b"01", b"+1", b"1.0", b"1e3", b"0x10", b"2147483648",
           b"9007199254740991", b"9007199254740992", b"9223372036854775807",
           b"9223372036854775808", b"18446744073709551616", b"9" * 400, b"true", b"", b"%20",
           b"%00", b"NaN", b"null", b"\xd9\xa1")
RAW_NUMBERS = (b"1e400", b"-0", b"00", b"1E2", b"0x10", b"NaN", b"Infinity", b"1.", b"+1", b".5",
               b"1e-400", b"9" * 5000, b"1.0", b"-")
SEGMENTS = (b"", b".", b"..", b"%2e%2e", b"%2F", b"%00", b"%", b"%zz", b"%ff", b"%c0%af", b"%F0%9F%98%80",
            b"*", b"{userId}", b"null", b"-", b"me", b"a" * 300, b"%61" * 500, b"a" * 9000)
WHOLE_BODIES = (b"", b" ", b"null", b"true", b"1", b'"x"', b"[]", b"{}", b"{", b"}", b"{}{}", b"{} x",
                b"\xef\xbb\xbf{}", b"{'a':1}", b'{"a":1,}', b"[" * 100000, b'{"a":' * 5000,
                b"{" + b" " * 262143 + b"}", b"x" * 262144, b"\x00" * 300000, b'{"\xff":1}',
                b'{"\\u0000":1}', b"a=1&b=2", b"<x/>")
CONTENT_TYPES = (None, b"", b"text/plain", b"application/x-www-form-urlencoded", b"application/jsonx",
                 b"application/json;", b"application/json; charset=utf-16", b"APPLICATION/JSON",
                 b"application/problem+json", b"application/json, text/plain", b"a/" + b"b" * 5000,
                 b"multipart/form-data; boundary=x", b"application/merge-patch+json", b"\xff\xfe")
HEADERS = (
    (b"X-Request-Id", (b"", b"short", b"x" * 64, b"x" * 65, b"a b c d e f", b"\xff" * 9, b"a,b,c,d,e,f")),
    (b"Idempotency-Key", (b"", b"a b", b"x" * 65, b'"quoted"', b"\xc3\xa9", b"given-1", b"%41")),
    (b"Prefer", (b"", b"respond-async", b"respond-async, wait=5", b"wait=0", b"return=minimal",
                 b"x" * 2000)),
    (b"Origin", (b"", b"null", b"http://localhost", b"https://app.example", b"x" * 2000, b"\xff")),
    (b"Content-Encoding", (b"gzip", b"identity", b"br, gzip", b"")),
    (b"Accept", (b"", b"text/html", b"application/json;q=0", b"*/*;q=x")),
    (b"Expect", (b"100-continue", b"nonsense")),
    (b"Range", (b"bytes=0-1", b"bytes=-", b"items=0-5")),
    (b"If-None-Match", (b"*", b'"x"')),
    (b"traceparent", (b"", b"00-" + b"a" * 32 + b"-" + b"b" * 16 + b"-01", b"00-zz", b"x" * 5000)),
    (b"Cookie", (b"a=b", b"x" * 7000, b"x" * 9000)),
    (b"X-Forwarded-For", (b"1.2.3.4", b"::1, 8.8.8.8", b"x" * 3000, b"")),
    (b"X-On-Behalf-Of", (b"", b"01900000-0000-7000-8000-0000ffff0001", b"x" * 300, b"\xff")),
    (b"Access-Control-Request-Method", (b"POST", b"FROB", b"")),
    (b"Connection", (b"close", b"upgrade", b"x-request-id")),
    (b"X-HTTP-Method-Override", (b"DELETE",)),
    (b"Content-Length", (b"",)),
)


def mutate(rng, mutation, operation, tenant, request, fixtures):
    """Applies one of MUTATIONS; False when it does not apply to the request."""
    note = mutation(rng, operation, tenant, request, fixtures)
    if note:
        request.notes.append(note)
    return bool(note)


def ids_in(operation):
    return [k for k, part in enumerate(operation.path.strip("/").split("/"))
            if part.startswith("{")]


def random_bytes(rng, length_max):
    """Random bytes without CR, LF and space, which separate the parts of HTTP. Suite `conf` tests these."""
    data = rng.randbytes(rng.randint(1, length_max))
    return bytes(c for c in data if c not in b"\r\n ") or b"\x01"


def break_id(rng, operation, tenant, request, fixtures):
    places = ids_in(operation)
    if not places:
        return None
    place = rng.choice(places)
    name = operation.path.strip("/").split("/")[place].strip("{}")
    other = TENANTS[1 - TENANTS.index(tenant)]
    if place >= len(request.segments):
        return None  # another mutation has shortened the path
    old = request.segments[place]
    note, made = rng.choice((
        ("id of another tenant", fixtures.id_for(rng, other, name, operation.ending)),
        ("id of another kind", fixtures.id_for(rng, tenant, rng.choice((
            "userId", "channelId", "messageId")), operation.ending)),
        ("unknown id", "01900000-0000-7000-8000-0000ffff%04x" % rng.getrandbits(16)),
        ("upper case id", old.decode("latin-1").upper()),
        ("cut id", old.decode("latin-1")[:-1]),
        ("longer id", old.decode("latin-1") + "0"),
        ("id in braces", "{%s}" % old.decode("latin-1")),
        ("number for an id", rng.choice(NUMBERS).decode("latin-1"))))
    if made is None:
        return None
    request.segments[place] = made.encode("latin-1")
    return note


def break_path(rng, operation, tenant, request, fixtures):
    if not request.segments:
        return None
    place = rng.randrange(len(request.segments))
    made = rng.choice((rng.choice(SEGMENTS), escaped(rng.randbytes(rng.randint(1, 40))),
                       random_bytes(rng, 30)))
    way = rng.choice(("put", "insert", "append", "drop"))
    if way == "put":
        request.segments[place] = made
    elif way == "insert":
        request.segments.insert(place, made)
    elif way == "append":
        request.segments.append(made)
    else:
        del request.segments[place]
        made = b""
    return "path: %s %r" % (way, made[:40])


def break_query(rng, operation, tenant, request, fixtures):
    names = [p["name"].encode() for p in operation.parameters if p["in"] == "query"]
    name = rng.choice(names + [b"limit", b"x", b"cursor", b"Limit", b"", b"%00", b"a" * 2000])
    value = rng.choice((rng.choice(NUMBERS), None, escaped(rng.randbytes(20)), random_bytes(rng, 20),
                        b"201", b"1001", b"a" * 7000, b"%", b"%f", b"%zz", b"a%00b", b"a=b=c", b"&&",
                        b"01900000-0000-7000-8000-0000ffff0001,", b"x,y,,z", b"true", b"1,1"))
    if rng.random() < 0.15:
        request.query += [(name, value or b"1")] * rng.choice((2, 100))
        return "query: %r many times" % name[:40]
    request.query = [(n, v) for n, v in request.query if n != name] + [(name, value)]
    return "query: %r" % name[:40]


def break_cursor(rng, operation, tenant, request, fixtures):
    if not operation.schema_of("query", "cursor"):
        return None
    other = TENANTS[1 - TENANTS.index(tenant)]
    known = [c for c in fixtures.cursors.values() if c]
    cursor = (fixtures.cursors.get((other, "/users")) or rng.choice(known)).encode()
    place = rng.randrange(len(cursor))
    cursor = rng.choice((cursor, cursor[:place], cursor + b"A", rng.choice(known).encode(),
                         cursor[:place] + b"A" + cursor[place + 1:], cursor * 20))
    request.query = [(n, v) for n, v in request.query if n != b"cursor"] + [(b"cursor", cursor)]
    return "cursor: broken, or of another list"


def break_header(rng, operation, tenant, request, fixtures):
    name, values = rng.choice(HEADERS)
    value = rng.choice(values + (random_bytes(rng, 40),))
    if name == b"Content-Length" and not request.body:
        return None
    if name != b"Content-Length":
        if rng.random() < 0.8:
            request.drop_header(name)
        request.headers.append((name, value))
    else:
        request.chunked = True
    return "header: %s" % name.decode()


def break_content_type(rng, operation, tenant, request, fixtures):
    if request.body is None:
        request.body = b"{}"
    request.drop_header(b"Content-Type")
    value = rng.choice(CONTENT_TYPES)
    if value is not None:
        request.headers.append((b"Content-Type", value))
    return "content type %r" % (value and value[:40])


def break_method(rng, operation, tenant, request, fixtures):
    request.method = rng.choice(METHODS)
    return "method"


def break_token(rng, operation, tenant, request, fixtures):
    way = rng.choice(("bad", "bad", "bad", "none", "role", "tenant", "operator", "bytes", "scheme",
                      "twice"))
    if way == "bad":
        name = rng.choice(sorted(fixtures.bad))
        request.token = fixtures.bad[name].encode()
        return "token " + name
    if way == "none":
        request.token = None
    elif way == "role":
        request.token = fixtures.tokens[tenant, rng.choice(ROLES)].encode()
    elif way == "tenant":
        request.token = fixtures.tokens[TENANTS[1 - TENANTS.index(tenant)],
                                        rng.choice(ROLES)].encode()
    elif way == "operator":
        request.token = fixtures.operator.encode()
    elif way == "bytes":
        request.token = random_bytes(rng, 200)
    elif way == "scheme":
        request.scheme = rng.choice((b"bearer ", b"Basic ", b"Bearer", b"", b"Bearer  ", b"Token ",
                                     b"Bearer \t", b"Bearer x "))
    else:
        request.headers.append((b"Authorization", b"Bearer x"))
    return "token: " + way


def break_member(rng, operation, tenant, request, fixtures):
    if request.schema is None or request.value is None:
        return None
    request.value = fixtures.values.broken(rng, request.schema, request.value)
    request.body = as_json(rng, request.value)
    return "body: a field is broken"


def break_body(rng, operation, tenant, request, fixtures):
    if request.body is None or rng.random() < 0.2:
        request.body = rng.choice(WHOLE_BODIES)
        if request.header(b"Content-Type") is None and rng.random() < 0.8:
            request.headers.append((b"Content-Type", b"application/json"))
        return "body: replaced"
    body = request.body
    place = rng.randrange(len(body) + 1)
    way = rng.choice(("cut", "byte", "insert", "random", "twice", "number", "whole", "utf-8"))
    if way == "cut":
        request.body = body[:place]
    elif way == "byte":
        request.body = body[:place] + rng.randbytes(1) + body[place + 1:]
    elif way == "insert":
        request.body = body[:place] + rng.randbytes(rng.randint(1, 8)) + body[place:]
    elif way == "random":
        request.body = rng.randbytes(rng.randint(1, 300))
    elif way == "twice" and isinstance(request.value, dict) and request.value:
        name = rng.choice(sorted(request.value))
        again = json.dumps({name: request.value[name]}).encode()
        request.body = body.rstrip()[:-1] + b"," + again[1:]
    elif way == "number":
        request.body = body.replace(b": ", b": " + rng.choice(RAW_NUMBERS) + b" ", 1)
    elif way == "utf-8":
        request.body = body.replace(b'"', b'"' + rng.choice((
            b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\\ud800", b"\\u0000",
            b"\x00", b"\t", b"\\x", b"\\u12")), rng.choice((1, 3)))
    else:
        request.body = rng.choice(WHOLE_BODIES)
    return "body: " + way


# The number of entries of a mutation is its weight in the draw.
MUTATIONS = (break_id, break_id, break_path, break_query, break_query, break_cursor, break_header, break_header, break_content_type,
             break_method, break_token, break_token, break_member, break_member, break_member, break_member, break_body, break_body)
