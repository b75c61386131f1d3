/* Acl versions of a tenant: polls, hints, and the look-ups that a change causes. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cunit_main.h"

#include "event/event.h"
#include "hub/hub_state.h"
#include "hub_rig.h"

#include "core/banned.h"

static void
test_acl(void)
{
	char hint[200];

	hub_begin(NULL);
	(void)hub_join(0);
	hub_advance(6000);
	CU_ASSERT_EQUAL(out.revalidated, 0);
	out.acl_version = 2;
	hub_advance(5500);
	CU_ASSERT_EQUAL(out.revalidated, 1);
	out.acl_version = 3;
	(void)snprintf(
	    hint, sizeof(hint), "{\"tenant\":\"%s\",\"aclVersion\":3}", OUT_TENANT);
	hub_on_topic_message(worker.hub, TOPIC_CONTROL, hint, strlen(hint));
	hub_advance(250);
	CU_ASSERT_EQUAL(out.revalidated, 2);
	/* The worker looks up again only connections with an older version. */
	(void)hub_join(1);
	CU_ASSERT_EQUAL(out.revalidated, 2);
	CU_ASSERT_EQUAL(out.revalidated_conns, 1);
	hub_advance(5500);
	CU_ASSERT_EQUAL(out.revalidated, 2);
	/* After a hint that can't be read, the worker polls immediately. */
	out.acl_version = 4;
	hub_on_topic_message(worker.hub, TOPIC_CONTROL, "{", 1);
	hub_on_topic_message(worker.hub, TOPIC_CONTROL, "{", 1);
	CU_ASSERT_EQUAL(worker.hub->unreadable.n, 1); /* the first one was logged */
	hub_advance(250);
	CU_ASSERT_EQUAL(out.revalidated, 3);
	hub_end();
}

static void
hint(const char *user, int64_t version)
{
	char json[200];

	(void)snprintf(json, sizeof(json),
	    "{\"tenant\":\"%s\",\"user\":\"%s\",\"aclVersion\":%" PRId64 "}", OUT_TENANT,
	    user, version);
	hub_on_topic_message(worker.hub, TOPIC_CONTROL, json, strlen(json));
}

/* After a hint that names a user, the worker looks up only this user. A jump of the
 * version shows that a hint was lost. */
static void
test_hint_of_a_user(void)
{
	hub_begin(NULL);
	(void)hub_join(0);
	hub_advance(6000);
	out.acl_version = 2;
	hint(out.users[1].text, 2);
	CU_ASSERT_EQUAL(out.revalidated_users, 1);
	hub_advance(5500); /* the poll finds nothing new */
	CU_ASSERT_EQUAL(out.revalidated, 0);
	out.acl_version = 4; /* the hint of version 3 is lost */
	hint(out.users[1].text, 4);
	CU_ASSERT_EQUAL(out.revalidated_users, 2);
	hub_advance(250);
	CU_ASSERT_EQUAL(out.revalidated, 1);
	hub_end();
}

/* After a hint that names a jti, the worker looks up only connections with this token. */
static void
test_hint_of_a_jti(void)
{
	char json[200];

	hub_begin(NULL);
	(void)hub_join(0);
	hub_advance(6000);
	for (int version = 2; version <= 4; version += 2) { /* hint 3 is lost */
		out.acl_version = version;
		(void)snprintf(json, sizeof(json),
		    "{\"tenant\":\"%s\",\"jti\":\"j-1\",\"aclVersion\":%d}", OUT_TENANT,
		    version);
		hub_on_topic_message(worker.hub, TOPIC_CONTROL, json, strlen(json));
		CU_ASSERT_EQUAL(out.revalidated_jtis, (unsigned)version / 2);
		CU_ASSERT_EQUAL(out.revalidated_users, 0);
		hub_advance(5500);
		CU_ASSERT_EQUAL(out.revalidated, version == 4);
	}
	hub_end();
}

static CU_TestInfo cases[] = {
    {"a new acl version looks the users up again", test_acl},
    {"a hint that names a user looks up no other user", test_hint_of_a_user},
    {"a hint that names a jti looks up no other token", test_hint_of_a_jti},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/acl", cases)
