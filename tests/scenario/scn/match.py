"""Compares a received value with an expected one. An object may have further fields."""

import re

UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
REST = "..."
MISSING = object()


def is_int(v):
    return isinstance(v, int) and not isinstance(v, bool)


KINDS = {
    "$any": lambda v: v is not MISSING,
    "$uuid": lambda v: isinstance(v, str) and bool(UUID.match(v)),
    "$int": lambda v: is_int(v) and abs(v) < 2 ** 53,
    "$number": lambda v: is_int(v) or isinstance(v, float),
    "$string": lambda v: isinstance(v, str) and v != "",
    "$bool": lambda v: isinstance(v, bool),
    "$array": lambda v: isinstance(v, list),
    "$object": lambda v: isinstance(v, dict),
    "$time": lambda v: isinstance(v, str) and bool(TIME.match(v)),
    "$absent": lambda v: v is MISSING,
}
NAMES = {k[1:] for k in KINDS}
SIZED = re.compile(r"^\$(len|above|below):(-?\d+)$")


def difference(want, got, path="", exact=False):
    """None when got matches want, else one sentence that names the place."""
    if isinstance(want, str):
        return text_difference(want, got, path)
    if isinstance(want, dict):
        return object_difference(want, got, path, exact)
    if isinstance(want, list):
        return array_difference(want, got, path, exact)
    if got is MISSING or type(want) is not type(got) or want != got:
        return mismatch(path, want, got)
    return None


def mismatch(path, want, got):
    shown = "nothing" if got is MISSING else repr(got)
    return "at %s: expected %r, got %s" % (path or "the top", want, shown[:400])


def text_difference(want, got, path):
    if want in KINDS:
        return None if KINDS[want](got) else mismatch(path, want, got)
    sized = SIZED.match(want)
    if sized:
        return sized_difference(sized.group(1), int(sized.group(2)), want, got, path)
    if len(want) > 2 and want.startswith("/") and want.endswith("/"):
        ok = isinstance(got, str) and re.search(want[1:-1], got)
        return None if ok else mismatch(path, want, got)
    return None if isinstance(got, str) and want == got else mismatch(path, want, got)


def sized_difference(op, n, want, got, path):
    if op == "len":
        ok = isinstance(got, (list, str)) and len(got) == n
    else:
        ok = is_int(got) and (got > n if op == "above" else got < n)
    return None if ok else mismatch(path, want, got)


def object_difference(want, got, path, exact):
    if not isinstance(got, dict):
        return mismatch(path, want, got)
    for name, value in want.items():
        wrong = difference(value, got.get(name, MISSING), path + "." + name, exact)
        if wrong:
            return wrong
    extra = sorted(set(got) - set(want)) if exact else []
    if extra:
        return "at %s: unexpected fields: %s" % (path or "the top", ", ".join(extra))
    return None


def array_difference(want, got, path, exact):
    if not isinstance(got, list):
        return mismatch(path, want, got)
    if REST not in want:
        if len(want) != len(got):
            return "at %s: expected %d elements, got %d" % (path or "the top", len(want), len(got))
        return run_difference(want, got, 0, path, exact)
    parts = split(want)
    first, last, middle = parts[0], parts[-1], parts[1:-1]
    if len(got) < sum(len(p) for p in parts):
        return "at %s: only %d elements" % (path or "the top", len(got))
    wrong = run_difference(first, got, 0, path, exact) \
        or run_difference(last, got, len(got) - len(last), path, exact)
    at = len(first)
    for part in middle:
        if wrong or not part:
            continue
        end = len(got) - len(last) - len(part)
        while at <= end and run_difference(part, got, at, path, exact):
            at += 1
        if at > end:
            wrong = "at %s: %r is nowhere in %s" % (path or "the top", part, repr(got)[:400])
        at += len(part)
    return wrong


def split(want):
    parts = [[]]
    for value in want:
        if value == REST:
            parts.append([])
        else:
            parts[-1].append(value)
    return parts


def run_difference(part, got, at, path, exact):
    for k, value in enumerate(part):
        wrong = difference(value, got[at + k], "%s[%d]" % (path, at + k), exact)
        if wrong:
            return wrong
    return None


def pick(value, path):
    """The value at a.b[0].c; MISSING if there is none."""
    for step in re.findall(r"[^.\[\]]+", path):
        if isinstance(value, list) and re.fullmatch(r"-?\d+", step):
            k = int(step)
            value = value[k] if -len(value) <= k < len(value) else MISSING
        elif isinstance(value, dict):
            value = value.get(step, MISSING)
        else:
            return MISSING
    return value
