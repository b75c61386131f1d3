# Test the benchmark: its load generator must find planted faults, each workload must run in a tiny
# size, and the result must be complete. No check depends on the speed of the machine. Test the
# simulation in bench/capacity, too.
. "$(dirname -- "$0")/lib.sh"
export ES_PUSH_CONNECTIONS=18200 ES_LIMIT_USER_SEND=0 ES_LIMIT_USER_READ=0 ES_LIMIT_USER_WRITE=0
part 'capacity' python3 bench/capacity/selftest.py
private_stack || die 1 'the stack did not start'
part 'runner' python3 bench/runner/selftest.py --env "$WORK/env" --build "$BUILD"
