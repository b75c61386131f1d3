/* One statement moves many read marks. push-server sends it through its pipeline of
 * asynchronous statements. */
#include <string.h>

#include "async_loop.h"
#include "cunit_main.h"
#include "store/member_store.h"
#include "store/message_store.h"
#include "store/read_mark_store.h"
#include "store_fixture.h"

#include "core/banned.h"

static struct fixture f;

struct asked {
	struct read_mark_answer *out;
	size_t n;
	bool done;
};

static void
on_done(void *ctx, enum es_code rc, struct pg_rows *rows, struct arena *a,
    const struct es_err *err)
{
	struct asked *asked = ctx;

	(void)err;
	CU_ASSERT_EQUAL_FATAL(rc, ES_OK);
	CU_ASSERT_EQUAL((size_t)rows->count, asked->n);
	read_mark_store_many_read(rows, asked->n, a, asked->out);
	asked->done = true;
}

/* Sends the statement without a tenant, because its marks may belong to several. */
static void
mark(const struct read_mark_ask asks[], size_t n, struct read_mark_answer out[])
{
	struct asked asked = {out, n, false};
	struct loop l;

	open_loop(&l, 4, false);
	FINE(pg_async_send(l.pa, NULL, &read_mark_store_many,
	    read_mark_store_many_params(f.arena, asks, n), 5000, on_done, &asked,
	    &f.err));
	TURN_UNTIL(&l, asked.done);
	pg_async_close(&l.pa);
}

static struct read_mark_ask
ask(const struct actor *who, const struct channel_id *channel, int64_t id)
{
	return (struct read_mark_ask){who->tenant, who->user, *channel, id};
}

static int64_t
stored(const struct actor *who, const struct channel_id *channel)
{
	const char *const key[] = {who->tenant.text, channel->text, who->user.text};

	return fixture_number(&f, &who->tenant,
	    "SELECT last_read_seq FROM channel_members WHERE tenant_id = $1"
	    " AND channel_id = $2 AND user_id = $3",
	    key, 3);
}

static struct channel_id
channel_with(const struct actor *who, const char *name, bool is_private, int messages)
{
	const struct channel_id id = fixture_channel(&f, who, name, is_private);

	for (int i = 0; i < messages; i++)
		(void)fixture_send(&f, who, &id, NULL, "x");
	return id;
}

static void
marks_of_several_tenants_move_at_once(void)
{
	const struct channel_id one = channel_with(&f.bob, "many one", false, 5);
	const struct channel_id two = channel_with(&f.bob, "many two", true, 3);
	const struct channel_id other = channel_with(&f.foreign, "many", false, 4);
	const struct read_mark_ask asks[] = {
	    ask(&f.foreign, &other, 2), ask(&f.bob, &two, 3), ask(&f.bob, &one, 4)};
	struct read_mark_answer out[3];

	mark(asks, 3, out);
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(out[i].rc, ES_OK);
		CU_ASSERT_EQUAL(out[i].mark.stands, asks[i].id);
	}
	CU_ASSERT_EQUAL(stored(&f.foreign, &other), 2);
	CU_ASSERT_EQUAL(stored(&f.bob, &two), 3);
	CU_ASSERT_EQUAL(stored(&f.bob, &one), 4);
}

static void
a_mark_goes_forward_and_not_past_the_head(void)
{
	const struct channel_id id = channel_with(&f.bob, "forward", false, 5);
	const struct read_mark_ask to_3 = ask(&f.bob, &id, 3), back = ask(&f.bob, &id, 1),
				   past = ask(&f.bob, &id, 99);
	struct read_mark_answer out;

	mark(&to_3, 1, &out);
	CU_ASSERT_EQUAL(out.mark.stands, 3);
	mark(&back, 1, &out);
	CU_ASSERT_EQUAL(out.rc, ES_OK);
	CU_ASSERT_EQUAL(out.mark.stands, 3);
	mark(&past, 1, &out);
	CU_ASSERT_EQUAL(out.mark.stands, 5);
	CU_ASSERT_EQUAL(stored(&f.bob, &id), 5);
}

static void
the_largest_of_several_marks_of_a_channel_counts(void)
{
	const struct channel_id id = channel_with(&f.bob, "several", false, 9);
	const struct read_mark_ask asks[] = {
	    ask(&f.bob, &id, 2), ask(&f.bob, &id, 7), ask(&f.bob, &id, 4)};
	struct read_mark_answer out[3];

	mark(asks, 3, out);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(out[i].mark.stands, 7);
	CU_ASSERT_EQUAL(stored(&f.bob, &id), 7);
}

