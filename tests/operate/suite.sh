# suite.sh upgrade|backup|queue-move: one part of the suite `operate`, on a stack of its own
. "$(dirname -- "$0")/../run/lib.sh"
. "$ROOT/packaging/dev/build.sh"

# The last release has programs that ask for an older schema: the commit before the one that set the
# present DB_STORE_VERSION.
last_release() {
	version=$(sed -n 's/^#define DB_STORE_VERSION "\([0-9]*\)".*/\1/p' shared/store/db_store.h)
	[ -n "$version" ] || die 1 'shared/store/db_store.h has no DB_STORE_VERSION'
	changed=$(git log -1 --format=%H -S"\"$version\"" -- shared/store/db_store.h 2>/dev/null)
	[ -n "$changed" ] && git rev-parse -q --verify "$changed^" 2>/dev/null
}

upgrade() {
	old=$(last_release) || {
		skip upgrade "no history in this clone: the last release can't be built [18 checks]"
		exit 0
	}
	tree=$WORK/last
	mkdir "$tree"
	git archive "$old" | tar -x -C "$tree" || die 1 "git archive $old failed"
	(
		ROOT=$tree
		build_setup "$tree/build"
		build_run "$tree/build" api-fcgi/echostream-api fanout/echostream-fanout \
			push-server/echostream-push ctl/echostreamctl
	) || exit 1
	say "the last release is $(git log -1 --format='%h (%s)' "$old")"
	# The last release's ./dev starts the stack, with its schema and its programs.
	(
		ROOT=$tree
		ES_BUILD_DIR=$tree/build
		export ES_BUILD_DIR
		private_stack
	) || die 1 'the stack of the last release did not start'
	suite_stack=yes
	load_env "$WORK/env"
	part upgrade python3 tests/operate/upgrade.py --env "$WORK/env" --build "$BUILD" \
		--old-build "$tree/build" --root "$ROOT" --work "$WORK"
}

case $1 in
upgrade) upgrade ;;
*) die 2 "unknown part: $1" ;;
esac
