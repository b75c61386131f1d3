# CUnit programs on a real, migrated PostgreSQL, as the programs' own role.
. "$(dirname -- "$0")/lib.sh"
private_database
private redis
export ES_TEST_REDIS_URL="unix://$RUN/redis.sock"
python3 tests/run/cunit.py "$BUILD" store
