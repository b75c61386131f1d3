# What is acknowledged survives: the judge of that is judged first, then two stacks, one on
# each queue, are broken side by side in all ways that a seeded schedule knows while writers
# and listeners keep books.
. "$(dirname -- "$0")/lib.sh"
. "$ROOT/packaging/dev/build.sh"
points=$ROOT/build-points
build_setup "$points" -Dcrash_points=true
build_run "$points" fanout/echostream-fanout
part 'the judge judges itself' python3 tests/faults/selftest.py

pids='' codes=''
trap 'kill $pids 2>/dev/null; wait; exit 130' INT TERM HUP
for queue in redis sqs own; do
	sh tests/faults/suite.sh $queue >"$WORK/$queue" 2>&1 &
	pids="$pids $!"
done
for pid in $pids; do
	wait "$pid"
	codes="$codes $?"
done
# shellcheck disable=SC2086
set -- $codes
for queue in redis sqs own; do
	say "--- $queue:"
	sed "s/^\(not ok\|ok\|skip\) /&$queue: /" "$WORK/$queue"
	part_judge "the run on $queue" "$1" "$WORK/$queue"
	shift
done
