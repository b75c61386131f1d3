# ./dev build: build with meson and ninja.

# build_setup DIR [OPTION...]: run `meson setup` with these options, unless the build folder exists
build_setup() {
	dir=$1
	shift
	[ -f "$dir/build.ninja" ] && return 0
	meson setup "$@" "$dir" "$ROOT" >"$dir.log" 2>&1 || {
		tail -n 20 "$dir.log" >&2
		rm -rf "$dir"
		die 1 "meson setup failed; the whole output is in $dir.log"
	}
	rm -f "$dir.log"
}

# build_run DIR [TARGET...]: compile; print the output only when the build fails
build_run() {
	dir=$1
	shift
	out=$(ninja -C "$dir" "$@" 2>&1) || {
		printf '%s\n' "$out" | tail -n 60 >&2
		die 1 "the build failed"
	}
}

verb_build() {
	packages_ensure "$ROOT/packaging/apt-up.txt"
	build_setup "$BUILD"
	exec ninja -C "$BUILD" "$@"
}
