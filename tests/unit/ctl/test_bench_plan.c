#include <stdio.h>
#include <string.h>

#include "cunit_main.h"

#include "bench_plan.h"

#include "core/banned.h"

static struct bench_plan plan;
static char why[BENCH_WHY];

static bool
takes(const char *sockets, const char *channels, const char *rate, const char *seconds)
{
	const struct bench_words words = {sockets, channels, rate, seconds};

	why[0] = '\0';
	return bench_plan_read(&words, &plan, why);
}

static void
has_defaults(void)
{
	CU_ASSERT_TRUE(takes(NULL, NULL, NULL, NULL));
	CU_ASSERT_EQUAL(plan.sockets, 100);
	CU_ASSERT_EQUAL(plan.channels, 10);
	CU_ASSERT_EQUAL(bench_plan_messages(&plan), 100);
}

static void
takes_each_limit_and_refuses_one_past_it(void)
{
	CU_ASSERT_TRUE(takes("2000", "100", "1000", "600"));
	CU_ASSERT_EQUAL(plan.sockets, BENCH_SOCKETS_MAX);
	CU_ASSERT_EQUAL(plan.channels, BENCH_CHANNELS_MAX);
	CU_ASSERT_EQUAL(plan.rate, BENCH_RATE_MAX);
	CU_ASSERT_EQUAL(plan.seconds, BENCH_SECONDS_MAX);
	CU_ASSERT_FALSE(takes("2001", NULL, NULL, NULL));
	CU_ASSERT_STRING_EQUAL(why, "--sockets must be 1 to 2000, got: 2001");
	CU_ASSERT_FALSE(takes(NULL, "101", NULL, NULL));
	CU_ASSERT_STRING_EQUAL(why, "--channels must be 1 to 100, got: 101");
	CU_ASSERT_FALSE(takes(NULL, NULL, "1001", NULL));
	CU_ASSERT_STRING_EQUAL(why, "--rate must be 1 to 1000, got: 1001");
	CU_ASSERT_FALSE(takes(NULL, NULL, NULL, "601"));
	CU_ASSERT_STRING_EQUAL(why, "--seconds must be 1 to 600, got: 601");
	CU_ASSERT_EQUAL(plan.sockets, BENCH_SOCKETS_MAX); /* untouched */
	CU_ASSERT_TRUE(takes("1", "1", "1", "1"));
	CU_ASSERT_FALSE(takes("0", NULL, NULL, NULL));
	CU_ASSERT_FALSE(takes(NULL, NULL, "1.5", NULL));
}

static void
spreads_messages_evenly(void)
{
	CU_ASSERT_TRUE_FATAL(takes(NULL, NULL, "1000", "600"));
	CU_ASSERT_EQUAL(bench_plan_due_us(&plan, 0), 0);
	CU_ASSERT_EQUAL(bench_plan_due_us(&plan, 1), 1000);
	CU_ASSERT_EQUAL(bench_plan_due_us(&plan, 600000), 600000000);
	CU_ASSERT_TRUE_FATAL(takes(NULL, NULL, "3", NULL));
	CU_ASSERT_EQUAL(bench_plan_due_us(&plan, 1), 333333);
	CU_ASSERT_EQUAL(bench_plan_due_us(&plan, 3), 1000000);
}

/* A socket that subscribed twice to a channel would count each delivery once, but wait
 * for two. */
static void
gives_each_socket_different_channels(void)
{
	static const char *const channels[] = {"1", "2", "3", "10", "100"};

	for (size_t i = 0; i < ES_COUNT(channels); i++) {
		CU_ASSERT_TRUE_FATAL(takes("2000", channels[i], NULL, NULL));
		for (unsigned s = 0; s < 2000; s++) {
			bool seen[BENCH_CHANNELS_MAX] = {false};

			for (unsigned k = 0; k < bench_plan_each(&plan); k++) {
				const unsigned ch = bench_plan_channel(&plan, s, k);

				CU_ASSERT_TRUE_FATAL(ch < plan.channels && !seen[ch]);
				seen[ch] = true;
			}
		}
	}
}

static void
knows_this_machine(void)
{
	static const char *const here[] = {
	    "http://127.0.0.1:8080",
	    "http://localhost",
	    "https://LOCALHOST:8443/",
	    "ws://127.1.2.3/ws",
	    "wss://[::1]:443/ws",
	    "unix:/run/push.sock",
	};
	static const char *const elsewhere[] = {
	    "https://chat.example.com",
	    "http://127.0.0.1.example.com/",
	    "http://127.0.0.1@example.com/",
	    "http://localhost.example.com",
	    "ws://10.0.0.1:8082/ws",
	    "ws://0.0.0.0/ws",
	    "wss://[2001:db8::1]/ws",
	    "http://128.0.0.1",
	    "no url",
	    "",
	};
	char host[BENCH_HOST];

	for (size_t i = 0; i < ES_COUNT(here); i++)
		CU_ASSERT_TRUE(bench_plan_is_local(here[i], host));
	for (size_t i = 0; i < ES_COUNT(elsewhere); i++)
		CU_ASSERT_FALSE(bench_plan_is_local(elsewhere[i], host));
	CU_ASSERT_FALSE(bench_plan_is_local("https://chat.example.com:8443/x", host));
	CU_ASSERT_STRING_EQUAL(host, "chat.example.com");
}

static CU_TestInfo cases[] = {
    {"has defaults", has_defaults},
    {"takes each limit, and refuses one past it",
	takes_each_limit_and_refuses_one_past_it},
    {"spreads messages evenly", spreads_messages_evenly},
    {"gives each socket different channels", gives_each_socket_different_channels},
    {"knows which URLs lead to this machine", knows_this_machine},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("bench_plan", cases)
