/* The client loses its subscription for a moment. */
#include "core/clock.h"
#include "cunit_main.h"
#include "fake_redis.h"
#include "redis/redis.h"

#include "core/banned.h"

#define WAIT_MS 5000
#define SOON_MS 1000

/* As soon as the client is subscribed again, the program can look up the messages that it
 * missed. A later report would only delay that. */
static void
a_loss_is_reported_when_messages_arrive_again(void)
{
	static const char said[] = "*3\r\n$9\r\nsubscribe\r\n$6\r\nes:r:x\r\n:1\r\n";
	struct fake_redis f = {.first = said, .later = said, .cut = true};
	struct arena *a = arena_new();
	struct redis_sub *s;
	struct es_err err;
	const char *data;
	bool lost = false;
	size_t n;

	fake_redis_begin(&f);
	CU_ASSERT_EQUAL_FATAL(redis_sub_open(f.url, "es:r:x", &s, &err), ES_OK);
	CU_ASSERT_TRUE(redis_sub_up(s));
	CU_ASSERT_EQUAL(redis_sub_wait(s, WAIT_MS, a, &data, &n, &lost, &err), ES_OK);
	CU_ASSERT_TRUE(lost);
	CU_ASSERT_PTR_NULL(data);
	CU_ASSERT_NOT_EQUAL(fake_redis_later_ms(&f), 0);
	CU_ASSERT_TRUE(clock_mono_ms() - fake_redis_later_ms(&f) < SOON_MS);
	redis_sub_close(&s);
	fake_redis_end(&f);
	arena_free(&a);
}

static CU_TestInfo cases[] = {
    {"a loss is reported when messages arrive again",
	a_loss_is_reported_when_messages_arrive_again},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("redis/sub", cases)
