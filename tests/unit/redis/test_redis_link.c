/* The back-off of a connection, by the result of the last one. */
#include "cunit_main.h"
#include "redis/redis_link.h"

#include "core/banned.h"

static void
grows_while_the_server_is_away(void)
{
	CU_ASSERT_EQUAL(redis_link_tries(0, -1), 0);
	CU_ASSERT_EQUAL(redis_link_tries(9, -1), 9);
}

static void
stays_short_while_it_answers(void)
{
	CU_ASSERT_EQUAL(redis_link_tries(0, 0), 0);
	CU_ASSERT_EQUAL(redis_link_tries(2, 100), 2);
	CU_ASSERT_EQUAL(redis_link_tries(9, 0), 2);
	CU_ASSERT_EQUAL(redis_link_tries(9, 4999), 2);
}

static void
begins_anew_after_a_long_connection(void)
{
	CU_ASSERT_EQUAL(redis_link_tries(9, 5000), 0);
}

static CU_TestInfo cases[] = {
    {"grows while the server is away", grows_while_the_server_is_away},
    {"stays short while it answers", stays_short_while_it_answers},
    {"starts again at the minimum after a long connection",
	begins_anew_after_a_long_connection},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("redis/link", cases)
