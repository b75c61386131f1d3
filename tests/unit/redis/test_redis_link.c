/* The back-off before a new connection depends on how long the last one lasted. */
#include "cunit_main.h"
#include "redis/redis_link.h"

#include "core/banned.h"

static void
the_back_off_grows_while_the_server_is_away(void)
{
	CU_ASSERT_EQUAL(redis_link_tries(0, -1), 0);
	CU_ASSERT_EQUAL(redis_link_tries(9, -1), 9);
}

static void
the_back_off_stays_short_while_the_server_accepts(void)
{
	CU_ASSERT_EQUAL(redis_link_tries(0, 0), 0);
	CU_ASSERT_EQUAL(redis_link_tries(2, 100), 2);
	CU_ASSERT_EQUAL(redis_link_tries(9, 0), 2);
	CU_ASSERT_EQUAL(redis_link_tries(9, 4999), 2);
}

static void
the_back_off_restarts_after_a_long_connection(void)
{
	CU_ASSERT_EQUAL(redis_link_tries(9, 5000), 0);
}

static CU_TestInfo cases[] = {
    {"the back-off grows while the server is away",
	the_back_off_grows_while_the_server_is_away},
    {"the back-off stays short while the server accepts",
	the_back_off_stays_short_while_the_server_accepts},
    {"the back-off restarts after a long connection",
	the_back_off_restarts_after_a_long_connection},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("redis/link", cases)
