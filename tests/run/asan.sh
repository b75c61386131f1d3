# The suites unit, contract, store and scenario again, with the address and undefined-behavior
# sanitizers in all programs. Any sanitizer report of any process fails the suite.
. "$(dirname -- "$0")/lib.sh"
. "$ROOT/packaging/dev/build.sh"
BUILD=$ROOT/build-asan
export ES_BUILD_DIR="$BUILD"
build_setup "$BUILD" -Db_sanitize=address,undefined -Db_lundef=false -Doptimization=1 -Dwerror=false
build_run "$BUILD"
reports=$WORK/reports
mkdir -m 777 "$reports"
export ASAN_OPTIONS="detect_leaks=1:abort_on_error=0:log_path=$reports/report"
export UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1:log_path=$reports/report"
export LSAN_OPTIONS="log_path=$reports/report"

part 'unit' python3 tests/run/cunit.py "$BUILD" unit
private_database
private redis
export ES_TEST_REDIS_URL="unix://$RUN/redis.sock"
part 'contract' python3 tests/run/cunit.py "$BUILD" contract
part 'store' python3 tests/run/cunit.py "$BUILD" store
for name in redis postgres; do
	eval "stop_one $name \$pid_$name \$birth_$name"
done
unset ES_DATABASE_URL ES_DATABASE_OWNER_URL
if [ -f tests/scenario/run.py ]; then
	ES_DEV_DIR=$WORK/stack
	export ES_DEV_DIR
	if private_stack; then
		part 'the scenarios' python3 tests/scenario/run.py --env "$WORK/env" --schemas api tests/scenario
		"$ROOT/dev" down
	else
		say 'not ok the sanitized stack starts'
	fi
	[ ! -f "$ES_DEV_DIR/outside" ] || cat "$ES_DEV_DIR/outside" >>"$DEV/outside"
fi
cat "$reports"/* 2>/dev/null | head -n 200
[ -z "$(ls "$reports")" ]
result $? 'no sanitizer report'
