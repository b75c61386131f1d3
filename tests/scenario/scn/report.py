"""Prints the lines of results (ok, not ok, skip) and the totals."""

import sys
import threading


class Report:
    def __init__(self, out=None):
        self.out = out or sys.stdout
        self.lock = threading.Lock()
        self.passed = self.failed = self.skipped = 0

    def ok(self, where, name, took=None):
        self.passed += 1
        self._say("ok %s: %s%s" % (where, name, "" if took is None else " (%.1fs)" % took))

    def not_ok(self, where, name, details):
        self.failed += 1
        lines = [line for text in details for line in str(text).splitlines()]
        self._say("not ok %s: %s" % (where, name), *["    " + line for line in lines])

    def skip(self, where, name, why):
        self.skipped += 1
        self._say("skip %s: %s (%s)" % (where, name, why))

    def note(self, text, details=()):
        """Prints a comment, which does not count as a result."""
        self._say("# " + text, *["#     %s" % line for line in details])

    def check(self, where, name, wrong):
        """Reports ok when wrong is empty, else not ok with wrong as the details."""
        if wrong:
            self.not_ok(where, name, [wrong] if isinstance(wrong, str) else wrong)
        else:
            self.ok(where, name)
        return not wrong

    def end(self):
        """Prints the totals and returns the exit status."""
        self._say("%d passed, %d failed, %d skipped" % (self.passed, self.failed, self.skipped))
        return 1 if self.failed else 0

    def _say(self, *lines):
        with self.lock:
            self.out.write("\n".join(lines) + "\n")
            self.out.flush()
