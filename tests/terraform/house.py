"""Rules of the .tf files that terraform does not check.

    house.py FOLDER      FOLDER is terraform/
"""

import os
import re
import sys

BLOCK = re.compile(r'^(variable|output) "(\w+)" \{\n(.*?)^\}\n', re.M | re.S)
LONGEST = 400
SEED = {"gateway_image", "fanout_image"}  # the README sets these two by -var


def files(folder, suffix=".tf"):
    for at, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if f != ".terraform")
        for name in sorted(names):
            if name.endswith(suffix):
                yield os.path.join(at, name)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def undescribed(path, text):
    for kind, name, body in BLOCK.findall(text):
        needs = ["description"] + (["type"] if kind == "variable" else [])
        for need in needs:
            if not re.search(r"^  %s +=" % need, body, re.M):
                yield "%s: %s %s has no %s" % (path, kind, name, need)


def unchecked(path, text):
    """Finds variables without a validation. A bool needs none, because it has no wrong value."""
    for kind, name, body in BLOCK.findall(text):
        if kind == "variable" and "validation {" not in body and not re.search(r"^  type +=\s*bool$", body, re.M):
            yield "%s: variable %s has no validation" % (path, name)


def too_long(path, text):
    if text.count("\n") > LONGEST:
        yield "%s: %d lines" % (path, text.count("\n"))


def without_example(path, text):
    """Finds variables without a default that terraform.tfvars.example does not set."""
    if not path.endswith("variables.tf") or "/envs/" not in path:
        return
    example = read(os.path.join(os.path.dirname(path), "terraform.tfvars.example"))
    given = set(re.findall(r"^(\w+) +=", example, re.M))
    for kind, name, body in BLOCK.findall(text):
        if kind == "variable" and not re.search(r"^  default +=", body, re.M) and name not in given | SEED:
            yield "%s: %s is required, and terraform.tfvars.example has none" % (path, name)


RULES = [
    ("each variable and output is described", undescribed),
    ("each variable has a validation", unchecked),
    ("no file has more than %d lines" % LONGEST, too_long),
    ("the example of each environment has all required variables", without_example),
]


def main(folder):
    bad = False
    for name, rule in RULES:
        found = [fault for path in files(folder) for fault in rule(path, read(path))]
        print("\n".join(found + ["%s %s" % ("not ok" if found else "ok", name)]))
        bad |= bool(found)
    # Check that the rules can fail.
    planted = 'variable "x" {\n}\n' + "\n" * LONGEST
    blind = [name for name, rule in RULES[:3] if not list(rule("planted.tf", planted))]
    print("%s each rule finds a planted fault%s" % ("not ok" if blind else "ok", "".join(": " + n for n in blind)))
    return 1 if bad or blind else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
