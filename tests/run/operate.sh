# What operators do, with real parts under load: upgrade with two versions side by side, migrations,
# backup and restore, and the move of the queue to another driver. Each part has a stack of its own.
. "$(dirname -- "$0")/lib.sh"
for one in upgrade backup queue-move; do
	sh tests/operate/suite.sh $one >"$WORK/$one" 2>&1
	code=$?
	say "--- $one:"
	cat "$WORK/$one"
	part_judge "$one" $code "$WORK/$one"
done
