# What is acknowledged survives: the judge of that is judged first, then the stack is broken
# in all ways that a seeded schedule knows while writers and listeners keep books.
. "$(dirname -- "$0")/lib.sh"
python3 tests/faults/selftest.py
