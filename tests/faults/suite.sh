# suite.sh redis|sqs|own: the part of `./dev test faults` for one queue: a seeded schedule under load,
# crashes of fanout at its crash points, and the stories.
. "$(dirname -- "$0")/../run/lib.sh"
. "$ROOT/tests/faults/stack.sh"
points=$ROOT/build-points
seed=${ES_TEST_FAULTS_SEED:-1}
faults_stack "$1"
[ "$1" != own ] || {
	# When the queue has a Redis of its own, only this story behaves differently.
	part 'the story of the queue' python3 tests/faults/named.py --env "$WORK/env" --build "$BUILD" --only 'The queue is away'
	exit
}
part 'the schedule' python3 tests/faults/run.py --env "$WORK/env" --build "$BUILD" --seconds 60 \
	--seed "$seed" --least-acks 5000 --least-kinds 12

# A second fanout runs beside the stack's own fanout, and crashes at each of its crash points.
part 'the crash points' python3 tests/faults/run.py --env "$WORK/env" --build "$BUILD" --points "$points" \
	--kinds 'crash-*' --rounds 1 --seed "$seed"

part 'the stories' python3 tests/faults/named.py --env "$WORK/env" --build "$BUILD"
