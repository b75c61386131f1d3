"""Faults: load that keeps a journal, a judge of what came of it, and what breaks things."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__)))), "scenario"))
