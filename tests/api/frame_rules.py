"""House rules for the frames in api/asyncapi.yaml: the document describes every field of a frame.

A scenario refuses fields that a schema does not name. For that, each object must be described in one
piece, so that the runner can close it, and each value needs a type and a limit.
"""

from scn import frame_schemas

# Words that describe an object in several pieces, or leave it open.
FORBIDDEN = {"allOf", "anyOf", "not", "if", "then", "else", "patternProperties",
             "additionalProperties", "unevaluatedProperties", "dependentSchemas"}


def faults(document):
    found = []
    for action in ("send", "receive"):
        for known in frame_schemas.messages_of(document, action).values():
            for message in known:
                found += ["%s%s" % (message.name, text)
                          for text in schema_faults(message.published, "")]
    return found + reference_faults(document)


def schema_faults(schema, path):
    for word in sorted(FORBIDDEN & set(schema)):
        yield "%s: no %s in a frame" % (path, word)
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if "oneOf" in schema:
        for part in schema["oneOf"]:
            if part.get("type") in ("object", "array"):
                yield "%s: oneOf is for single values" % path
            yield from schema_faults(part, path)
    elif not kinds and "const" not in schema and not schema.get("enum"):
        yield "%s: no type" % path
    for kind in kinds:
        wrong = {"object": object_fault, "array": array_fault, "string": string_fault,
                 "integer": number_fault, "number": number_fault}.get(kind, fine)(schema)
        if wrong:
            yield "%s: %s" % (path, wrong)
    for member, spec in schema.get("properties", {}).items():
        yield from schema_faults(spec, path + "." + member)
    if "items" in schema:
        yield from schema_faults(schema["items"], path + "[]")


def object_fault(schema):
    """The fault of an object without named fields, or without a list of required ones."""
    if not schema.get("properties"):
        return "an object without properties"
    if "required" not in schema:
        return "an object that does not say which members are required"
    unknown = sorted(set(schema["required"]) - set(schema["properties"]))
    return "required, but not described: %s" % ", ".join(unknown) if unknown else None


def array_fault(schema):
    return None if "items" in schema and "maxItems" in schema else "an array without a limit"


def string_fault(schema):
    """The fault of a string without maxLength and without a pattern of limited length."""
    pattern = schema.get("pattern", "*")
    if "enum" in schema or "const" in schema or "maxLength" in schema:
        return None
    return "a string without a limit" if set("*+") & set(pattern) else None


def number_fault(schema):
    return None if {"minimum", "maximum"} <= set(schema) else "a number without limits"


def fine(_):
    return None


def reference_faults(document):
    """Faults of references: only a description may stand beside one. A limit there would replace the
    target's own limit in expand()."""
    return ["%s: %s beside a reference" % (path, name)
            for path, mapping in walk(document["components"]["schemas"])
            if isinstance(mapping.get("$ref"), str)
            for name in sorted(set(mapping) - {"$ref", "description"})]


def walk(value, path=""):
    """Every (path, mapping) of a document."""
    if isinstance(value, dict):
        yield path, value
        for name, member in value.items():
            yield from walk(member, "%s/%s" % (path, name))
    elif isinstance(value, list):
        for k, member in enumerate(value):
            yield from walk(member, "%s/%d" % (path, k))
