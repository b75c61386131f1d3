# Paths, messages and helpers that every command uses.

umask 022
# A normal user's PATH lacks the sbin folders, which have servers and useradd.
PATH=$PATH:/usr/sbin:/sbin
BUILD=${ES_BUILD_DIR:-$ROOT/build}
DEV=${ES_DEV_DIR:-$ROOT/.dev}
case $DEV in
/*) ;;
*) DEV=$PWD/$DEV ;;
esac
LOG=$DEV/log
MARKER=.echostream-dev

# The folder of the sockets. It is a symbolic link when its path is too long for a socket.
RUN=$DEV/run
[ -L "$RUN" ] && RUN=$(readlink "$RUN")

BOLD='' DIM='' RED='' YELLOW='' PLAIN=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${CI:-}" != true ]; then
	BOLD=$(printf '\033[1m') DIM=$(printf '\033[2m') RED=$(printf '\033[31m')
	YELLOW=$(printf '\033[33m') PLAIN=$(printf '\033[0m')
fi

say() {
	printf '%s\n' "$*"
}

warn() {
	printf '%s\n' "./dev: $*" >&2
}

# die CODE TEXT: print the error and exit. Codes: 1 a command failed, 2 wrong use or something is
# missing, 3 the stack is not running
die() {
	code=$1
	shift
	warn "$*"
	exit "$code"
}

is_root() {
	[ "$(id -u)" -eq 0 ]
}

have() {
	command -v "$1" >/dev/null 2>&1
}

now_ms() {
	date +%s%3N
}

# seconds START_MS: print the time since START_MS in seconds, for people
seconds() {
	passed=$(($(now_ms) - $1))
	printf '%d.%d s' $((passed / 1000)) $((passed % 1000 / 100))
}

# short_path PATH: print the path relative to the current folder, as a user would type it
short_path() {
	case $1 in
	"$PWD"/*) printf './%s' "${1#"$PWD"/}" ;;
	*) printf %s "$1" ;;
	esac
}

# load_env FILE: export the KEY=VALUE lines of a file; the shell does not expand the values
load_env() {
	while IFS= read -r line; do
		case $line in
		[A-Z]*=*) export "${line%%=*}=${line#*=}" ;;
		esac
	done <"$1"
}
