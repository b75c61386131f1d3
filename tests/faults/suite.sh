# suite.sh redis|sqs|own: what `./dev test faults` does on one queue: a seeded schedule under load,
# fanout ended at its crash points, and the single stories.
. "$(dirname -- "$0")/../run/lib.sh"
. "$ROOT/tests/faults/stack.sh"
points=$ROOT/build-points
seed=${ES_TEST_FAULTS_SEED:-1}
faults_stack "$1"
[ "$1" != own ] || {
	# the one story that a Redis of the queue's own adds
	part 'the story of the queue' python3 tests/faults/named.py --env "$WORK/env" --build "$BUILD" --only 'The queue is away'
	exit
}
part 'the schedule' python3 tests/faults/run.py --env "$WORK/env" --build "$BUILD" --seconds 60 \
	--seed "$seed" --least-acks 5000 --least-kinds 12

# fanout ends between each pair of its steps, beside one that does not
part 'the crash points' python3 tests/faults/run.py --env "$WORK/env" --build "$BUILD" --points "$points" \
	--kinds 'crash-*' --rounds 1 --seed "$seed"

# and what the design answers one by one
part 'the single stories' python3 tests/faults/named.py --env "$WORK/env" --build "$BUILD"
