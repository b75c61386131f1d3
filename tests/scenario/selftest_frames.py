"""Breaks each example of api/asyncapi.yaml in several ways; the checks must find each broken frame.

A run must also fail when no scenario met a documented frame, or when the validator is missing.
"""

import copy
import os
import subprocess
import sys
import tempfile

from scn import schemas
from scn.coverage import points_of

HERE = os.path.dirname(os.path.abspath(__file__))
API = os.path.join(os.path.dirname(os.path.dirname(HERE)), "api")
# A value of another type for each type of a field.
OTHER = {str: 5, int: "five", bool: "yes", dict: [], list: {}, type(None): 5}
NO_TYPING = "the server accepted no typing: no ack, no frame of OWN_ANSWERS (scn/sent.py)"


def check(report, url):
    judge, why = schemas.open_schemas(API)
    if why:
        report.not_ok("selftest", "the API documents can be read", [why])
        return
    for name, frame in examples(judge.asyn):
        check_example(report, judge.frames, name, frame)
    check_coverage(report)
    check_missing_validator(report, url)


def examples(document):
    """(name, frame) of each example of a frame of the server."""
    for operation in document["operations"].values():
        for ref in operation["messages"] if operation["action"] == "send" else []:
            name = ref["$ref"].rpartition("/")[2]
            for example in document["components"]["messages"][name]["examples"]:
                yield name, example["payload"]


def check_example(report, frames, name, frame):
    """The runner must accept the example, and refuse it with a further, missing or mistyped field."""
    found = []
    fault = frames.server_fault(frame)
    if fault:
        found.append("as it is: %s" % fault)
    for path, _ in objects(frame):
        spoilt = copy.deepcopy(frame)
        at(spoilt, path)["colour"] = "red"
        fault = frames.server_fault(spoilt)
        if not fault or "colour" not in fault and path != []:
            found.append("a further field at %s: %s" % (path, fault))
    for path, member in members(frame):
        spoilt = copy.deepcopy(frame)
        value = at(spoilt, path)[member]
        at(spoilt, path)[member] = OTHER[type(value)]
        if not frames.server_fault(spoilt):
            found.append("%s%s of another type is accepted" % (path, member))
    found += ["the frame is accepted without %s" % ".".join(path) for path in required(frames, name)
              if allowed_without(frames, frame, path)]
    report.check("selftest", "wrong %s frames are found" % name, found)


def allowed_without(frames, frame, path):
    """True when the document allows the frame without a required field."""
    spoilt = copy.deepcopy(frame)
    holder = spoilt
    for step in path[:-1]:
        if not isinstance(holder, dict) or step not in holder:
            return False
        holder = holder[step]
    return holder.pop(path[-1], None) is not None and not frames.server_fault(spoilt)


def required(frames, name):
    """Paths of the required fields, except those below a list."""
    message = frames.coverage.received[name]

    def below(schema, path):
        for member in schema.get("required", []):
            yield path + [member]
        for member, spec in schema.get("properties", {}).items():
            yield from below(spec, path + [member])
    return [path for path in below(message.published, []) if path != ["type"]]


def objects(value, path=()):
    """(path, object) of each object in a frame."""
    if isinstance(value, dict):
        yield list(path), value
    for step, inner in steps(value):
        yield from objects(inner, path + (step,))


def members(frame):
    """(path of the object, field) of each field, except those that identify the frame."""
    for path, value in objects(frame):
        for member in value:
            if path or member not in ("type", "op"):
                yield path, member


def steps(value):
    if isinstance(value, dict):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list) else []


def at(frame, path):
    for step in path:
        frame = frame[step]
    return frame


def check_coverage(report):
    """A frame that no scenario met fails a run. So does an exception that a scenario met."""
    judge, _ = schemas.open_schemas(API)
    coverage, frames = judge.frames.coverage, judge.frames
    for name, frame in examples(judge.asyn):
        if name != "reconnect":
            frames.server_fault(frame)
    coverage.seen_sent = set(coverage.sent) - {"typing"}
    report.check("selftest", "a frame that was never met fails a run", unlike(
        coverage.faults({}), ["the server never sent reconnect", NO_TYPING]))
    report.check("selftest", "an exception excuses a frame that was never met", unlike(
        coverage.faults({"reconnect": "why"}), [NO_TYPING]))
    report.check("selftest", "an exception fails a run when the frame was met or is undocumented", unlike(
        coverage.faults({"reconnect": "why", "gap": "why", "dance": "why"}),
        [NO_TYPING,
         "gap is an exception in coverage.py, but was sent",
         "dance is an exception in coverage.py, but is not documented"]))
    count, missing = coverage.variants()
    documented = sum(len(list(points_of(m.published))) for m in coverage.received.values())
    wanted = "gap: payload.reason is slow_consumer"
    met = "gap: payload.reason is replay_limit"
    report.check("selftest", "the report names variants that were never met", None if
                 count == documented + len(coverage.close_codes) and wanted in missing
                 and met not in missing and "close code 4200" in missing
                 else "%d of %d: %s" % (len(missing), count, missing[:5]))


def unlike(got, want):
    return None if got == want else ["expected: %s" % want, "got: %s" % got]


def check_missing_validator(report, url):
    """Without jsonschema, a run with --schemas fails, and a run without it reports the missing check."""
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "jsonschema.py"), "w", encoding="utf-8") as f:
            f.write("raise ImportError('planted', name='jsonschema')\n")
        scenario = os.path.join(folder, "one.scn")
        with open(scenario, "w", encoding="utf-8") as f:
            f.write('scenario "x"\nset a b\n')
        for words, want in ((["--schemas", API], 1), (["--coverage"], 1), ([], 0)):
            out = subprocess.run(
                [sys.executable, os.path.join(HERE, "run.py")] + words + [scenario],
                env=dict(os.environ, PYTHONPATH=folder, ES_URL=url), timeout=60,
                capture_output=True, text=True, check=False)
            wrong = None if out.returncode == want and "jsonschema is not installed" in \
                out.stdout else "exit %d: %s%s" % (out.returncode, out.stdout, out.stderr)
            report.check("selftest", "no validator, run.py %s: exit %d" % (
                words[:1], want), wrong)
