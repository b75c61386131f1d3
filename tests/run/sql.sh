# pgTAP on the migrated schema. The extension is made here by the superuser: the schema
# itself must do without any.
. "$(dirname -- "$0")/lib.sh"
private_database
pg_sql echostream -c 'create extension pgtap' || die 1 'no pgTAP'
for file in tests/sql/*.sql; do
	[ -e "$file" ] || die 1 'no tests/sql/*.sql'
	out=$WORK/tap
	PGOPTIONS='-c client_min_messages=warning' pg_prove --verbose --psql-bin "$PGBIN/psql" \
		-h "$RUN/pg" -U postgres -d echostream "$file" >"$out" 2>&1
	code=$?
	# TAP to the runner's lines; `# SKIP` is TAP's own way
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
