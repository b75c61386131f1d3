# The procedures of operators, on real servers under load: an upgrade with two versions side by side
# and with migrations, backup and restore, the move of the queue to another driver. Each has its own
# stack.
. "$(dirname -- "$0")/lib.sh"
for one in upgrade backup queue-move; do
	sh tests/operate/suite.sh $one >"$WORK/$one" 2>&1
	code=$?
	say "--- $one:"
	cat "$WORK/$one"
	part_judge "$one" $code "$WORK/$one"
done
