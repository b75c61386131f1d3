# ./dev faults: run faults on a stack of its own, under load, for a given time.

faults_usage() {
	die 2 'usage: faults [--queue redis|sqs] [--minutes N] [--seed S] [--kinds A,B,-C] [--pairs SHARE] [--pause-ms MS] [--machine] [--repeat N] [--keep]'
}

verb_faults() {
	minutes=10 keep=no queue=redis machine=no repeat=1
	options=''
	while [ $# -gt 0 ]; do
		case $1 in
		--*=*)
			word=$1
			shift
			set -- "${word%%=*}" "${word#*=}" "$@"
			;;
		esac
		case $1 in
		--keep) keep=yes ;;
		--machine) machine=yes options="$options --machine" ;;
		--queue | --minutes | --repeat | --seed | --kinds | --pairs | --pause-ms)
			[ $# -gt 1 ] || faults_usage
			case $2 in
			*[!A-Za-z0-9.,*-]* | '') faults_usage ;;
			esac
			case $1 in
			--queue) queue=$2 ;;
			--minutes) minutes=$2 ;;
			--repeat) repeat=$2 ;;
			*) options="$options $1=$2" ;;
			esac
			shift
			;;
		*) faults_usage ;;
		esac
		shift
	done
	case $queue in
	redis | sqs) ;;
	*) faults_usage ;;
	esac
	packages_ensure "$ROOT/packaging/apt-up.txt"
	packages_ensure "$ROOT/packaging/apt-test.txt"
	build_setup "$BUILD"
	build_run "$BUILD"
	points=$ROOT/build-points
	build_setup "$points" -Dcrash_points=true
	build_run "$points" fanout/echostream-fanout
	ES_BUILD_DIR=$BUILD ES_TEST_FAULTS_KEEP=$keep ES_TEST_MACHINE=$machine \
		ES_TEST_FAULTS_REPEAT=$repeat sh "$ROOT/tests/faults/long.sh" "$queue" "$minutes" "$options"
}
