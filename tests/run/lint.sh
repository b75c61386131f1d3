# Layers, house rules, form. Quick: greps and clang-format.
. "$(dirname -- "$0")/lib.sh"
for one in layers house form; do
	sh "tests/lint/$one.sh"
done
python3 tests/lint/rooms.py
python3 tests/lint/sql.py
sh tests/lint/selftest.sh
