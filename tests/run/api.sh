# The API documents must be valid, and equal to the tables of the programs. The self-tests of the
# scenario runner run here, too, because they need no stack either.
. "$(dirname -- "$0")/lib.sh"
part 'the documents' python3 tests/api/documents.py
part 'documents and tables' python3 tests/api/drift.py "$BUILD"
part 'the self-test of the documents' python3 tests/api/selftest.py
part 'the self-test of scenarios' python3 tests/scenario/selftest.py --all
