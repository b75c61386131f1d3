# ./dev bench: measure EchoStream and, for comparison, a bare server (the floor), on a private
# stack.

verb_bench() {
	case ${1:-} in
	help) set -- --help ;;
	esac
	case " $* " in
	*' --help '* | *' -h '*) exec python3 "$ROOT/bench/runner/main.py" --help ;;
	esac
	packages_ensure "$ROOT/packaging/apt-up.txt"
	suites=bench packages_ensure "$ROOT/packaging/apt-test.txt"
	build_setup "$BUILD"
	build_run "$BUILD" api-fcgi/echostream-api fanout/echostream-fanout \
		push-server/echostream-push ctl/echostreamctl bench/bench_load bench/bench_floor
	exec python3 "$ROOT/bench/runner/main.py" --build "$BUILD" "$@"
}
