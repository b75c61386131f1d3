"""Random values from JSON schemas: valid values, and values that break one rule."""

import re

try:
    from re import _parser as regex
except ImportError:  # before Python 3.11
    import sre_parse as regex

from scn.frame_schemas import resolve

# Kinds of text that programs often mishandle, each in another way.
ALPHABETS = (
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
    " !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    "\u00e4\u00f6\u00fc\u00df\u00e9\u0130\u0131\u1e9e\u03a3\u03c2\ufb01\u212b\u00c5",
    "\u05d0\u0628\u4e2d\u6587\u3042\uac00\U0001f600\U0001f468\u200d\U0001f469",
    "a\u0300\u0301\u0302\u200b\u200c\u200e\u202e\u2066\ufeff\u00ad\u2028",
    "\x01\x08\t\n\r\x1f\x7f\x80\x9f\ufffd\uffff\U0010ffff",
)
OTHER_TYPES = (None, True, False, 0, -1, 1.5, 10 ** 30, "", "x", "1", [], [1], {}, {"a": {}})
MOST_REPEATS = 20  # maximum number of repeats for the * and + of a pattern
MOST_DEPTH = 3  # below this depth optional fields are left out


class Values:
    def __init__(self, document):
        self.document = document

    def whole(self, schema):
        """The schema with its reference resolved, and its allOf merged into it."""
        schema = resolve(self.document, schema)
        for part in schema.get("allOf", []):
            part = self.whole(part)
            merged = dict(part, **schema)
            merged["properties"] = dict(part.get("properties", {}),
                                        **schema.get("properties", {}))
            merged["required"] = part.get("required", []) + schema.get("required", [])
            schema = merged
        return schema

    def good(self, rng, schema, depth=0):
        """A value that matches the schema, often at a limit."""
        schema = self.whole(schema)
        if schema.get("examples") and rng.random() < 0.15:
            return rng.choice(schema["examples"])
        for word in ("oneOf", "anyOf"):
            if word in schema and "type" not in schema:
                return self.good(rng, rng.choice(schema[word]), depth)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return rng.choice(schema["enum"])
        kind = kind_of(rng, schema)
        return getattr(self, "_" + kind)(rng, schema, depth)

    def fresh(self, rng, schema, name):
        """A value for the field `name` of the schema, but none of its examples."""
        spec = self.whole(self.whole(schema)["properties"][name])
        return self.good(rng, {k: v for k, v in spec.items() if k != "examples"})

    def _null(self, *_):
        return None

    def _boolean(self, rng, *_):
        return rng.random() < 0.5

    def _integer(self, rng, schema, _):
        low, high = schema.get("minimum", -5), schema.get("maximum", 2 ** 53 - 1)
        return rng.choice((low, high, min(high, low + 1), rng.randint(low, high),
                           rng.randint(low, min(high, low + 300))))

    _number = _integer

    def _string(self, rng, schema, _):
        if "pattern" in schema:
            return matching(rng, schema["pattern"], schema)
        low, high = schema.get("minLength", 0), schema.get("maxLength", 300)
        length = rng.choice((low, min(high, low + 1), min(high, rng.randint(low, low + 40)),
                             min(high, rng.randint(low, low + 40))))
        return text(rng, high if rng.random() < 0.05 else length)

    def _array(self, rng, schema, depth):
        low = schema.get("minItems", 0)
        count = rng.randint(low, min(schema.get("maxItems", 5), low + 3))
        return [self.good(rng, schema.get("items", {}), depth + 1) for _ in range(count)]

    def _object(self, rng, schema, depth):
        made, members = {}, schema.get("properties", {})
        required, excluded = set(schema.get("required", [])), set()
        for word in {"anyOf", "oneOf"} & set(schema):
            choice = rng.choice(schema[word])
            required |= set(choice.get("required", []))
            if word == "oneOf":
                excluded |= {name for part in schema[word] for name in part.get("required", [])}
        for name in members:
            if name in required or (name not in excluded and depth < MOST_DEPTH and rng.random() < 0.5):
                made[name] = self.good(rng, members[name], depth + 1)
        for name, others in schema.get("dependentRequired", {}).items():
            for other in others if name in made else ():
                if other not in made:
                    made[other] = self.good(rng, members[other], depth + 1)
        return made

    def broken(self, rng, schema, value):
        """The value, changed so that it breaks one rule of the schema at any depth."""
        schema = self.whole(schema)
        ways = [lambda: another_type(rng, value)]
        if isinstance(value, dict):
            ways += [lambda: self._broken_member(rng, schema, value)] * 6
            ways += [lambda: without(value, rng.choice(sorted(value)))] if value else []
            ways.append(lambda: dict(value, **{rng.choice((
                "extra", "tenantId", "id", "__proto__", "a/b", "")): rng.choice(OTHER_TYPES)}))
        elif isinstance(value, list):
            ways.append(lambda: too_many(value, schema))
            ways.append(lambda: [self.broken(rng, schema.get("items", {}), one)
                                 for one in value] or [None])
        elif isinstance(value, str):
            ways += [lambda: wrong_text(rng, value, schema)] * 4
        elif isinstance(value, int):
            ways += [lambda: wrong_number(rng, schema)] * 3
        return rng.choice(ways)()

    def _broken_member(self, rng, schema, value):
        name = rng.choice(sorted(schema.get("properties", {})) or ["extra"])
        spec = schema.get("properties", {}).get(name, {})
        old = value[name] if name in value else self.good(rng, spec, MOST_DEPTH)
        return dict(value, **{name: self.broken(rng, spec, old)})


