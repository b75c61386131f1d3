#!/bin/sh
# The self-test of ./dev test, which must fail each faulty suite below with the reason, and no other.
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
tree=$(mktemp -d) || exit 1
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/tests/run"
cp -R "$root/packaging" "$tree/packaging"
cp "$root/tests/run/lib.sh" "$tree/tests/run/lib.sh"

# suite NAME LEAST LINES...: write a suite of these lines, with LEAST as its minimum of checks
suite() {
	suite_name=$1
	echo "$1 60 $2" >>"$tree/tests/budget"
	shift 2
	{
		echo '. "$(dirname -- "$0")/lib.sh"'
		printf '%s\n' "$@"
	} >"$tree/tests/run/$suite_name.sh"
}

# runs NAME: run the suite, print the output of ./dev test, and return its exit status
runs() {
	env -u ES_TEST_PORTS ES_ROOT="$tree" ES_BUILD_DIR="$tree/build" ROOT="$tree" sh -c '
		. "$ROOT/packaging/dev/common.sh"
		. "$ROOT/packaging/dev/test.sh"
		suites=$1
		test_all_of "$1"' runner "$1" 2>&1
}

# fails NAME REASON TITLE: check that ./dev test fails the suite and prints REASON
fails() {
	output=$(runs "$1")
	code=$?
	case $code:$output in
	1:*"$2"*) echo "ok the runner sees: $3" ;;
	*)
		printf 'exit %s: %s\n' "$code" "$output"
		echo "not ok the runner sees: $3"
		;;
	esac
}

six='for i in 1 2 3 4 5 6; do echo "ok check $i"; done'
suite honest 6 "part one sh -c '$six'" "part two sh -c 'echo ok more'" :
suite mute 1 'echo ok before' "part broken sh -c 'exit 1'" 'echo ok after' :
suite late 1 "part broken sh -c 'echo ok half; exit 1'" 'echo ok after' :
suite silent 1 'echo ok before' 'part broken true' :
suite halved 12 "$six" :
suite grown 3 "$six" :
suite spared 12 "$six" 'skip rest no server "[6 checks]"' :
suite bad_end 1 'echo ok before' 'exit 3'

for name in honest spared; do
	output=$(runs $name)
	code=$?
	[ $code -eq 0 ] || printf 'exit %s: %s\n' "$code" "$output"
	[ $code -eq 0 ] && echo "ok the runner accepts the suite: $name" || echo "not ok the runner accepts the suite: $name"
done
fails mute 'broken: ran no test, exit 1' 'a part that exits 1 without a check'
fails late 'broken: ended with exit 1' 'a part that crashes after some ok lines'
fails silent 'broken: ran no test, exit 0' 'a part that runs no test'
fails halved 'made 6 checks' 'a suite that lost half of its checks'
fails grown 'raise that number' 'a minimum far below the number of checks'
fails bad_end 'ended with exit status 3' 'a suite that exits with an error'
