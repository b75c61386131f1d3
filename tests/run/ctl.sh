# echostreamctl on a private stack.
. "$(dirname -- "$0")/lib.sh"
private_stack || die 1 'the stack did not start'
load_env "$WORK/env"
ES_TEST_CTL=$(program_binary ctl) python3 tests/ctl/ctl.py
