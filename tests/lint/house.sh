#!/bin/sh
# House rules that a grep can check.
. "$(dirname -- "$0")/lib.sh"

rule 'core/banned.h is the last include of each .c' "$(
	for file in $(c_files '*.c'); do
		[ "$(grep '^#include' "$file" | tail -n 1)" = '#include "core/banned.h"' ] || echo "$file"
	done
)"

rule 'no file is longer than 400 lines' "$(
	{
		c_files
		find tests packaging bench -type f \( -name '*.[ch]' -o -name '*.py' -o -name '*.sh' \) 2>/dev/null
	} | xargs -r wc -l | awk '$2 != "total" && $1 > 400 { print $2 ": " $1 " lines" }'
)"

sizes=$(c_files | xargs -r wc -l | awk '$2 != "total" { print $1 }' | sort -n)
median=$(printf '%s\n' "$sizes" | awk '{ n[NR] = $1 } END { print n[int((NR + 1) / 2)] + 0 }')
echo "median length of a file: $median lines"
rule 'half of the files have under 150 lines' "$([ "$median" -lt 150 ] || echo "median $median")"

rule 'results of queries are freed by the arena, not by PQclear' "$(
	c_files | grep -v '^shared/pg/' | xargs -r grep -nH 'PQclear'
)"

# The variables that notify.c reads come from systemd and are no settings.
rule 'only shared/conf reads the environment' "$(
	c_files | grep -vE '^shared/(conf/|core/notify\.c$)' | xargs -r grep -nHE '\b(secure_)?getenv *\('
)"

# A library must not log: programs decide what to log.
rule 'libraries do not print or log' "$(
	c_files | grep '^shared/' | grep -vE '^shared/(core/(log|check|notify|prefork|outage)|conf/|ops/|trace/trace_export)' |
		xargs -r grep -nHE '\b(printf|puts|perror|log_(debug|info|warn|error)) *\('
)"

# If two files wrote to one socket, one could write into the middle of the other's frame.
rule 'only conn_write.c writes to a socket' "$(
	c_files | grep '^push-server/' | grep -vE '^push-server/conn/(ws\.[ch]|conn_write\.c)$' |
		xargs -r grep -nHE '\b(lws_write|ws_write) *\('
)"

# A client that can compute a hash could choose ids that collide, so hash tables use a keyed hash. The
# files named here may hash without a key: all processes must compute the same value (partitions,
# queues, the file of metrics, the cause of an outage), or the hashed value is an address in memory.
rule 'hash tables use the keyed hash' "$(
	c_files '*.c' | grep -vxE '(shared/(core/(hash|metrics|outage)|queue/queue(_sqs_open)?)|push-server/hub/subscription)\.c' |
		xargs -r grep -nH 'hash_bytes *('
)"

rule 'a TODO carries an issue number' "$(
	c_files | xargs -r grep -nHE '\b(TODO|FIXME|XXX)\b' | grep -vE '#[0-9]+'
)"

tree=$(find . \( -name '.git*' -o -name 'build*' -o -name .dev -o -name node_modules \) -prune \
	-o -type f -print 2>/dev/null | sed 's,^\./,,' | grep -vE '\.(png|ico|woff2|jpg)$')
rule 'no path of one machine and no private host' "$(
	printf '%s\n' "$tree" | grep -vE '^tests/lint/(house|selftest).sh$' |
		xargs -r -d '\n' grep -nHIE '(^|[^A-Za-z0-9_.])(/home/[a-z]|/root/|/wor[k]/|/Users/)|\b(registry\.npmjs\.org|registry\.yarnpkg\.com|deb\.debian\.org)\b'
)"

# A suite ends with the exit status of its last command. part() checks the status of other commands.
rule 'a suite runs all its programs but the last by part()' "$(
	for script in tests/run/*.sh tests/faults/suite.sh; do
		[ -f "$script" ] && awk '/^[ \t]*(python3|sh) "?tests\// && $0 !~ /[>&|]/ { at = NR; line = FILENAME ":" NR ": " $0; seen[++n] = line; row[n] = NR }
			NF { last = cont ? last : NR; cont = /\\$/ }
			END { for (i = 1; i <= n; i++) if (row[i] != last) print seen[i] }' "$script"
	done
)"

# Suites: the runner's list, the scripts, their budgets and their entries in the README.
listed=$(sed -n "s/^\(SUITES\|LONG\)='\(.*\)'/\2/p" packaging/dev/test.sh 2>/dev/null | tr ' ' '\n')
rule 'each suite has its script, its budget and its entry in tests/README.md' "$(
	for suite in $listed; do
		[ -f "tests/run/$suite.sh" ] || echo "$suite: no tests/run/$suite.sh"
		grep -q "^${suite}[ 	]" tests/budget || echo "$suite: no line in tests/budget"
		grep -q "^- \*\*\`$suite\`\*\*" tests/README.md || echo "$suite: no entry in tests/README.md"
	done 2>/dev/null
	for script in tests/run/*.sh; do
		suite=$(basename "$script" .sh)
		case $suite in
		lib | '*') ;;
		*) printf '%s\n' "$listed" | grep -qx "$suite" || echo "$script: not in packaging/dev/test.sh" ;;
		esac
	done
)"
