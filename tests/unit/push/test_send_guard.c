/* Sends that the guard of the queue charges. */
#include <stdio.h>
#include <string.h>

#include "cunit_main.h"

#include "one_client.h"

#include "core/banned.h"

#define CHANNEL "01900000-0000-7000-8000-00000000c001"

static void
send_n(unsigned n)
{
	char json[200];

	(void)snprintf(json, sizeof(json),
	    "{\"type\":\"send\",\"id\":\"i%u\",\"channelId\":\"" CHANNEL
	    "\",\"body\":\"m%u\",\"clientMessageId\":\"c%u\"}",
	    n, n, n);
	client_text(&client, json);
}

/* When the queue is in the Redis of the limits, the first send of a lane is charged by
 * the guard of the queue, and alone in its envelope. Sends that come meanwhile are
 * charged apart. */
static void
the_queue_charges_the_first_send(void)
{
	one_client_up();
	rig.conf.common.queue_url = "redis:";
	for (unsigned i = 1; i <= 3; i++)
		send_n(i);
	rig_turn(&rig);
	CU_ASSERT_EQUAL_FATAL(fakes.n_sent, 2);
	CU_ASSERT_EQUAL(fakes.guards, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(fakes.sent[0], "\"m1\""));
	CU_ASSERT_PTR_NULL(strstr(fakes.sent[0], "\"m2\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(fakes.sent[1], "\"m3\""));
	CU_ASSERT_EQUAL(metrics_sum(rig.worker.env.metrics, PM_SENDS), 3);
	fakes.limited = true;
	send_n(4);
	CU_ASSERT_TRUE(one_client_answered("rate_limited"));
	CU_ASSERT_PTR_NOT_NULL(strstr(got.text, "\"id\":\"i4\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(got.text, "900"));
	CU_ASSERT_EQUAL(metrics_sum(rig.worker.env.metrics, PM_RATE_LIMITED_USER), 1);
	CU_ASSERT_EQUAL(metrics_sum(rig.worker.env.metrics, PM_SENDS), 3);
	fakes.limited = false;
	fakes.queue = ES_QUEUE_FULL;
	send_n(5);
	CU_ASSERT_TRUE(one_client_answered("queue_full"));
	fakes.queue = ES_OK;
	fakes.authz = ES_NOT_FOUND; /* charged without the queue, then refused */
	fakes.guards = 0;
	send_n(6);
	CU_ASSERT_TRUE(one_client_answered("not_found"));
	CU_ASSERT_EQUAL(fakes.guards, 0);
	fakes.authz = ES_OK;
	send_n(7);
	rig_turn(&rig);
	CU_ASSERT_EQUAL(fakes.guards, 1);
	CU_ASSERT_TRUE(list_empty(&rig_conn(&rig, &client)->lanes));
	one_client_down();
}

static CU_TestInfo cases[] = {
    {"the guard of the queue charges the first send of a lane",
	the_queue_charges_the_first_send},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/send_guard", cases)
