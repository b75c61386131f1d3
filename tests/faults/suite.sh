# suite.sh redis|sqs|own: the part of `./dev test faults` for one queue: a seeded schedule under load,
# ends of fanout at its crash points, and the single stories.
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

# A second fanout ends between each pair of its steps, beside the stack's own.
part 'the crash points' python3 tests/faults/run.py --env "$WORK/env" --build "$BUILD" --points "$points" \
	--kinds 'crash-*' --rounds 1 --seed "$seed"

# The single stories.
part 'the single stories' python3 tests/faults/named.py --env "$WORK/env" --build "$BUILD"
