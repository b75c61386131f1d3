# The tests again, in a Debian 13 tree with its compiler, libraries and servers. Needs root.
. "$(dirname -- "$0")/lib.sh"
. "$ROOT/packaging/dev/packages.sh"
. "$ROOT/tests/install/trees.sh"
. "$ROOT/packaging/dev/sqs.sh"

# These suites are left out: tidy, because its findings depend on the version of clang-tidy, and we use
# 14. faults, asan, storm, storm-small, operate, machine and pooler, because they take too long. compose
# and images, because the images have their own Debian 13. deb, because it makes its own trees.
# terraform, because Debian has no package of it. bench, because it tests no installed program.
SUITES_13='lint unit contract store sql plans migrate api conf settings units causes dev ctl scenario property fuzz'
SUITES_13_SQS='sqs scenario-sqs'

wanted() {
	suites="$SUITES_13 $SUITES_13_SQS"
	for list in up test; do
		packages_wanted "$ROOT/packaging/apt-$list.txt" | sed 's/.*|//'
	done
	echo nodejs
}

tree_possible debian13
tree_find debian13 trixie apt "$(wanted)" || tree_leave_out debian13 "$lost"

mkdir -p "$WORK/src" "$WORK/tmp" "$TREE/src" "$TREE/root/.cache/echostream/sqs-$SQS_FAUXQS"
chmod 1777 "$WORK/tmp"
git -c safe.directory="$ROOT" ls-files -z |
	tar --null --files-from=- --ignore-failed-read -cf - | tar -xf - -C "$WORK/src"
if sqs_find; then
	SUITES_13="$SUITES_13 $SUITES_13_SQS"
else
	skip debian13 "$SUITES_13_SQS: ${sqs_lost:-no SQS server} [340 checks]"
	SQS_FOLDER=''
fi

cat >"$WORK/enter.sh" <<'END'
set -eu
tree=$1 work=$2 sqs=$3
shift 3
mount --make-rprivate /
mount -t proc proc "$tree/proc"
mount --rbind /dev "$tree/dev"
mount -t tmpfs -o mode=1777 tmpfs "$tree/dev/shm"
mount --bind "$work/src" "$tree/src"
mount --bind "$work/tmp" "$tree/tmp"
[ -z "$sqs" ] || mount --bind "$sqs" "$tree/root/.cache/echostream/${sqs##*/}"
# ./dev is a child of this shell, which is process 1 and therefore reaps orphans.
chroot "$tree" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 CI=true \
	NO_COLOR=1 ES_TEST_BUDGETS=no /src/dev test "$@"
END
# shellcheck disable=SC2086
in_namespaces sh "$WORK/enter.sh" "$TREE" "$WORK" "$SQS_FOLDER" $SUITES_13 >"$WORK/out" 2>&1
code=$?

cat "$WORK/out"
for suite in $SUITES_13; do
	log=$WORK/src/build/test-log/$suite.log
	[ -f "$log" ] && sed -n "s/^\(ok\|not ok\|skip\) /\1 debian13: $suite: /p" "$log"
done
result $code 'debian13: ./dev test passes'
# Debian 12 cannot make these checks: its hiredis 0.14 has no TLS, its libcurl 7.88 signs differently.
grep -q '^ok redis/tls: ' "$WORK/src/build/test-log/contract.log"
result $? 'debian13: a test used rediss://'
[ -z "$SQS_FOLDER" ] || {
	# shellcheck disable=SC2016
	chroot "$TREE" dpkg-query -W -f '${Version}' libcurl4t64 | grep -q '^8\.' &&
		grep -q '^ok ' "$WORK/src/build/test-log/sqs.log"
	result $? 'debian13: libcurl 8 sent requests to SQS'
}
