# pgTAP on the migrated schema. The superuser creates the extension here, because the schema itself
# must not need one.
. "$(dirname -- "$0")/lib.sh"
private_database
pg_sql echostream -c 'create extension pgtap' || die 1 'cannot create the extension pgtap'
for file in tests/sql/*.sql; do
	[ -e "$file" ] || die 1 'no tests/sql/*.sql'
	out=$WORK/tap
	PGOPTIONS='-c client_min_messages=warning' pg_prove --verbose --psql-bin "$PGBIN/psql" \
		-h "$RUN/pg" -U postgres -d echostream "$file" >"$out" 2>&1
	code=$?
	# Translate TAP into the runner's lines; TAP marks a skip by `# SKIP`.
	awk -v file="$(basename "$file" .sql)" '
		{ plain = $0 }
		sub(/^(not )?ok [0-9]+ *-? */, "", plain) {
			word = /^not/ ? "not ok" : /# SKIP/ ? "skip" : "ok"
			print word, file ": " plain
			next
		}
		{ print "    " $0 }' "$out"
	[ $code -eq 0 ] || grep -q '^not ok' "$out" || say "not ok $(basename "$file"): exit $code"
done
export MUTATE_PGBIN="$PGBIN" MUTATE_RUN="$RUN"
part 'the self-test of mutated migrations' python3 tests/mutate/selftest_sql.py \
	"$(program_binary ctl)"
