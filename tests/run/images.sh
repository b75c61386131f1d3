# The images: built without an engine (packaging/ci/images), then run as docker-compose.yml says, with
# PostgreSQL and Redis in containers, in namespaces of their own. Needs root, namespaces, Debian's mirror,
# and for the profile sqs npm. The user's cache keeps the layers for a month.
. "$(dirname -- "$0")/lib.sh"
. "$ROOT/packaging/dev/compose.sh"
. "$ROOT/packaging/dev/sqs.sh"

STORES=${ES_IMAGES_CACHE:-${XDG_CACHE_HOME:-${HOME:-$WORK}/.cache}/echostream}
STORE=$STORES/images-$(date +%Y%m)
# Errors of apt when the mirror is unreachable. Any other error fails the suite.
UNREACHABLE='could not (resolve|connect)|connection (failed|refused|timed out)|failed to fetch|no mirror'

leave_out() {
	skip images "$*"
	exit 0
}

# in_namespaces OPTION... COMMAND...: run the command as process 1 of new namespaces, which end with
# it. It runs in the background, so that a trap can end it.
in_namespaces() {
	nice -n 10 unshare --mount --pid --fork --kill-child --mount-proc "$@" &
	inside=$!
	wait $inside
	code=$?
	inside=''
	return $code
}

# End process 1 first: unshare ends only when all processes of the namespace have ended.
images_end() {
	code=$?
	if [ -n "${inside:-}" ]; then
		read -r first <"/proc/$inside/task/$inside/children"
		kill -9 "${first:-$inside}" 2>/dev/null
		wait "$inside"
	fi
	# Empty groups of containers that were killed.
	find /sys/fs/cgroup -depth -type d -path '*/libpod_parent*' -exec rmdir {} + 2>/dev/null
	suite_end $code
}
inside=''
trap images_end EXIT

[ "$(id -u)" -eq 0 ] || leave_out 'needs root'
for tool in mmdebstrap buildah podman runc; do
	have $tool || leave_out "needs $tool"
done
unshare --mount --pid --net --fork true 2>/dev/null || leave_out 'may not make namespaces here'
compose_find || leave_out "$compose_lost"
sqs_find || leave_out "${sqs_lost:-no SQS server}"

mkdir -p "$STORES" || exit 1
exec 8>"$STORES/images.lock"
flock 8
find "$STORES" -maxdepth 1 -name 'images-2*' ! -path "$STORE" -exec rm -rf {} +

# buildah writes an index to /var/lib/containers, whatever its --root.
cat >"$WORK/build.sh" <<'END_BUILD'
mkdir -p /var/lib/containers && mount -t tmpfs tmpfs /var/lib/containers && exec "$@"
END_BUILD
in_namespaces sh "$WORK/build.sh" "$ROOT/packaging/ci/images" build "$STORE" "$SQS_FOLDER" >"$WORK/build.log" 2>&1
code=$?
[ $code -eq 0 ] || {
	lost=$(grep -m 1 -iE "$UNREACHABLE" "$WORK/build.log") && leave_out "$lost"
	cat "$WORK/build.log"
}
grep '^built ' "$WORK/build.log"
result $code 'the images are built'
[ $code -eq 0 ] || exit 1

# A /run of its own: podman keeps sockets and locks there.
cat >"$WORK/enter.sh" <<'END_ENTER'
set -e
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs tmpfs /var/lib/containers
ip link set lo up
cd "$1"
exec python3 tests/images/run.py "$2" /run/images
END_ENTER
export COMPOSE
part 'the images' in_namespaces --net sh "$WORK/enter.sh" "$ROOT" "$STORE"