def kind_of(rng, schema):
    kind = schema.get("type", "object" if "properties" in schema else "string")
    return kind if isinstance(kind, str) else rng.choice(kind)


def text(rng, length):
    """A text of `length` code points, mostly of ASCII letters and digits."""
    letters = ALPHABETS[0] if rng.random() < 0.7 else "".join(
        rng.sample(ALPHABETS, rng.randint(1, len(ALPHABETS))))
    return "".join(rng.choices(letters, k=length))


def matching(rng, pattern, schema=None):
    """A text that the regular expression matches, within the schema's lengths if possible."""
    schema = schema or {}
    low, high = schema.get("minLength", 0), schema.get("maxLength", 1 << 30)
    for _ in range(20):
        made = "".join(parts(rng, regex.parse(pattern)))
        if low <= len(made) <= high and re.search(pattern, made):
            break
    return made


def parts(rng, parsed):
    for op, arg in parsed:
        name = str(op)
        if name == "LITERAL":
            yield chr(arg)
        elif name == "ANY":
            yield rng.choice(ALPHABETS[0])
        elif name == "NOT_LITERAL":
            yield rng.choice([c for c in ALPHABETS[0] if ord(c) != arg])
        elif name == "IN":
            yield one_of_set(rng, arg)
        elif name == "BRANCH":
            yield from parts(rng, rng.choice(arg[1]))
        elif name == "SUBPATTERN":
            yield from parts(rng, arg[-1])
        elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            low, high, inner = arg
            high = min(int(high), low + MOST_REPEATS if high == regex.MAXREPEAT else high)
            for _ in range(rng.choice((low, high, rng.randint(low, high)))):
                yield from parts(rng, inner)
        elif name not in ("AT", "ASSERT", "ASSERT_NOT"):
            raise ValueError("values.py cannot make a text for %s in a pattern" % name)


def one_of_set(rng, members):
    spec = regex.SubPattern(regex.State(), [(regex.IN, members)])
    if str(members[0][0]) != "NEGATE":
        kind, arg = rng.choice(members)
        if str(kind) == "RANGE":
            return chr(rng.randint(*arg))
        if str(kind) == "LITERAL":
            return chr(arg)
        return "5" if "DIGIT" in str(arg) else "a"
    excluded = {chr(arg) for kind, arg in spec[0][1] if str(kind) == "LITERAL"}
    return rng.choice([c for c in ALPHABETS[0] if c not in excluded])


def without(value, name):
    return {k: v for k, v in value.items() if k != name}


def another_type(rng, value):
    return rng.choice([v for v in OTHER_TYPES if type(v) is not type(value)])


def too_many(value, schema):
    return (value or [None]) * (schema.get("maxItems", 200) + 1)


def wrong_number(rng, schema):
    return rng.choice((schema.get("minimum", 0) - 1, schema.get("maximum", 2 ** 53) + 1, -2 ** 31,
                       2 ** 31, 2 ** 32, 2 ** 53 + 1, 2 ** 63 - 1, 2 ** 63, 2 ** 64, 10 ** 40,
                       0.5, 1e300, "7"))


def wrong_text(rng, value, schema):
    high = schema.get("maxLength", 300)
    return rng.choice((
        "", " ", "\x00", value + "\x00", value[:high - 1] + "\ud800", "\udc00\ud800",
        text(rng, high + 1), "\U0001f600" * (high + 1), " " * max(1, high // 2), "\u200b",
        "\u202e" + value, value + "\n", value.upper(), "../" + value, "%00", "a" * 70000))
