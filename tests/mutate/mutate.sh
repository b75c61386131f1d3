# Starts a PostgreSQL and a Redis for mutate.py and stops them afterwards. See ./dev mutate.
. "$(dirname -- "$0")/../run/lib.sh"
private postgres
private redis
export MUTATE_PGBIN="$PGBIN" MUTATE_RUN="$RUN" MUTATE_REDIS_CLI="$REDIS_CLI"
nice -n 10 python3 tests/mutate/mutate.py "$@" &
pid=$!
trap 'kill $pid; wait $pid; exit 143' INT TERM HUP
wait $pid
