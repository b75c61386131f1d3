# What the lints share. Each runs at the root of a tree and says ok or not ok, one line a rule.
set -u

SOURCES='shared api-fcgi fanout push-server ctl'

# c_files [PATTERN]: our C files, one a line
c_files() {
	for folder in $SOURCES; do
		[ -d "$folder" ] && find "$folder" -name "${1:-*.[ch]}"
	done | sort
}

# rule NAME FINDINGS: nothing found is ok
rule() {
	if [ -z "$2" ]; then
		printf 'ok %s\n' "$1"
	else
		printf '%s\n' "$2" | sed 's/^/    /'
		printf 'not ok %s\n' "$1"
	fi
}
