#!/usr/bin/env python3
"""Walk the settings of the programs, as each prints them with --settings-json.

settings.py BUILD_DIR WORK_DIR. Prints lines for the test runner. This script names no setting, so it
tests a new one as soon as the setting is in a program's table.
"""
import concurrent.futures
import importlib.util
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD, WORK = sys.argv[1:3]
SECRET = "Zq7xHidden"
KEY = """-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEI2qPe1lnvOt8DXwpKxggc5jcn/W0
hMiXmFM6TSs5Hj8U2jlY/kGJ+tb3QE4RKOkEFusys+550iorcf7GqpDpfQ==
-----END PUBLIC KEY-----"""


def load(name, path):
    spec = importlib.util.spec_from_file_location(name, os.path.join(ROOT, path))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


page = load("make_settings", "docs/make-settings.py")


class Program:
    def __init__(self, name, items):
        self.name, self.items = name, items
        self.binary = os.path.join(BUILD, page.PROGRAMS[name])
        self.good = {i["name"]: good(i) for i in items if i["default"] is None}

    def run(self, changes, option="--check-config"):
        env = {"PATH": os.environ["PATH"], **{k: v for k, v in os.environ.items()
                                              if k.endswith("SAN_OPTIONS")}}
        env.update({k: v for k, v in {**self.good, **changes}.items() if v is not None})
        done = subprocess.run([self.binary, option], env=env, capture_output=True,
                              text=True, timeout=30, stdin=subprocess.DEVNULL)
        return done.returncode, done.stdout, done.stderr

    def takes(self, changes):
        code, out, err = self.run(changes)
        return "" if (code, err) == (0, "") else f"{changes}: exit {code}: {out}{err}"

    def refuses(self, name, changes):
        """Checks that the program exits with 78 and reports one fault, which begins with the name."""
        code, _, err = self.run(changes)
        lines = err.splitlines()
        if code == 78 and len(lines) == 2 and re.match(rf"{name} \(", lines[1]):
            return ""
        return f"{changes}: exit {code}, not 78 and one line of {name}: {err}"
# Values that the check of one setting refuses, though its kind allows them.
OWN_WRONG = {"ES_METRICS_EMF_DEPLOYMENT": [":production", " "]}


def scheme(item):
    return item["allowed"].split()[0] + ("://h/0" if item["max"] >= 20 else ":")


def padded(item, length):
    if item["kind"] == "url":
        return scheme(item).ljust(length, "x")
    return "x" * length


def good(item):
    if item["kind"] == "int":
        return str(item["min"])
    if item["kind"] == "bool":
        return "true"
    if item["kind"] == "enum":
        return item["allowed"].split()[0]
    if item["kind"] == "url":
        return scheme(item)
    return "x" * max(item["min"], 1)


def known(item):
    """A valid value of a setting with a form of its own, such as a key."""
    if item["name"] == "ES_TRACE_HEADERS":
        return "x-key=a key,y=z"
    return KEY if item["checked"] and item["kind"] == "secret" else None


def accepted(item):
    """Values at the limits, which the program accepts."""
    if item["kind"] == "int":
        return [str(item["min"]), str(item["max"])]
    if item["kind"] == "bool":
        return ["true", "false", "1", "0", "yes", "no", "on", "off"]
    if item["kind"] == "enum":
        return item["allowed"].split()
    if item["checked"]:  # a check of the program defines the form
        return [item["default"]] if item["default"] else []
    if item["kind"] == "url":
        return [word + ":" for word in item["allowed"].split()] + [padded(item, item["max"])]
    return [padded(item, n) for n in {max(item["min"], 1), item["max"]}]


def wrong(item):
    """Values one past each limit, and of other types, which the program refuses."""
    if item["kind"] == "int":
        return [str(item["min"] - 1), str(item["max"] + 1), "x", "1.5", "0x10", "1e3", " 1",
                "99999999999999999999"]
    if item["kind"] == "bool":
        return ["maybe", "2", "TRUE"]
    if item["kind"] == "enum":
        return ["no-such-value", item["allowed"].split()[0] + "x", item["allowed"]]
    long = padded(item, item["max"] + 1)
    odd = ["such nons\u00e9nse"] if item["checked"] else []
    odd += OWN_WRONG.get(item["name"], [])
    if item["kind"] == "url":
        nonsense = [item["allowed"].split()[0] + "://[nonsense" for _ in odd]
        return ["gopher://h", item["allowed"].split()[0], ":", long, *nonsense]
    return [long] + odd + ([padded(item, item["min"] - 1)] if item["min"] > 1 else [])


def file_of(name, text):
    path = os.path.join(WORK, name)
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
    return path


def check_limits(program, item):
    bad = [program.takes({item["name"]: v}) for v in accepted(item)]
    bad += [program.refuses(item["name"], {item["name"]: v}) for v in wrong(item)]
    if item["default"] is None:
        bad.append(program.refuses(item["name"], {item["name"]: None}))
        bad.append(program.refuses(item["name"], {item["name"]: ""}))
    elif item["default"]:
        bad.append(program.takes({item["name"]: item["default"]}))
    return bad


def check_file(program, item):
    name, by_file = item["name"], item["name"] + "_FILE"
    stem = f"{program.name}-{name}"
    fine = file_of(stem, (known(item) or good(item)) + "\n")
    if not item["file"]:
        # The programs ignore unknown names that begin with AWS_.
        return [""] if not name.startswith("ES_") else [program.refuses(by_file, {by_file: fine})]
    long = file_of(stem + "-long", padded(item, item["max"] + 1))
    return [
        program.takes({name: None, by_file: fine}),
        program.refuses(name, {name: known(item) or good(item), by_file: fine}),
        program.refuses(name, {name: None, by_file: fine + "-is-not-there"}),
        program.refuses(name, {name: None, by_file: WORK}),
        program.refuses(name, {name: None, by_file: long}),
    ]


def check_spelling(program, item):
    name = item["name"]
    if not name.startswith("ES_"):
        return [""]
    code, _, err = program.run({name + "X": "1"})
    return [program.refuses(name + "X", {name + "X": "1"}),
            "" if code == 78 and f"did you mean {name}?" in err else f"no suggestion: {err}"]


def check_settings_file(program):
    """The settings file may contain every setting. The program names the line of a fault in the file.

    A setting that is in the file and in the environment is a fault.
    """
    lines = {i["name"]: known(i) or good(i) for i in program.items
             if i["name"] != "ES_SETTINGS_FILE" and not (i["checked"] and i["name"] not in program.good)}
    unset = {name: None for name in program.good}
    text = "".join(f"{name}={value}\n" for name, value in lines.items())
    path = file_of(f"{program.name}.env", text)
    bad = [program.takes({**unset, "ES_SETTINGS_FILE": path})]
    _, out, _ = program.run({**unset, "ES_SETTINGS_FILE": path}, "--print-config")
    for at, name in enumerate(lines, 1):
        if f"# {path}:{at}\n{name}=" not in out:
            bad.append(f"{name} does not come from line {at}: {out}")
    for item in program.items:
        name = item["name"]
        if name not in lines:
            continue
        one = file_of(f"{program.name}-one.env", f"# a comment\n{name}={wrong(item)[0]}\n")
        code, _, err = program.run({name: None, "ES_SETTINGS_FILE": one})
        if code != 78 or f"{name} ({one}:2): " not in err or len(err.splitlines()) != 2:
            bad.append(f"{name}: exit {code}, not 78 and one fault of line 2: {err}")
        bad.append(program.refuses(name, {name: lines[name], "ES_SETTINGS_FILE": path,
                                          **{n: None for n in program.good if n != name}}))
    return bad


def check_all_at_once(program):
    code, _, err = program.run({i["name"]: wrong(i)[0] for i in program.items})
    reported = [line.split(" ")[0] for line in err.splitlines()[1:]]
    want = [i["name"] for i in program.items]
    return ["" if code == 78 and reported == want else f"reported {reported}\nnot {want}",
            "" if f"{len(want)} faulty settings" in err else err.splitlines()[0]]


