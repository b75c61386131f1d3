# The tests again, in a Debian 13 tree with its compiler, libraries and servers. mmdebstrap makes the
# tree from the machine's own mirror. The tree stays in the user's cache for a month, because making
# it takes longer than most suites. The suites run in their own namespaces, so that no mount and no
# process outlives them. Needs root.
. "$(dirname -- "$0")/lib.sh"
. "$ROOT/packaging/dev/packages.sh"
. "$ROOT/packaging/dev/sqs.sh"

# tidy is left out, because its findings depend on the version and version 14 decides. faults, asan and
# storm are left out, because they take too long; compose and images, because the images have a
# Debian 13 of their own; terraform, because Debian has no package of it.
SUITES_13='lint unit contract store sql plans migrate api conf settings units causes dev ctl scenario property fuzz'
SUITES_13_SQS='sqs scenario-sqs'
CACHE=${ES_DEBIAN13_CACHE:-${XDG_CACHE_HOME:-${HOME:-$WORK}/.cache}/echostream}

# in_namespaces COMMAND...: run the command as process 1 of new namespaces, which end with it. It runs
# in the background, so that a trap can end it.
in_namespaces() {
	unshare --mount --pid --fork --kill-child "$@" &
	inside=$!
	wait $inside
	code=$?
	inside=''
	return $code
}

# End process 1 first: unshare ends only when all processes of the namespace have ended.
debian13_end() {
	if [ -n "${inside:-}" ]; then
		read -r first <"/proc/$inside/task/$inside/children"
		kill -9 "${first:-$inside}" 2>/dev/null
		wait "$inside"
	fi
	rm -rf "$CACHE/debian13.$$"
	suite_end
}
inside=''
trap debian13_end EXIT

leave_out() {
	skip debian13 "$*"
	exit 0
}

# Errors of apt when the mirror is unreachable. Any other error of apt fails the suite.
UNREACHABLE='could not (resolve|connect)|connection (failed|refused|timed out)|failed to fetch'

# Print the mirror that this machine's apt uses, for any release.
mirror() {
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
		sed -n 's/^\(bookworm\|trixie\|stable\|oldstable\) //p' | head -n 1
}

wanted() {
	suites="$SUITES_13 $SUITES_13_SQS"
	for list in up test; do
		packages_wanted "$ROOT/packaging/apt-$list.txt" | sed 's/.*|//'
	done
	echo nodejs
}

# make_tree DIR: run mmdebstrap with this machine's apt settings of proxies and the age of lists
make_tree() {
	apt-config dump | grep -E '^Acquire::(http|https|Check-)' >"$WORK/apt.conf"
	in_namespaces mmdebstrap --mode=root --variant=apt --aptopt="$WORK/apt.conf" \
		--aptopt='Acquire::Languages "none"' --aptopt='APT::Install-Recommends "false"' \
		--include="$(wanted | paste -sd,)" trixie "$1" "$(mirror)" >"$WORK/mmdebstrap.log" 2>&1
}

# find_tree: set $TREE; on failure set $lost to the reason
find_tree() {
	TREE=$CACHE/debian13-$(date +%Y%m)-$(wanted | cksum | cut -d ' ' -f 1)
	[ -d "$TREE" ] && return 0
	[ -n "$(mirror)" ] || {
		lost="no mirror of Debian in apt's sources"
		return 1
	}
	mkdir -p "$CACHE" || exit 1
	make_tree "$CACHE/debian13.$$" || {
		cat "$WORK/mmdebstrap.log"
		lost=$(grep -m 1 -iE "$UNREACHABLE" "$WORK/mmdebstrap.log") && return 1
		die 1 'cannot make the Debian 13 tree'
	}
	rm -rf "$CACHE"/debian13-*
	mv -T "$CACHE/debian13.$$" "$TREE"
}

[ "$(id -u)" -eq 0 ] || leave_out 'needs root'
unshare --mount --pid --fork true 2>/dev/null || leave_out 'may not make namespaces here'
find_tree || leave_out "$lost"

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
