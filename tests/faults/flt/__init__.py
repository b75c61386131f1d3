"""Faults: load with a journal, a judge of the results, and the kinds of fault."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__)))), "scenario"))
