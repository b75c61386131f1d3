# The same cases on each driver of an interface. The Redis driver runs on a private Redis.
. "$(dirname -- "$0")/lib.sh"
private redis
export ES_TEST_REDIS_URL="unix://$RUN/redis.sock"
python3 tests/run/cunit.py "$BUILD" contract
