# The suite `storm` with few clients and one kind of cut, short enough for every run.
ES_TEST_STORM_CLIENTS=${ES_TEST_STORM_CLIENTS:-1000}
ES_TEST_STORM_CUTS=${ES_TEST_STORM_CUTS:-kill}
ES_TEST_STORM_REACTIONS=${ES_TEST_STORM_REACTIONS:-300}
export ES_TEST_STORM_CLIENTS ES_TEST_STORM_CUTS ES_TEST_STORM_REACTIONS
. "$(dirname -- "$0")/storm.sh"