/* Each entry gets the answer that read_mark_store_read() gives for it. */
static void
refuses_what_read_mark_store_read_refuses(void)
{
	const struct channel_id open = channel_with(&f.bob, "not joined", false, 2);
	const struct channel_id closed = channel_with(&f.bob, "not mine", true, 2);
	const struct channel_id foreign = channel_with(&f.foreign, "theirs", false, 2);
	struct channel_id nowhere;
	struct read_mark_answer out[6];
	struct read_mark one;
	struct member member;
	struct event_list events;
	struct event event;
	bool added;

	uuid_new(nowhere.text);
	const struct read_mark_ask asks[] = {ask(&f.carol, &open, 1),
	    ask(&f.carol, &closed, 1), ask(&f.carol, &foreign, 1),
	    ask(&f.carol, &nowhere, 1), ask(&f.bob, &open, 1),
	    {f.carol.tenant, f.foreign.user, foreign, 1}};

	mark(asks, 6, out);
	CU_ASSERT_EQUAL(out[0].rc, ES_FORBIDDEN);
	CU_ASSERT_EQUAL(out[1].rc, ES_NOT_FOUND);
	CU_ASSERT_EQUAL(out[2].rc, ES_NOT_FOUND);
	CU_ASSERT_EQUAL(out[3].rc, ES_NOT_FOUND);
	CU_ASSERT_EQUAL(out[4].rc, ES_OK);
	CU_ASSERT_EQUAL(out[5].rc, ES_NOT_FOUND);
	CU_ASSERT_EQUAL(stored(&f.foreign, &foreign), 0);
	for (int i = 0; i < 4; i++)
		CU_ASSERT_EQUAL(read_mark_store_read(f.pg, &f.carol, &asks[i].channel, 1,
				    f.arena, &one, &f.err),
		    out[i].rc);

	FINE(member_store_put(f.pg, &f.bob, &closed, &f.carol.user, NULL, f.arena,
	    &member, &added, &event, &f.err));
	FINE(member_store_remove(
	    f.pg, &f.bob, &closed, &f.carol.user, f.arena, &events, &f.err));
	mark(&asks[1], 1, out); /* no longer a member */
	CU_ASSERT_EQUAL(out[0].rc, ES_NOT_FOUND);
}

/* A mark that does not move writes nothing: no new row version, no new time. */
static void
a_mark_that_stays_is_not_written(void)
{
	const struct channel_id id = channel_with(&f.bob, "stays", false, 2);
	const struct read_mark_ask a = ask(&f.bob, &id, 2);
	const char *const key[] = {a.tenant.text, id.text, a.user.text};
	static const char xmin[] =
	    "SELECT xmin::text::bigint FROM channel_members WHERE tenant_id = $1"
	    " AND channel_id = $2 AND user_id = $3";
	struct read_mark_answer out;
	int64_t before;

	mark(&a, 1, &out);
	before = fixture_number(&f, &a.tenant, xmin, key, 3);
	mark(&a, 1, &out);
	CU_ASSERT_EQUAL(out.mark.stands, 2);
	CU_ASSERT_EQUAL(fixture_number(&f, &a.tenant, xmin, key, 3), before);
}

static void
accepts_read_mark_store_max_marks_in_one_statement(void)
{
	const struct channel_id ids[] = {channel_with(&f.bob, "most a", false, 9),
	    channel_with(&f.bob, "most b", false, 9)};
	struct read_mark_ask *asks =
	    arena_alloc(f.arena, READ_MARK_STORE_MAX * sizeof(*asks));
	struct read_mark_answer *out =
	    arena_alloc(f.arena, READ_MARK_STORE_MAX * sizeof(*out));

	for (int i = 0; i < READ_MARK_STORE_MAX; i++)
		asks[i] = ask(i % 10 == 9 ? &f.carol : &f.bob, &ids[i % 2], i % 9);
	mark(asks, READ_MARK_STORE_MAX, out);
	for (int i = 0; i < READ_MARK_STORE_MAX; i++)
		CU_ASSERT_EQUAL(out[i].rc, i % 10 == 9 ? ES_FORBIDDEN : ES_OK);
	CU_ASSERT_EQUAL(stored(&f.bob, &ids[0]), 8);
	CU_ASSERT_EQUAL(stored(&f.bob, &ids[1]), 8);
}

static CU_TestInfo cases[] = {
    {"marks of several tenants move at once", marks_of_several_tenants_move_at_once},
    {"a mark goes forward and not past the head",
	a_mark_goes_forward_and_not_past_the_head},
    {"the largest of several marks of a channel counts",
	the_largest_of_several_marks_of_a_channel_counts},
    {"refuses what read_mark_store_read() refuses",
	refuses_what_read_mark_store_read_refuses},
    {"a mark that stays is not written", a_mark_that_stays_is_not_written},
    {"accepts READ_MARK_STORE_MAX marks in one statement",
	accepts_read_mark_store_max_marks_in_one_statement},
    CU_TEST_INFO_NULL,
};
STORE_MAIN("read_mark_store", cases, f)
