# ./dev mutate: break a copy of the tree in one line at a time; which edits does no test see?

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
