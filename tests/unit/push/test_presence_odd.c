/* Changes of presence that can't be read. */
#include <stdio.h>
#include <string.h>

#include "cunit_main.h"
#include "fake_presence.h"
#include "presence/presence_private.h"

#include "core/banned.h"

static struct outside out;
static struct fake_worker worker;

static void
hear(struct fake_conn *f, const char *json)
{
	(void)f, (void)json;
}

static void
settle(void)
{
	for (unsigned i = 0; i < 4; i++) {
		presence_turn(worker.presence);
		while (presence_fake_step(&out))
			;
		out_drain(&out);
	}
}

/* Each is counted; the first of a minute is logged. */
static void
test_odd_changes(void)
{
	static const char *const odd[] = {"", "{}",
	    "{\"userId\":\"x\",\"status\":\"online\"}",
	    "{\"userId\":\"01900000-0000-7000-8000-00000000a001\",\"status\":\"away\"}"};
	struct presence_io io;
	struct fake_conn *f;
	char topic[ES_TOPIC_MAX];

	fake_worker_init(&worker);
	out_init(&out, &worker, 1);
	presence_fake_init(&out);
	io = out_presence_io(&out);
	worker.presence =
	    presence_new(&worker.env, &worker.conns, &presence_limits_default, &io);
	presence_redis_state(worker.presence, true);
	f = fake_conn_open(&worker, OUT_TENANT, out.users[0].text, "X", hear);
	settle();
	(void)snprintf(topic, sizeof(topic), "es:t:%s:p", OUT_TENANT);
	presence_message(worker.presence, topic, odd[0], 0);
	CU_ASSERT_EQUAL(worker.presence->odd.n, 0); /* logged */
	for (unsigned i = 0; i < ES_COUNT(odd); i++)
		presence_message(worker.presence, topic, odd[i], strlen(odd[i]));
	CU_ASSERT_EQUAL(worker.presence->odd.n, ES_COUNT(odd));
	fake_conn_closed(f);
	settle();
	presence_free(&worker.presence);
	out_fini(&out);
	fake_worker_fini(&worker);
}

static CU_TestInfo cases[] = {
    {"a change that can't be read is counted", test_odd_changes},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/presence_odd", cases)
