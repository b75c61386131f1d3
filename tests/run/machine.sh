# Cause faults that need root: lost packets, full disks, no descriptors, connections or memory left, wrong
# clocks.
. "$(dirname -- "$0")/../faults/own_machine.sh"
own_machine_enter "$0" || exit 0
. "$(dirname -- "$0")/lib.sh"
trap 'code=$?; own_machine_leave $code; suite_end $code' EXIT
own_machine_stack || die 1 'the stack did not start'
part 'the machine faults' python3 tests/faults/run.py --env "$WORK/env" --build "$BUILD" --machine --rounds 1 \
	--kinds 'net-*,disk-*,files-*,memory-*,cpu-*,clock-*,io-*,pg-connections,pg-slow' \
	--seed "${ES_TEST_FAULTS_SEED:-1}" --least-acks 5000 --least-kinds 20

part 'the stories' python3 tests/faults/named.py --env "$WORK/env" --build "$BUILD" --machine
