# The API documents: sound by themselves, and one with the programs' own tables. With them
# the self-tests of the scenario runner, which needs no stack either.
. "$(dirname -- "$0")/lib.sh"
part 'the documents' python3 tests/api/documents.py
part 'documents and tables' python3 tests/api/drift.py "$BUILD"
part 'the self-test of the documents' python3 tests/api/selftest.py
part 'the self-test of scenarios' python3 tests/scenario/selftest.py --all
