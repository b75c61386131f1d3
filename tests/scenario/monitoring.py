#!/usr/bin/env python3
"""Checks what operators load into Prometheus and Grafana: the alerts and the dashboard are valid and
name metrics that the programs export, and each alert has its runbook."""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

from metrics import PATHS, scrape
from scn import env as environment
from scn.report import Report

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RULES = os.path.join(ROOT, "packaging", "prometheus")
DASHBOARD = os.path.join(ROOT, "packaging", "grafana", "echostream.json")
RUNBOOKS = os.path.join(ROOT, "docs", "runbooks")
NAME = re.compile(r"\b(?:echostream|process)_[a-z_0-9]+")


def promtool(*args, cwd=RULES):
    """Runs promtool; returns its output when it finds a fault, else ""."""
    try:
        done = subprocess.run(["promtool", *args], cwd=cwd, text=True, capture_output=True, timeout=60,
                              check=False)
    except OSError as e:
        return str(e)
    return done.stdout + done.stderr if done.returncode else ""


def rules():
    with open(os.path.join(RULES, "echostream.rules.yml"), encoding="utf-8") as f:
        return f.read()


def dashboard():
    with open(DASHBOARD, encoding="utf-8") as f:
        return json.load(f)


def expressions():
    return [target["expr"] for panel in dashboard()["panels"] for target in panel.get("targets", [])]


def unknown(text, env):
    """Metrics in a text that no program exports."""
    known = {name for program in PATHS for name in scrape(env, program).types}
    known |= {name + end for name in known for end in ("_bucket", "_sum", "_count")}
    names = set(NAME.findall(text))
    return sorted(names - known) if names else "no metrics in the text"


def bad_expressions():
    """The dashboard's expressions as recording rules, which promtool parses."""
    lines = ["groups: [{name: g, rules: ["]
    lines += ["{record: 'r%d', expr: %s}," % (i, json.dumps(e.replace("$__rate_interval", "5m")))
              for i, e in enumerate(expressions())]
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "r.yml"), "w", encoding="utf-8") as f:
            f.write("\n".join(lines + ["]}]"]))
        return promtool("check", "rules", "r.yml", cwd=folder)


def untested_alerts():
    """Returns alerts that no test makes fire (promtool does not report these), and unknown alerts in tests."""
    with open(os.path.join(RULES, "echostream.rules.test.yml"), encoding="utf-8") as f:
        fired = set(re.findall(r"^        alertname: (\w+)", f.read(), re.M))
    return sorted(set(re.findall(r"alert: (\w+)", rules())) ^ fired)


def runbook_faults():
    """Returns alerts without a runbook, and runbooks without an alert or with the name of another."""
    alerts = dict(zip(re.findall(r"alert: (\w+)", rules()), re.findall(r"runbook: docs/runbooks/(\S+)", rules())))
    pages = {name for name in os.listdir(RUNBOOKS) if name != "README.md"}
    faults = ["%s: no %s" % (alert, page) for alert, page in alerts.items() if page not in pages]
    faults += ["%s: no alert" % page for page in sorted(pages - set(alerts.values()))]
    for alert, page in alerts.items():
        if page in pages:
            with open(os.path.join(RUNBOOKS, page), encoding="utf-8") as f:
                faults += [] if f.readline().startswith("# %s: " % alert) else ["%s names another alert" % page]
    return faults


def runbook_text():
    return "\n".join(open(os.path.join(RUNBOOKS, name), encoding="utf-8").read()
                     for name in sorted(os.listdir(RUNBOOKS)))


def panel_faults():
    """Returns faults that break Grafana's provisioning: wrong ids or data sources, panels that overlap."""
    panels = dashboard()["panels"]
    faults = ["id %s is used twice" % i for i in {p["id"] for p in panels}
              if sum(p["id"] == i for p in panels) > 1]
    places = [(p["title"], p["gridPos"]) for p in panels]
    for i, (title, a) in enumerate(places):
        for other, b in places[i + 1:]:
            if a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"] and \
                    a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"]:
                faults.append("%s and %s overlap" % (title, other))
    faults += ["%s: the data source is not ${datasource}" % p["title"] for p in panels
               if p["type"] != "row" and p["datasource"]["uid"] != "${datasource}"]
    return faults + (["the id of the dashboard is not null"] if dashboard()["id"] is not None else [])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--env", help="file with the lines of ./dev status -o env")
    env = environment.read_env(parser.parse_args().env)
    report = Report()
    for name, wrong in (
            ("promtool accepts the rules of the alerts", promtool("check", "rules", "echostream.rules.yml")),
            ("the alerts fire when they should", promtool("test", "rules", "echostream.rules.test.yml")),
            ("a test makes each alert fire", untested_alerts()),
            ("the alerts name metrics that the programs export", unknown(rules(), env)),
            ("each alert has its runbook", runbook_faults()),
            ("the runbooks name metrics that the programs export", unknown(runbook_text(), env)),
            ("the dashboard's expressions are PromQL", bad_expressions()),
            ("the dashboard names metrics that the programs export", unknown(" ".join(expressions()), env)),
            ("Grafana can load the dashboard", panel_faults())):
        report.check("monitoring", name, wrong)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
