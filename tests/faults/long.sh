# long.sh QUEUE MINUTES OPTIONS: a long run on a stack of its own, for ./dev faults. When the run fails,
# and with --keep, the logs and the journal stay in faults-log/ of the build folder.
. "$(dirname -- "$0")/own_machine.sh"
[ "${ES_TEST_MACHINE:-no}" = no ] || own_machine_enter "$0" "$@" || exit 2
. "$(dirname -- "$0")/../run/lib.sh"
. "$ROOT/tests/faults/stack.sh"
[ "${ES_TEST_MACHINE:-no}" = no ] || {
	faults_start=own_machine_stack
	trap 'own_machine_leave $?; suite_end' EXIT
}
faults_stack "$1"
kept=$BUILD/faults-log
rm -rf "$kept"
n=0 code=0
while [ $n -lt "${ES_TEST_FAULTS_REPEAT:-1}" ] && [ $code -eq 0 ]; do
	n=$((n + 1))
	say "--- run $n"
	# shellcheck disable=SC2086
	python3 tests/faults/run.py --env "$WORK/env" --build "$BUILD" --points "$ROOT/build-points" \
		--seconds "$(awk "BEGIN { print $2 * 60 }")" --journal "$WORK/journal" $3
	code=$?
done
if [ $code -ne 0 ] || [ "${ES_TEST_FAULTS_KEEP:-no}" = yes ]; then
	mkdir -p "$kept"
	cp "$WORK/journal" "$LOG"/*.log "$kept"
	say "journal and logs: $(short_path "$kept")"
fi
exit $code
