"""Compares an answer with api/openapi.yaml."""

import json
import re

from scn.frame_schemas import resolve
from scn.schemas import from_front_door
from wire import UNRESERVED

# Methods that lighttpd knows. It answers others with 501, as RFC 9110 section 9.1 says.
KNOWN = {b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"TRACE", b"CONNECT",
         b"PROPFIND"}
VALID_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")


class Verdict:
    """The checks. Each thread needs its own, because the validators of jsonschema keep state."""

    def __init__(self, schemas):
        self.schemas, self.document = schemas, schemas.open

    def faults(self, request, answer):
        found = list(self._status(request, answer)) + list(self._request_id(request, answer))
        path = normal(request.target())
        method = request.method.decode("latin-1")
        read_as = "GET" if method == "HEAD" else method
        operation = self.schemas.operation(read_as, path)
        if operation is None:
            found += self._outside(method, path, answer)
        elif method == "HEAD":
            found += self._head(operation, answer)
        else:
            found += self._members(operation, answer)
        if method != "HEAD":
            body = None if request.body is None else as_json_text(request.body)
            fault = self.schemas.rest_fault(method, path, body, answer)
            # The server trims names and addresses before it checks their limits.
            if fault and body and answer.status < 300:
                fault = self.schemas.rest_fault(method, path, trimmed(body), answer)
            found += [fault] if fault else []
            if request.body and 200 <= answer.status < 300 and body is None \
                    and operation is not None and "requestBody" in operation:
                found.append("accepted a body that is not JSON")
        return found

    def _status(self, request, answer):
        if answer.status >= 500 and not (answer.status == 501 and request.method not in KNOWN
                                         and from_front_door(answer)):
            yield "status %d: the server failed" % answer.status
        if answer.status == 401 and "www-authenticate" not in answer.headers:
            yield "401 without WWW-Authenticate"
        if answer.status == 405 and "allow" not in answer.headers and not from_front_door(answer):
            yield "405 without Allow"

    def _request_id(self, request, answer):
        returned = answer.headers.get("x-request-id")
        if returned is None:
            yield "no X-Request-Id"
            return
        given = [v for n, v in request.headers if n.lower() == b"x-request-id"]
        if len(given) == 1 and VALID_REQUEST_ID.fullmatch(given[0]) and not from_front_door(answer) \
                and request.method != b"HEAD" and returned != given[0].decode():
            yield "X-Request-Id is not the caller's"
        if isinstance(answer.json, dict) and answer.status >= 400:
            if answer.json.get("requestId", returned) != returned:
                yield "requestId of the problem is not X-Request-Id"
            if answer.json.get("status") != answer.status:
                yield "status of the problem is not that of the answer"

    def _outside(self, method, path, answer):
        """The server must refuse each request, except OPTIONS, for which the document has no operation."""
        if answer.status < 400 and method != "OPTIONS":
            yield "status %d for a request that is not documented" % answer.status
        elif answer.status >= 400 and method != "HEAD" and path.startswith("/api/"):
            wrong = self.schemas.fault(self.document, PROBLEM, answer.json)
            if wrong:
                yield "problem document: " + wrong

    def _head(self, operation, answer):
        if answer.data:
            yield "the answer to HEAD has a body"
        if str(answer.status) not in operation["responses"] and answer.status not in (400, 431):
            yield "status %d is not documented for GET" % answer.status

    def _members(self, operation, answer):
        """Finds fields of the answer that its schema does not name."""
        documented = resolve(self.document, operation["responses"].get(str(answer.status), {}))
        for kind, media in documented.get("content", {}).items():
            if "json" in kind and answer.json is not None:
                for place in self.undocumented(media["schema"], answer.json):
                    yield "field %s is not documented" % place

    def undocumented(self, schema, value, place=""):
        if isinstance(value, list):
            parts = [p["items"] for p in self.flat(schema) if "items" in p]
            for one in value[:20] if parts else ():
                yield from self.undocumented(parts[0], one, place + "[]")
        if not isinstance(value, dict):
            return
        parts = list(self.flat(schema))
        known = {}
        for part in parts:
            for name, spec in part.get("properties", {}).items():
                known.setdefault(name, spec)
        is_open = not known or place.endswith(".settings") or any(
            "additionalProperties" in part for part in parts)
        for name, member in value.items():
            if name in known:
                yield from self.undocumented(known[name], member, place + "." + name)
            elif not is_open:
                yield place + "." + name

    def flat(self, schema):
        """The schema, and all schemas that it combines by allOf, oneOf and anyOf."""
        schema = resolve(self.document, schema)
        yield schema
        for word in ("allOf", "oneOf", "anyOf"):
            for part in schema.get(word, []):
                yield from self.flat(part)


PROBLEM = {"$ref": "#/components/schemas/Problem"}


def normal(target):
    """The target as lighttpd normalises it: escapes of unreserved characters are decoded."""
    return re.sub(rb"%([0-9A-Fa-f]{2})", plain, target).decode("latin-1")


def plain(match):
    byte = int(match.group(1), 16)
    return bytes((byte,)) if byte in UNRESERVED else match.group(0)


def as_json_text(body):
    """The body if it is strict JSON, else None."""
    try:
        json.loads(body.decode("utf-8"), parse_constant=refuse)
    except (ValueError, RecursionError):
        return None
    return body


def trimmed(body):
    value = json.loads(body)
    if isinstance(value, dict):
        value = {k: v.strip() if isinstance(v, str) else v for k, v in value.items()}
    return json.dumps(value).encode()


def refuse(word):
    raise ValueError("%s is not JSON" % word)
