# ./dev mutate: break one line at a time in a copy of the tree, and list the edits that no test notices.

verb_mutate() {
	packages_ensure "$ROOT/packaging/apt-up.txt"
	packages_ensure "$ROOT/packaging/apt-test.txt"
	case " $* " in
	*' -h '* | *' --help '* | *' --list '*)
		exec python3 "$ROOT/tests/mutate/mutate.py" "$@"
		;;
	esac
	exec sh "$ROOT/tests/mutate/mutate.sh" "$@"
}
