#!/bin/sh
# The self-test of the lints. Each rule must fail on this tree, which breaks all rules.
lints=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
tree=$(mktemp -d) || exit 1
trap 'rm -rf "$tree"' EXIT
cd "$tree" || exit 1
mkdir -p shared/core shared/pg shared/store shared/strange api-fcgi fanout push-server tests packaging
cat >shared/core/a.c <<'END'
#include "pg/pg.h"
#include <libpq-fe.h>
END
cat >api-fcgi/b.c <<'END'
#include "fanout/worker.h"
static const char *home = "/home/somebody";
static void f(void) { PQclear(getenv("X")); } /* TODO later */
static const char *q = "SELECT id FROM users WHERE tenant_id = $1";
END
cat >shared/store/c.c <<'END'
static const char *q = "SELECT id"
    " FROM users WHERE id = $1";
static const char *fine = "SELECT id FROM users WHERE tenant_id = $1";
static const char *called = "SELECT * FROM es_heads($1, $2)";
static void g(void) { printf("x"); log_warn("hidden", LOG_STR("secret", "y")); }
static unsigned long k(const char *id) { return hash_bytes(id, 36); }
END
printf 'static void h(void) { lws_write(wsi, p, n, LWS_WRITE_PING); }\n' >push-server/ping.c
# Four files that use each other in a circle, an include upward, a static function without its prefix.
mkdir -p push-server/hub push-server/log
for pair in one:two two:three three:four four:one; do
	from=${pair%:*} to=${pair#*:}
	printf '#include "hub/%s.h"\nvoid\n%s_go(void)\n{\n\t%s_go();\n}\n' "$to" "$from" "$to" \
		>"push-server/hub/$from.c"
done
printf '#include "hub/one.h"\nstatic void\nstray(void)\n{\n}\n' >push-server/log/low.c
# Two files in a circle, one of which reads a table of the other.
mkdir -p api-fcgi/env
printf 'extern const int routes[];\n' >api-fcgi/routes.h
printf 'const int routes[] = {1};\nvoid\nroutes_go(void)\n{\n\tcount_go();\n}\n' >api-fcgi/routes.c
printf 'void\ncount_go(void)\n{\n\tint n = routes[0];\n}\n' >api-fcgi/env/count.c
i=0
while [ $i -lt 401 ]; do
	echo '/* long */'
	i=$((i + 1))
done >fanout/long.c
for name in longer longest endless eternal lasting ages aeons ever more still again anew afresh; do
	cp fanout/long.c "fanout/$name.c"
done
mkdir -p tests/run
printf 'python3 tests/a.py\npython3 tests/b.py\n' >tests/run/unit.sh
printf 'if\n' >packaging/bad.sh
mkdir -p db/functions db/migrations
echo 'CREATE FUNCTION es_b() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$; -- shared/store/c.c' >db/functions/es_a.sql
cp db/functions/es_a.sql db/migrations/1_a.sql
echo '-- echostream:functions 00' | cat - db/functions/es_a.sql >db/migrations/2_a.sql
echo '#define DB_STORE_VERSION "1"' >shared/store/db_store.h
mkdir packaging/dev docs
echo 'A page that names no message of the log.' >docs/logs.md
printf "SUITES='unit'\n" >packaging/dev/test.sh
: >dev

# A program that defines and exports a function that is also in a library.
mkdir build build/ctl.p
echo 'int meet(void) { return 1; }' >build/meet.c
echo 'int meet(void); int main(void) { return meet(); }' >build/ctl.c
cc -shared -fPIC -o build/libmeet.so build/meet.c
for one in meet ctl; do
	cc -c -o "build/ctl.p/$one.o" "build/$one.c"
done
cc -o build/ctl build/ctl.p/ctl.o build/ctl.p/meet.o -Wl,--no-as-needed "$PWD/build/libmeet.so"
echo '[{"output": "ctl.p/ctl.o"}, {"output": "ctl.p/meet.o"}]' >build/compile_commands.json

printf '# A heading\n\n[no file](gone.md) [no heading](#another)\n\n| %0140d |\n' 0 >wide.md

# sees SCRIPT RULE: check that the script prints `not ok RULE` for this tree
sees() {
	case $1 in
	*.py) output=$(python3 "$lints/$1" build) ;;
	*) output=$(sh "$lints/$1" 2>&1) ;;
	esac
	case $output in
	*"not ok $2"*) echo "ok the lint sees: $2" ;;
	*) echo "not ok the lint sees: $2" ;;
	esac
}

sees layers.sh 'shared/ includes only what is below it'
sees layers.sh 'each folder of shared/ has a line in layers.sh'
sees layers.sh 'programs never include each other'
sees layers.sh 'each outside library is used in its folder only'
sees house.sh 'core/banned.h is the last include of each .c'
sees house.sh 'no file is longer than 400 lines'
sees house.sh 'half of the files have under 150 lines'
sees house.sh 'results of queries are freed by the arena, not by PQclear'
sees house.sh 'only shared/conf reads the environment'
sees house.sh 'libraries do not print or log'
sees house.sh 'only conn_write.c writes to a socket'
sees house.sh 'hash tables use the keyed hash'
sees house.sh 'a TODO carries an issue number'
sees house.sh 'no path of one machine and no private host'
sees house.sh 'each suite has its script, its budget and its entry in tests/README.md'
sees house.sh 'a suite runs all its programs but the last by part()'
sees rooms.py 'rooms of push-server include only what is below them'
sees rooms.py 'no more than 3 files of push-server use each other in a circle'
sees rooms.py 'no files of api-fcgi use each other in a circle'
sees rooms.py 'static functions begin with the name of their file'
sees sql.py 'SQL is in shared/store only'
sees sql.py 'every statement of shared/store names its tenant'
sees functions.py 'each file of db/functions creates the function of its name'
sees functions.py 'callers that db/functions names exist'
sees functions.py 'no function has two texts in db/migrations'
sees functions.py 'the newest migration names the checksum of db/functions'
sees functions.py 'the programs ask for the migration that names the functions'
sees docs.py 'links of documents lead to files and headings'
sees docs.py 'rows of tables in documents have at most 140 characters'
sees logs.py 'docs/logs.md names the messages and fields of the log'
sees symbols.py 'every global name of ours is hidden from the dynamic linker'
sees symbols.py 'no program exports a name of ours'
sees symbols.py 'no name of ours is in a library that a program loads'
sees format.sh 'every shell script parses'
[ "$(python3 "$lints/sql.py" | grep -c 'shared/store/c.c')" = 1 ] &&
	echo 'ok the tenant rule lets good statements pass' ||
	echo 'not ok the tenant rule lets good statements pass'
