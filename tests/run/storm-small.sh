# The suite `storm` with few clients and one kind of cut, short enough for every run.
ES_TEST_STORM_CLIENTS=${ES_TEST_STORM_CLIENTS:-1000}
ES_TEST_STORM_CUTS=${ES_TEST_STORM_CUTS:-kill}
export ES_TEST_STORM_CLIENTS ES_TEST_STORM_CUTS
. "$(dirname -- "$0")/storm.sh"
