#include <string.h>

#include "cunit_main.h"
#include "store/batch_store.h"
#include "store/channel_store.h"
#include "store/member_store.h"
#include "store/read_mark_store.h"
#include "store/tenant_store.h"
#include "store_fixture.h"

#include "core/banned.h"

static struct fixture f;
static struct channel channel;
static struct event event;

static enum es_code
delete_(const struct actor *who, const struct channel_id *id)
{
	return channel_store_delete(f.pg, who, id, f.arena, &event, &f.err);
}

static int64_t
channel_count(const struct tenant_id *tenant)
{
	struct tenant t;

	FINE(tenant_store_get(f.pg, tenant, f.arena, &t, &f.err));
	return t.channel_count;
}

static void
put(const struct channel_id *id, const struct actor *whom, const char *role)
{
	struct member member;
	bool added;

	FINE(member_store_put(f.pg, &f.bob, id, &whom->user, role, f.arena, &member,
	    &added, &event, &f.err));
}

static void
only_an_owner_deletes_a_channel(void)
{
	const struct channel_id open = fixture_channel(&f, &f.bob, "del-open", false);
	const struct channel_id closed = fixture_channel(&f, &f.bob, "del-closed", true);

	put(&open, &f.carol, "admin");
	REFUSED(f, delete_(&f.carol, &open), ES_FORBIDDEN, NULL);
	REFUSED(f, delete_(&f.admin, &open), ES_FORBIDDEN, NULL);
	REFUSED(f, delete_(&f.owner, &closed), ES_NOT_FOUND, "no such channel");
	REFUSED(f, delete_(&f.foreign, &open), ES_NOT_FOUND, "no such channel");
	FINE(delete_(&f.owner, &open));
	CU_ASSERT_EQUAL(event.kind, EVENT_CHANNEL_DELETED);
	CU_ASSERT_EQUAL(event.seq, 2);
	SAME(event.user, f.owner.user);
	FINE(delete_(&f.bob, &closed));
	REFUSED(f, delete_(&f.bob, &closed), ES_NOT_FOUND, "no such channel");
}

/* A deletion frees name and quota at once, and no statement finds the channel. */
static void
after_the_deletion_nothing_finds_the_channel(void)
{
	const int64_t before = channel_count(&f.bob.tenant);
	const struct channel_id id = fixture_channel(&f, &f.bob, "del-all", false);
	const struct read_mark_ask ask = {f.bob.tenant, f.bob.user, id, 1};
	struct read_mark_answer answer;
	struct outcome outcome;
	struct pg_rows rows;

	CU_ASSERT_EQUAL(fixture_send(&f, &f.bob, &id, "kept", "hi").message_id, 1);
	CU_ASSERT_EQUAL(channel_count(&f.bob.tenant), before + 1);
	FINE(delete_(&f.bob, &id));
	CU_ASSERT_EQUAL(channel_count(&f.bob.tenant), before);
	REFUSED(f, channel_store_get(f.pg, &f.bob, &id, f.arena, &channel, &f.err),
	    ES_NOT_FOUND, "no such channel");
	/* Messages that are still in the queue are refused. */
	outcome = fixture_send(&f, &f.bob, &id, NULL, "too late");
	CU_ASSERT_EQUAL(outcome.result, OUTCOME_REFUSED);
	CU_ASSERT_EQUAL(outcome.code, ES_NOT_FOUND);
	/* Rows of members stay until the purge, but have no read mark. */
	FINE(pg_run(f.pg, NULL, &read_mark_store_many,
	    read_mark_store_many_params(f.arena, &ask, 1), f.arena, &rows, &f.err));
	read_mark_store_many_read(&rows, 1, f.arena, &answer);
	CU_ASSERT_EQUAL(answer.rc, ES_NOT_FOUND);
	(void)fixture_channel(&f, &f.carol, "del-all", true);
}

static int64_t
rows_left(const struct channel_id *id)
{
	return fixture_number(&f, &f.bob.tenant,
	    "SELECT (SELECT count(*) FROM messages WHERE tenant_id = $1"
	    " AND channel_id = $2) + (SELECT count(*) FROM channel_events"
	    " WHERE tenant_id = $1 AND channel_id = $2)"
	    " + (SELECT count(*) FROM channel_members WHERE tenant_id = $1"
	    " AND channel_id = $2)",
	    (const char *const[]){f.bob.tenant.text, id->text}, 2);
}

