# Functions of all lints. A lint runs at the root of a tree and prints `ok` or `not ok` for each rule.
set -u

SOURCES='shared api-fcgi fanout push-server ctl'

# c_files [PATTERN]: print the paths of our C files, one per line
c_files() {
	for folder in $SOURCES; do
		[ -d "$folder" ] && find "$folder" -name "${1:-*.[ch]}"
	done | sort
}

# rule NAME FINDINGS: print `ok NAME` when FINDINGS is empty, else the findings and `not ok NAME`
rule() {
	if [ -z "$2" ]; then
		printf 'ok %s\n' "$1"
	else
		printf '%s\n' "$2" | sed 's/^/    /'
		printf 'not ok %s\n' "$1"
	fi
}
