# long.sh MINUTES OPTIONS: a long run on a stack of its own, for ./dev faults. Keeps logs
# and the journal below faults-log/ of the build when it failed or was asked to.
. "$(dirname -- "$0")/../run/lib.sh"
export ES_API_SEND_WORKERS=16
private_stack || die 1 'the stack did not start'
load_env "$WORK/env"
kept=$BUILD/faults-log
rm -rf "$kept"
# shellcheck disable=SC2086
python3 tests/faults/run.py --env "$WORK/env" --build "$BUILD" --points "$ROOT/build-points" \
	--seconds "$(awk "BEGIN { print $1 * 60 }")" --journal "$WORK/journal" $2
code=$?
if [ $code -ne 0 ] || [ "${ES_TEST_FAULTS_KEEP:-no}" = yes ]; then
	mkdir -p "$kept"
	cp "$WORK/journal" "$LOG"/*.log "$kept"
	say "journal and logs: $(short_path "$kept")"
fi
exit $code