static void
purge_all(void)
{
	bool more = true;

	while (more)
		FINE(batch_store_purge_channels(f.pg, 1000, f.arena, &more, &f.err));
}

/* Each call deletes at most two rows in one transaction. The next call deletes more. */
static void
purges_a_deleted_channel_step_by_step(void)
{
	const struct channel_id gone = fixture_channel(&f, &f.bob, "del-purge", false);
	const struct channel_id kept = fixture_channel(&f, &f.bob, "del-kept", false);
	int64_t left, steps = 0;
	bool more = true;

	purge_all(); /* rows of other cases */
	for (int i = 0; i < 5; i++) {
		CU_ASSERT_EQUAL(fixture_send(&f, &f.bob, &gone, NULL, "x").code, ES_OK);
		CU_ASSERT_EQUAL(fixture_send(&f, &f.bob, &kept, NULL, "x").code, ES_OK);
	}
	put(&gone, &f.carol, NULL);
	FINE(delete_(&f.bob, &gone));
	left = rows_left(&gone);
	CU_ASSERT_EQUAL(left, 5 + 2 + 2);
	while (more) {
		int64_t now;

		FINE(batch_store_purge_channels(f.pg, 2, f.arena, &more, &f.err));
		now = rows_left(&gone);
		CU_ASSERT_TRUE(left - now <= 2);
		left = now;
		steps++;
	}
	CU_ASSERT_EQUAL(left, 0);
	CU_ASSERT_EQUAL(steps, 4 + 1 + 1); /* 4 of two rows, 1 of one row, 1 of none */
	CU_ASSERT_EQUAL(rows_left(&kept), 6);
}

static enum es_code
unarchive(const struct channel_id *id)
{
	return channel_store_unarchive(
	    f.pg, &f.foreign, id, f.arena, &channel, &event, &f.err);
}

/* The quota does not count archived channels, so unarchiving one may exceed it. */
static void
the_quota_does_not_count_archived_channels(void)
{
	const struct channel_id a = fixture_channel(&f, &f.foreign, "count-a", false);
	const int64_t before = channel_count(&f.foreign.tenant);
	struct tenant_patch patch = {.max_messages_per_second = -1};
	struct channel_id b;
	struct tenant tenant;

	FINE(channel_store_archive(
	    f.pg, &f.foreign, &a, f.arena, &channel, &event, &f.err));
	CU_ASSERT_EQUAL(channel_count(&f.foreign.tenant), before - 1);
	FINE(channel_store_archive(
	    f.pg, &f.foreign, &a, f.arena, &channel, &event, &f.err));
	CU_ASSERT_EQUAL(channel_count(&f.foreign.tenant), before - 1);
	patch.max_channels = before;
	FINE(tenant_store_patch(
	    f.pg, &f.foreign.tenant, &patch, f.arena, &tenant, &f.err));
	b = fixture_channel(&f, &f.foreign, "count-b", false);
	REFUSED(f, unarchive(&a), ES_QUOTA_EXCEEDED, NULL);
	CU_ASSERT_EQUAL(channel_count(&f.foreign.tenant), before);
	FINE(delete_(&f.foreign, &b));
	FINE(unarchive(&a));
	CU_ASSERT_EQUAL(channel_count(&f.foreign.tenant), before);
	FINE(channel_store_archive(
	    f.pg, &f.foreign, &a, f.arena, &channel, &event, &f.err));
	FINE(delete_(&f.foreign, &a)); /* archiving has freed its quota already */
	CU_ASSERT_EQUAL(channel_count(&f.foreign.tenant), before - 1);
}

static CU_TestInfo cases[] = {
    {"only an owner deletes a channel", only_an_owner_deletes_a_channel},
    {"after the deletion nothing finds the channel",
	after_the_deletion_nothing_finds_the_channel},
    {"purges a deleted channel step by step", purges_a_deleted_channel_step_by_step},
    {"the quota does not count archived channels",
	the_quota_does_not_count_archived_channels},
    CU_TEST_INFO_NULL,
};
STORE_MAIN("channel_delete", cases, f)
