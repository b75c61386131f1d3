# Functions that all suites share: they make a folder for the suite, start private servers, find free
# ports and clean up. A suite (tests/run/*.sh) sources this file and changes nothing in the tree.
set -u
ROOT=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P) || exit 1
export ES_ROOT="$ROOT"
unset ES_PORT ES_PUSH_PORT ES_DEV_DIR

# Print the folder for the files of test servers: in memory if 4 GiB are free. Redis syncs each write
# (`appendfsync always`), and a sync takes seconds on a disk that a compiler keeps busy. Only the
# suite `faults` tests slow disks.
scratch_folder() {
	scratch=$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 && $4 > 4 * 1024 * 1024 { print $6 }')
	[ "$scratch" = /dev/shm ] && [ -w /dev/shm ] || scratch=/tmp
	echo "${TMPDIR:-$scratch}"
}
WORK=$(mktemp -d "$(scratch_folder)/echostream-test.XXXXXX") || exit 1
chmod 755 "$WORK"
ES_DEV_DIR=$WORK/dev
export ES_DEV_DIR
for one in common procs ports env servers programs down status; do
	# shellcheck disable=SC1090
	. "$ROOT/packaging/dev/$one.sh"
done
cd "$ROOT" || exit 1

# suite_end [STATUS]: stop the servers, delete the folder and exit. A suite with its own trap
# saves the exit status first and passes it as STATUS, because the trap's commands change $?.
suite_end() {
	code=${1:-$?}
	trap '' INT TERM HUP
	[ -z "${suite_stack:-}" ] || "$ROOT/dev" down >/dev/null 2>&1
	for name in redis postgres; do
		eval "stop_one $name \${pid_$name:-0} \${birth_$name:-0}"
	done
	clean_outside
	rm -rf "$WORK"
	exit $code
}
trap suite_end EXIT
trap 'exit 130' INT TERM HUP

# result CODE NAME: print the runner's line for a check
result() {
	if [ "$1" -eq 0 ]; then
		say "ok $2"
	else
		say "not ok $2"
	fi
}

# part NAME COMMAND...: run one of several programs of a suite, and return its exit status. Print
# `not ok NAME` when the program makes no check, or exits with an error although no check failed: a
# program that crashes half-way has printed only `ok` lines.
part() {
	part_name=$1
	shift
	{
		"$@" 2>&1
		echo $? >"$WORK/part.code"
	} | tee "$WORK/part.said"
	read -r part_code <"$WORK/part.code"
	part_judge "$part_name" "$part_code" "$WORK/part.said"
	return "$part_code"
}

# part_judge NAME CODE FILE: print part()'s `not ok` line, if any, for a program that exited with CODE
# and wrote FILE
part_judge() {
	if ! grep -qE '^(ok|not ok|skip) ' "$3"; then
		say "not ok $1: ran no test, exit $2"
	elif [ "$2" -ne 0 ] && ! grep -q '^not ok ' "$3"; then
		say "not ok $1: ended with exit $2, and none of its tests failed"
	fi
}

# skip NAME REASON...: print a skipped test. `[N checks]` in the reason counts it as N checks.
skip() {
	name=$1
	shift
	say "skip $name $*"
}

# private NAME: start PostgreSQL or Redis in the suite's folder, without fsync, because no data has to
# survive a power loss
private() {
	export ES_DEV_FSYNC=off
	env_folders
	[ "$1" = redis ] && redis_find && redis_link_valkey
	[ "$1" = postgres ] && pg_find && pg_init
	program_start "$1"
	eval "pid_$1=$started_pid birth_$1=$started_birth"
	limit=$(($(date +%s) + 30))
	until program_ready "$1"; do
		proc_alive "$started_pid" "$started_birth" && [ "$(date +%s)" -lt $limit ] || {
			program_log "$1"
			die 1 "the private $1 did not start"
		}
		sleep 0.1
	done
}

# Tests that start their own servers call redis-server. If only valkey is installed, link the names
# redis-server and redis-cli to valkey's programs.
redis_link_valkey() {
	command -v redis-server >/dev/null && return
	mkdir -p "$WORK/bin"
	ln -s "$REDIS_SERVER" "$WORK/bin/redis-server"
	ln -s "$REDIS_CLI" "$WORK/bin/redis-cli"
	PATH=$WORK/bin:$PATH
}

# Make a migrated database and export its addresses.
private_database() {
	private postgres
	pg_roles || die 1 'making the database failed'
	export ES_DATABASE_URL="postgresql://echostream_app@/echostream?host=$RUN/pg"
	export ES_DATABASE_OWNER_URL="postgresql://echostream_owner@/echostream?host=$RUN/pg"
	export ES_TEST_DATABASE_URL="$ES_DATABASE_URL" ES_TEST_OWNER_URL="$ES_DATABASE_OWNER_URL"
	export ES_TEST_ADMIN_URL="postgresql://postgres@/echostream?host=$RUN/pg"
	"$(program_binary ctl)" db migrate >"$WORK/migrate.log" 2>&1 || {
		cat "$WORK/migrate.log"
		die 1 'echostreamctl db migrate failed'
	}
}

# Start a whole stack on ports of this suite's range, and write its settings to $WORK/env.
private_stack() {
	ES_PORT=$(random_port)
	ES_PUSH_PORT=$(random_port)
	SQS_PORT=$(random_port)
	export ES_PORT ES_PUSH_PORT SQS_PORT ES_DEV_FSYNC=off
	# At most half of the send workers wait for commits, the others answer 202. Scenarios that run
	# side by side expect 201, so they need many send workers.
	export ES_API_SEND_WORKERS=16
	suite_stack=yes
	"$ROOT/dev" up -d --no-build --queue="${suite_queue:-redis}" >"$WORK/up.log" 2>&1 || {
		cat "$WORK/up.log"
		return 1
	}
	"$ROOT/dev" status -o env >"$WORK/env"
}

# Print a free port. Suites that run at the same time have separate ranges.
random_port() {
	while :; do
		port=$((${ES_TEST_PORTS:-20000} + $(od -An -N2 -tu2 /dev/urandom) % 5000))
		port_busy $port || break
	done
	echo $port
}
