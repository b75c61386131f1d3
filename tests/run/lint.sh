# Fast checks of the sources: layers, house rules, format, SQL, links in documents.
. "$(dirname -- "$0")/lib.sh"
for one in layers house format; do
	part "lint $one" sh "tests/lint/$one.sh"
done
part 'lint rooms' python3 tests/lint/rooms.py
part 'lint sql' python3 tests/lint/sql.py
part 'lint functions' python3 tests/lint/functions.py
part 'lint docs' python3 tests/lint/docs.py
part 'lint logs' python3 tests/lint/logs.py
part 'the self-test of lints' sh tests/lint/selftest.sh
part 'the self-test of the runner' sh tests/lint/runner.sh
part 'the self-test of mutations' python3 tests/mutate/selftest.py