def check_print(program):
    secrets = {i["name"]: SECRET.ljust(i["min"], "x") for i in program.items
               if i["kind"] == "secret" and not i["checked"]}
    urls = {i["name"]: f"{i['allowed'].split()[0]}://u:{SECRET}@h/0" for i in program.items
            if i["kind"] == "url"}
    code, out, err = program.run({**secrets, **urls}, "--print-config")
    bad = ["" if code == 0 else err, "" if SECRET not in out + err else f"shows a secret: {out}"]
    lines = out.splitlines()
    for item in program.items:
        bad.append("" if any(line.startswith(item["name"] + "=") for line in lines)
                   else f"{item['name']} is not printed")
    return bad


def check_options(program):
    bad = []
    code, out, _ = program.run({}, "--help")
    bad += ["" if code == 0 and i["name"] in out else f"--help without {i['name']}"
            for i in program.items]
    code, out, _ = program.run({}, "--version")
    bad.append("" if code == 0 and out.startswith(program.name + " ") else f"--version: {out}")
    code, _, err = program.run({}, "--no-such-option")
    bad.append("" if code == 2 and "--help" in err else f"unknown option: exit {code}: {err}")
    # --help works with a faulty environment, too.
    code, out, _ = program.run({i["name"]: wrong(i)[0] for i in program.items}, "--help")
    bad.append("" if code == 0 and out else f"--help with faults: exit {code}")
    return bad


def check_same(programs):
    """Checks that a setting has the same limits and default in every program that has it."""
    seen, bad = {}, []
    for program in programs:
        for item in program.items:
            core = {k: v for k, v in item.items() if k not in ("meaning", "reloaded")}
            if seen.setdefault(item["name"], core) != core:
                bad.append(f"{program.name}: {core}\nelsewhere: {seen[item['name']]}")
    return bad


def check_names(programs):
    with open(os.path.join(ROOT, "shared/conf/conf_names.c"), encoding="utf-8") as source:
        names = re.findall(r'"((?:ES|AWS)_[A-Z0-9_]+)"', source.read())
    used = {i["name"] for p in programs for i in p.items}
    bad = [f"{n} is twice in conf_names.c" for n in set(names) if names.count(n) > 1]
    bad += [f"{n} is not in conf_names.c" for n in sorted(used - set(names))]
    bad += [f"{n} in conf_names.c is in no program's table and not in docs/make-settings.py"
            for n in sorted(set(names) - used - set(page.OTHERS))]
    bad += [f"{n} in docs/make-settings.py is not in conf_names.c, or in a program's table"
            for n in sorted(set(page.OTHERS) - (set(names) - used))]
    return bad


def check_page(tables):
    with open(os.path.join(ROOT, "docs/settings.md"), encoding="utf-8") as file:
        return ["" if file.read() == page.page(tables) else
                "stale: run docs/make-settings.py > docs/settings.md"]


def report(name, bad):
    bad = [line for line in bad if line]
    for line in bad:
        print("    " + line[:2000].replace("\n", "\n    "))
    print(("not ok " if bad else "ok ") + name, flush=True)


def main():
    tables = page.ask_all(BUILD)
    programs = [Program(n, items) for n, items in tables.items() if items]
    for name, items in tables.items():
        if not items:
            print(f"skip {name} it is not built")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for p in programs:
            for what, check in (("refuses values beyond its limits", check_limits),
                                ("comes from a file, where its table allows that", check_file),
                                ("is suggested for a misspelt name", check_spelling)):
                every = pool.map(lambda item, p=p, check=check: check(p, item), p.items)
                for item, bad in zip(p.items, every):
                    report(f"{p.name} {item['name']} {what}", bad)
    for p in programs:
        report(f"{p.name} names all faults in one run", check_all_at_once(p))
        report(f"{p.name} takes every setting from the settings file", check_settings_file(p))
        report(f"{p.name} prints its settings without secrets", check_print(p))
        report(f"{p.name} has the options that all programs have", check_options(p))
    report("a setting has the same limits and default in every program", check_same(programs))
    if len(programs) < len(page.PROGRAMS):
        print("skip settings-page a program is not built")
        return
    report("conf_names.c and the programs know the same names", check_names(programs))
    report("docs/settings.md equals the tables of the programs", check_page(tables))


if __name__ == "__main__":
    main()
