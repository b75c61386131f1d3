# Send random requests made from api/openapi.yaml to a private stack. ES_PROPERTY_SEED repeats a run,
# ES_PROPERTY_REQUESTS sets the number of requests.
. "$(dirname -- "$0")/lib.sh"
seed=${ES_PROPERTY_SEED:-} requests=${ES_PROPERTY_REQUESTS:-3000}
# Unset both variables, because the programs warn of unknown settings or refuse them.
unset ES_PROPERTY_SEED ES_PROPERTY_REQUESTS
# The test sends as a few users and without a pause, so the limits of users are off.
export ES_LIMIT_USER_READ=0 ES_LIMIT_USER_WRITE=0 ES_LIMIT_USER_CREATE=0 \
	ES_LIMIT_ADDRESS_FAILURES=0
private_stack || die 1 'the stack did not start'
load_env "$WORK/env"
part 'the self-test of the property test' python3 tests/property/selftest.py --env "$WORK/env"
part 'the property test' python3 tests/property/property.py --env "$WORK/env" --schemas api --seed "$seed" \
	--requests "$requests"
