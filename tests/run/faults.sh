# What is acknowledged survives: the judge of that is judged first, then the stack is broken
# in all ways that a seeded schedule knows while writers and listeners keep books.
. "$(dirname -- "$0")/lib.sh"
. "$ROOT/packaging/dev/build.sh"
points=$ROOT/build-points
build_setup "$points" -Dcrash_points=true
build_run "$points" fanout/echostream-fanout
python3 tests/faults/selftest.py
# Half of these wait for commits, the rest answer 202: room for all writers at once.
export ES_API_SEND_WORKERS=16
private_stack || die 1 'the stack did not start'
load_env "$WORK/env"
python3 tests/faults/run.py --env "$WORK/env" --build "$BUILD" --seconds 60 \
	--seed "${ES_TEST_FAULTS_SEED:-1}" --least-acks 5000 --least-kinds 12

# fanout ends between each pair of its steps, beside one that does not
python3 tests/faults/run.py --env "$WORK/env" --build "$BUILD" --points "$points" \
	--kinds 'crash-*' --rounds 1 --seed "${ES_TEST_FAULTS_SEED:-1}"

# and what the design answers one by one
python3 tests/faults/named.py --env "$WORK/env" --build "$BUILD"
