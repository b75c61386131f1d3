# Build the images without an engine (packaging/ci/images). Then run them as docker-compose.yml says, with
# PostgreSQL and Redis in containers, in separate namespaces. The suite needs root, namespaces and
# Debian's mirror; the profile sqs also needs npm. The user's cache keeps the layers for a month.
. "$(dirname -- "$0")/lib.sh"
. "$ROOT/packaging/dev/packages.sh"
. "$ROOT/tests/install/trees.sh"
. "$ROOT/packaging/dev/compose.sh"
. "$ROOT/packaging/dev/sqs.sh"

STORES=${ES_IMAGES_CACHE:-${XDG_CACHE_HOME:-${HOME:-$WORK}/.cache}/echostream}
STORE=$STORES/images-$(date +%Y%m)

leave_out() {
	tree_leave_out images "$*"
}

# Killing podman's processes leaves the cgroups that podman has made.
images_end() {
	status=$?
	tree_kill
	find /sys/fs/cgroup -depth -type d -path '*/libpod_parent*' -exec rmdir {} + 2>/dev/null
	tree_end $status
}
trap images_end EXIT

tree_possible images
for tool in buildah podman runc; do
	have $tool || leave_out "needs $tool"
done
unshare --mount --pid --net --fork true 2>/dev/null || leave_out 'may not make network namespaces here'
compose_find || leave_out "$compose_lost"
sqs_find || leave_out "${sqs_lost:-no SQS server}"

mkdir -p "$STORES" || exit 1
exec 8>"$STORES/images.lock"
flock 8
find "$STORES" -maxdepth 1 -name 'images-2*' ! -path "$STORE" -exec rm -rf {} +

# buildah writes an index to /var/lib/containers even when --root names another folder.
cat >"$WORK/build.sh" <<'END_BUILD'
mkdir -p /var/lib/containers && mount -t tmpfs tmpfs /var/lib/containers && exec "$@"
END_BUILD
in_namespaces --mount-proc sh "$WORK/build.sh" "$ROOT/packaging/ci/images" build "$STORE" "$SQS_FOLDER" >"$WORK/build.log" 2>&1
code=$?
[ $code -eq 0 ] || {
	lost=$(grep -m 1 -iE "$UNREACHABLE" "$WORK/build.log") && leave_out "$lost"
	cat "$WORK/build.log"
}
grep '^built ' "$WORK/build.log"
result $code 'the images are built'
[ $code -eq 0 ] || exit 1

# The tree gets its own /run, because podman keeps sockets and locks there.
cat >"$WORK/enter.sh" <<'END_ENTER'
set -e
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs tmpfs /var/lib/containers
ip link set lo up
cd "$1"
exec python3 tests/images/run.py "$2" /run/images
END_ENTER
export COMPOSE
part 'the images' in_namespaces --mount-proc --net sh "$WORK/enter.sh" "$ROOT" "$STORE"
