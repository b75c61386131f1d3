# The commands of ./dev, on a private stack.
. "$(dirname -- "$0")/lib.sh"
. "$ROOT/packaging/dev/ports.sh"
ES_PORT=$(random_port) ES_PUSH_PORT=$(random_port)
export ES_PORT ES_PUSH_PORT ES_DEV_FSYNC=off
suite_stack=yes
# The tests change this file, which the programs read again on SIGHUP.
ES_SETTINGS_FILE=$WORK/settings.env
export ES_SETTINGS_FILE
: >"$ES_SETTINGS_FILE"
python3 tests/run/dev_stack.py "$WORK"
