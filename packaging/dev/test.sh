# ./dev test: run suites, count what they say, close with one line.
#
# A suite is tests/run/NAME.sh. It says `ok NAME`, `not ok NAME` or `skip NAME reason`, one
# line each; what else it prints is shown when something failed. It brings its own servers,
# folders and ports, so tests run beside a live stack.

# What ./dev test runs; the long rest comes with `all`.
SUITES='lint unit contract sqs store sql migrate api conf settings dev ctl scenario faults asan fuzz'
LONG='scenario-sqs tidy'

verb_test() {
	case ${1:-} in
	help | -h | --help)
		say "suites: $SUITES; all of these when none is named"
		say "and with \`all\`: $LONG"
		return 0
		;;
	'') suites=$SUITES ;;
	all) suites="$SUITES $LONG" ;;
	*)
		suites=$*
		for suite in $suites; do
			[ -f "$ROOT/tests/run/$suite.sh" ] || die 2 "no suite $suite; there are: $SUITES $LONG"
		done
		;;
	esac
	packages_ensure "$ROOT/packaging/apt-up.txt"
	packages_ensure "$ROOT/packaging/apt-test.txt"
	case $suites in
	lint | tidy | 'lint tidy') ;;
	*)
		build_setup "$BUILD"
		build_run "$BUILD"
		;;
	esac
	passed=0 failed=0 skipped=0
	trap 'test_close; exit 130' INT TERM HUP
	for suite in $suites; do
		test_suite "$suite"
	done
	test_close
	[ "$failed" -eq 0 ]
}

test_close() {
	trap '' INT TERM HUP
	say "$passed passed, $failed failed, $skipped skipped"
}

# test_suite NAME: run it and add what it says to passed, failed and skipped
test_suite() {
	mkdir -p "$BUILD/test-log"
	tlog=$BUILD/test-log/$1.log
	at=$(now_ms)
	ES_BUILD_DIR=$BUILD sh "$ROOT/tests/run/$1.sh" >"$tlog" 2>&1 </dev/null
	code=$?
	took=$((($(now_ms) - at) / 100))
	budget=$(sed -n "s/^$1[ 	][ 	]*\([0-9]*\).*/\1/p" "$ROOT/tests/budget")
	good=$(grep -c '^ok ' "$tlog")
	bad=$(grep -c '^not ok ' "$tlog")
	left=$(grep -c '^skip ' "$tlog")
	complaint=$(test_complaint "$1")
	[ -z "$complaint" ] || bad=$((bad + 1))
	passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + left))
	printf '%-9s %4d ok  %3d failed  %3d skipped  %5d.%d s\n' "$1" "$good" "$bad" "$left" \
		$((took / 10)) $((took % 10))
	sed -n 's/^skip /  skipped: /p' "$tlog"
	[ "$bad" -gt 0 ] || return 0
	[ -z "$complaint" ] || say "  failed: $1: $complaint"
	sed -n 's/^not ok /  failed: /p' "$tlog"
	grep -v -e '^ok ' -e '^skip ' "$tlog" | tail -n 120 | sed 's/^/  | /'
	say "  all of it: $(short_path "$tlog")"
}

# What is wrong with the run as a whole, if anything; nothing a suite can say itself.
test_complaint() {
	if [ "$code" -ne 0 ] && [ "$bad" -eq 0 ]; then
		say "ended with exit $code"
	elif [ $((good + bad + left)) -eq 0 ]; then
		say 'ran no test'
	elif [ -z "$budget" ]; then
		say 'has no line in tests/budget'
	elif [ "$took" -gt $((budget * 20)) ]; then
		say "took $((took / 10)) s, over twice its budget of $budget s"
	fi
}

verb_lint() {
	verb_test lint tidy
}
