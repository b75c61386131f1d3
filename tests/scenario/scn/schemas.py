"""Checks every answer against api/openapi.yaml; frame_schemas.py checks frames."""

import json
import os
import re
import threading

try:
    import jsonschema
    import yaml
    WHY_NOT = None
except ImportError as e:
    WHY_NOT = "%s is not installed (Debian: python3-yaml python3-jsonschema)" % e.name

from .frame_schemas import FrameSchemas, resolve, fault_text


ERRORS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "lighttpd",
                      "errors")
PROBLEM = {"$ref": "#/components/schemas/Problem"}


class Schemas:
    """api/openapi.yaml and api/asyncapi.yaml."""

    def __init__(self, folder):
        self.open = load(os.path.join(folder, "openapi.yaml"))
        self.asyn = load(os.path.join(folder, "asyncapi.yaml"))
        self.cache = {}
        self.lock = threading.Lock()
        self.paths = []
        for path, item in self.open["paths"].items():
            pattern = re.compile("^%s$" % re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path)))
            self.paths.append((path.count("{"), pattern, item))
        self.paths.sort(key=lambda entry: entry[0])
        self.frames = FrameSchemas(self.asyn)

    def operation(self, method, path):
        """The operation for a request target, or None."""
        path = path.partition("?")[0]
        for _, pattern, item in self.paths:
            if pattern.match(path) and method.lower() in item:
                return item[method.lower()]
        return None

    def rest_fault(self, method, path, request, answer):
        """The fault of an answer against the document, or None."""
        if path.startswith("/api/") and "x-request-id" not in answer.headers:
            return "answer %d without X-Request-Id" % answer.status
        if answer.status >= 400 and path.startswith("/api/"):
            kind = answer.headers.get("content-type")
            if kind != "application/problem+json" and method != "HEAD":
                return "answer %d is %s, not application/problem+json" % (answer.status, kind)
        if from_front_door(answer):
            documented = resolve(self.open, self.open["x-front-door"].get(str(answer.status)))
            if documented is None:
                return "status %d of the front door is not documented" % answer.status
            return self._body_fault(documented, answer) or self._header_fault(documented, answer)
        operation = self.operation(method, path)
        if operation is None:
            return None
        documented = resolve(self.open, operation["responses"].get(str(answer.status)))
        if documented is None:
            return "status %d is not documented" % answer.status
        return self._body_fault(documented, answer) \
            or self._header_fault(documented, answer) \
            or self._request_fault(operation, request, answer)

    def _body_fault(self, documented, answer):
        content = documented.get("content")
        if not content:
            return "a body where none is documented" if answer.data else None
        kind = answer.headers.get("content-type", "").partition(";")[0]
        if kind not in content:
            return "content type %s is not documented" % kind
        if "json" not in kind:
            return None
        if answer.json_fault or not answer.data:
            return "body is not JSON"
        return self.fault(self.open, content[kind]["schema"], answer.json)

    def _header_fault(self, documented, answer):
        for name, spec in documented.get("headers", {}).items():
            spec = resolve(self.open, spec)
            if spec.get("required") and name.lower() not in answer.headers:
                return "header %s is missing" % name
        return None

    def _request_fault(self, operation, request, answer):
        """The fault of a request that the server accepted and the document forbids, or None."""
        wanted = resolve(self.open, operation.get("requestBody"))
        if not wanted or answer.status >= 300 or not request:
            return None
        schema = wanted["content"]["application/json"]["schema"]
        wrong = self.fault(self.open, schema, json.loads(request.decode("utf-8")))
        return "accepted a request that the document forbids: %s" % wrong if wrong else None

    def refusal_fault(self, refused):
        """The fault of the HTTP answer to an upgrade against the document, or None."""
        if refused.status not in self.frames.refusals:
            return "refusal %d is not documented" % refused.status
        if refused.headers.get("content-type") != "application/problem+json":
            return "refusal %d is not application/problem+json" % refused.status
        try:
            problem = json.loads(refused.body.decode("utf-8"))
        except ValueError as e:
            return "refusal is not JSON: %s" % e
        return self.fault(self.open, PROBLEM, problem)

    def fault(self, document, schema, value):
        """The place and the reason where value breaks schema, or None."""
        with self.lock:
            key = id(schema)
            if key not in self.cache:
                self.cache[key] = validator(document, schema)
        errors = sorted(self.cache[key].iter_errors(value), key=lambda e: list(map(str, e.path)))
        if not errors:
            return None
        return fault_text(errors)


def from_front_door(answer):
    """True for an error of lighttpd itself: a page of lighttpd/errors/, completed by error.lua."""
    path = os.path.join(ERRORS, "problem.%d.html" % answer.status)
    if answer.status < 400 or not os.path.exists(path):
        return False
    with open(path, "rb") as f:
        return answer.data.startswith(f.read().strip()[:-1])


def validator(document, schema):
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema",
             "components": document["components"], "allOf": [schema]}
    return jsonschema.Draft202012Validator(whole)


def load(path):
    with open(path, encoding="utf-8") as f:
        return yaml.load(f, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def open_schemas(folder):
    """(Schemas, None) or (None, reason)."""
    if WHY_NOT:
        return None, WHY_NOT
    if not os.path.exists(os.path.join(folder, "openapi.yaml")):
        return None, "no openapi.yaml in %s" % folder
    return Schemas(folder), None
