# Run the procedures of operators on real servers under load: an upgrade with migrations and two
# versions side by side, backup and restore, and a move of the queue to another driver. Each procedure
# has its own stack.
. "$(dirname -- "$0")/lib.sh"
for one in upgrade backup queue-move; do
	sh tests/operate/suite.sh $one >"$WORK/$one" 2>&1
	code=$?
	say "--- $one:"
	cat "$WORK/$one"
	part_judge "$one" $code "$WORK/$one"
done
