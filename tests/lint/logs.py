#!/usr/bin/env python3
"""docs/logs.md names every field of the log and every message of the levels error and warn."""

import os
import re
import sys

ROOT = "."
FOLDERS = ("api-fcgi", "fanout", "push-server", "shared")
FIELD = re.compile(r'LOG_(?:STR|INT|FILLED|GIVEN)\(\s*"(\w+)"')
MESSAGE = re.compile(r'log_(?:error|warn)\(\s*((?:"[^"]*"\s*)+)|log_write\(\s*LOG_(?:WARN|ERROR),\s*("[^"]*")')


def sources():
    for folder in FOLDERS:
        for path, _, names in os.walk(os.path.join(ROOT, folder)):
            for name in sorted(names):
                if name.endswith((".c", ".h")):
                    with open(os.path.join(path, name), encoding="utf-8") as f:
                        yield os.path.relpath(os.path.join(path, name), ROOT), f.read()


def main():
    with open(os.path.join(ROOT, "docs", "logs.md"), encoding="utf-8") as f:
        page = " ".join(f.read().split())
    wrong = []
    for path, text in sources():
        for field in FIELD.findall(text):
            if "`%s`" % field not in page:
                wrong.append("%s: the field %s is not in docs/logs.md" % (path, field))
        for match in MESSAGE.finditer(text):
            message = "".join(re.findall(r'"([^"]*)"', match[0]))
            if "`%s`" % message not in page:
                wrong.append("%s: the message '%s' is not in docs/logs.md" % (path, message))
    for line in wrong:
        print("    " + line)
    print("%s docs/logs.md names the messages and fields of the log" % ("not ok" if wrong else "ok"))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
