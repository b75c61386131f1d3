# The API documents: sound by themselves, and one with the programs' own tables. With them
# the self-tests of the scenario runner, which needs no stack either.
. "$(dirname -- "$0")/lib.sh"
python3 tests/api/documents.py
python3 tests/api/drift.py "$BUILD"
python3 tests/api/selftest.py
python3 tests/scenario/selftest.py --all
:
