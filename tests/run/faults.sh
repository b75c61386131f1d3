# Acknowledged messages survive every fault. First comes the self-test of the judge. Then a seeded
# schedule causes faults on three stacks at the same time, one for each queue, while writers and
# listeners record all that they send and receive.
. "$(dirname -- "$0")/lib.sh"
. "$ROOT/packaging/dev/build.sh"
points=$ROOT/build-points
build_setup "$points" -Dcrash_points=true
build_run "$points" fanout/echostream-fanout
part 'the self-test of the judge' python3 tests/faults/selftest.py

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
