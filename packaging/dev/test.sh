# ./dev test: run suites, count their results, and end with one line of totals.
#
# A suite is tests/run/NAME.sh. It prints one line for each check: `ok NAME`, `not ok NAME` or
# `skip NAME reason`. When a check failed, ./dev also shows the suite's other output. A suite has its
# own servers, folders and ports, so tests can run beside a running stack.

# ./dev test runs SUITES; `./dev test all` also runs LONG.
SUITES='lint unit terraform contract sqs store sql plans migrate api conf compose settings units causes dev ctl scenario property faults storm-small bench asan fuzz'
LONG='pooler scenario-sqs operate machine storm tidy deb images debian13'

verb_test() {
	case ${1:-} in
	help | -h | --help)
		say "suites: $SUITES (without an argument, all of these run)"
		say "with \`all\` also: $LONG"
		return 0
		;;
	'') suites=$SUITES ;;
	all) suites="$SUITES $LONG" ;;
	*)
		suites=$(printf '%s\n' "$@" | sort -u | paste -sd ' ' -)
		for suite in $suites; do
			[ -f "$ROOT/tests/run/$suite.sh" ] || die 2 "unknown suite: $suite; suites: $SUITES $LONG"
		done
		;;
	esac
	for suite in $suites; do
		grep -q "^${suite}[ 	]" "$ROOT/tests/budget" || die 1 "$suite has no line in tests/budget"
	done
	packages_ensure "$ROOT/packaging/apt-up.txt"
	packages_ensure "$ROOT/packaging/apt-test.txt"
	case $suites in
	lint | tidy | 'lint tidy') ;;
	*)
		build_setup "$BUILD"
		build_run "$BUILD"
		;;
	esac
	test_all_of "$suites"
}

# Run two suites at the same time, the longest first, because most suites wait more than they compute.
# Suites that tests/budget marks `alone` run afterwards, one at a time.
test_all_of() {
	claims=$(mktemp -d "${TMPDIR:-/tmp}/echostream-lanes.XXXXXX") || exit 1
	mkdir -p "$BUILD/test-log"
	lane_pids=''
	trap 'kill $lane_pids 2>/dev/null; wait; test_close; exit 130' INT TERM HUP
	lanes=${ES_TEST_LANES:-$(nproc)}
	[ "$lanes" -le 2 ] || lanes=2
	for lane in $(seq "$lanes"); do
		test_lane "$lane" "$(test_order "$1" beside)" &
		lane_pids="$lane_pids $!"
	done
	# shellcheck disable=SC2086
	wait $lane_pids
	test_lane 1 "$(test_order "$1" alone)" &
	lane_pids=$!
	wait $lane_pids
	test_close
	[ "$failed" -eq 0 ]
}

# test_order SUITES beside|alone: print the suites that run beside others, or alone, the longest first
test_order() {
	awk -v suites=" $1 " -v kind="$2" '
		index(suites, " " $1 " ") && ($4 == "alone") == (kind == "alone") { print $2, $1 }
	' "$ROOT/tests/budget" | sort -rn | cut -d' ' -f2
}

# test_lane NUMBER SUITES: run each suite that the other lane has not claimed
test_lane() {
	trap 'kill $suite_pid 2>/dev/null; wait; exit 130' INT TERM HUP
	export ES_TEST_PORTS=$((15000 + 5000 * $1))
	for suite in $2; do
		mkdir "$claims/$suite" 2>/dev/null || continue
		test_suite "$suite" >"$claims/$suite/said"
		flock "$claims" cat "$claims/$suite/said"
	done
}

test_close() {
	trap '' INT TERM HUP
	passed=0 failed=0 skipped=0
	for suite in $suites; do
		# A suite without counts was interrupted, which counts as a failure.
		read -r good bad left 2>/dev/null <"$claims/$suite/counts" || good=0 bad=1 left=0
		passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + left))
	done
	rm -rf "$claims"
	say "$passed passed, $failed failed, $skipped skipped"
}

# test_suite NAME: run the suite, print its results, write its counts
test_suite() {
	tlog=$BUILD/test-log/$1.log
	at=$(now_ms)
	# A shell makes background children ignore the signals of Ctrl-C; --default-signal undoes that.
	ES_BUILD_DIR=$BUILD env --default-signal=INT,QUIT \
		sh "$ROOT/tests/run/$1.sh" >"$tlog" 2>&1 </dev/null &
	suite_pid=$!
	wait $suite_pid
	code=$?
	took=$((($(now_ms) - at) / 100))
	budget=$(sed -n "s/^$1[ 	][ 	]*\([0-9]*\).*/\1/p" "$ROOT/tests/budget")
	least=$(awk -v suite="$1" '$1 == suite { print $3 + 0 }' "$ROOT/tests/budget")
	good=$(grep -c '^ok ' "$tlog")
	bad=$(grep -c '^not ok ' "$tlog")
	left=$(grep -c '^skip ' "$tlog")
	complaint=$(test_complaint "$1")
	[ -z "$complaint" ] || bad=$((bad + 1))
	echo "$good $bad $left" >"$claims/$1/counts"
	printf '%-12s %4d ok  %3d failed  %3d skipped  %5d.%d s\n' "$1" "$good" "$bad" "$left" \
		$((took / 10)) $((took % 10))
	sed -n 's/^skip /  skipped: /p' "$tlog"
	[ "$bad" -gt 0 ] || return 0
	[ -z "$complaint" ] || say "  failed: $1: $complaint"
	sed -n 's/^not ok /  failed: /p' "$tlog"
	grep -v -e '^ok ' -e '^skip ' "$tlog" | tail -n 120 | sed 's/^/  | /'
	say "  whole output: $(short_path "$tlog")"
}

# test_checks: print the number of checks in $tlog. A skip with `[36 checks]` counts as 36 checks.
test_checks() {
	awk '/^(ok|not ok) / { n++ }
		/^skip / { n += match($0, /\[[0-9]+ checks\]/) ? substr($0, RSTART + 1) + 0 : 1 }
		END { print n + 0 }' "$tlog"
}

# test_complaint NAME: print what is wrong with the whole run of the suite, beside its failed checks
test_complaint() {
	if [ "$code" -ne 0 ] && [ "$bad" -eq 0 ]; then
		say "ended with exit status $code"
	elif [ $((good + bad + left)) -eq 0 ]; then
		say 'ran no test'
	elif ! grep -q "^skip $1 " "$tlog" && [ "$(test_checks)" -lt "$least" ]; then
		say "made $(test_checks) checks, tests/budget expects at least $least"
	elif [ "$bad" -eq 0 ] && [ "$(test_checks)" -ge $((least * 2)) ]; then
		say "made $(test_checks) checks, twice the minimum of tests/budget ($least); raise that number"
	elif [ "$took" -gt $((budget * 20)) ] && [ "${ES_TEST_BUDGETS:-yes}" = yes ]; then
		say "took $((took / 10)) s, over twice its budget of $budget s"
	fi
}

verb_lint() {
	[ $# -eq 0 ] || die 2 'usage: lint  (without arguments; runs the suites lint and tidy)'
	verb_test lint tidy
}
