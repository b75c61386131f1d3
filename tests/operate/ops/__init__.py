"""Modules that the tests of upgrade, backup and queue move share."""

import os
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(TESTS, "faults"), os.path.join(TESTS, "scenario")]
