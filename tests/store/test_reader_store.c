#include <stdio.h>
#include <string.h>

#include "cunit_main.h"
#include "store/channel_store.h"
#include "store/member_store.h"
#include "store/origin_store.h"
#include "store/reader_store.h"
#include "store/tenant_store.h"
#include "store/user_store.h"
#include "store_fixture.h"

#include "core/banned.h"

static struct fixture f;
static struct event_page page;

static enum es_code
read_page(const struct tenant_id *tenant, const struct channel_id *id, int64_t after,
    int64_t to, int64_t limit)
{
	struct pg_rows rows;

	TRY(pg_run(f.pg, tenant, &reader_store_page,
	    reader_store_page_params(f.arena, tenant, id, after, to, limit), f.arena,
	    &rows, &f.err));
	return reader_store_page_read(
	    &rows, tenant, id, after, to, limit, f.arena, &page, &f.err);
}

static int
authorise(const struct actor *who, const struct channel_id ids[], size_t n,
    struct rights_row out[])
{
	struct rights_key asks[4];
	struct pg_rows rows;
	int found = 0;

	for (size_t i = 0; i < n; i++)
		asks[i] = (struct rights_key){who->tenant, who->user, ids[i]};
	CU_ASSERT_EQUAL_FATAL(
	    pg_run(f.pg, NULL, &reader_store_rights,
		reader_store_rights_params(f.arena, asks, n), f.arena, &rows, &f.err),
	    ES_OK);
	while (pg_next(&rows, f.arena, &out[found]))
		found++;
	return found;
}

static void
returns_the_channels_that_a_user_may_read(void)
{
	struct channel_id ids[] = {fixture_channel(&f, &f.bob, "open", false),
	    fixture_channel(&f, &f.bob, "closed", true),
	    fixture_channel(&f, &f.foreign, "foreign", false), {""}};
	struct rights_row out[4];
	struct user user;

	uuid_new(ids[3].text);
	(void)fixture_send(&f, &f.bob, &ids[1], NULL, "x");
	CU_ASSERT_EQUAL_FATAL(authorise(&f.bob, ids, 4, out), 2);
	CU_ASSERT_EQUAL(out[0].ord, 0);
	CU_ASSERT_EQUAL(out[1].ord, 1);
	CU_ASSERT_EQUAL(out[1].head, 1);
	CU_ASSERT_TRUE(out[1].is_private && out[1].is_member && !out[1].archived);
	CU_ASSERT_TRUE(out[1].acl_version > 0);
	CU_ASSERT_TRUE(uuid_valid(out[1].epoch));
	CU_ASSERT_EQUAL_FATAL(authorise(&f.carol, ids, 4, out), 1);
	CU_ASSERT_FALSE(out[0].is_member);

	FINE(
	    user_store_deactivate(f.pg, &f.owner, &f.guest.user, f.arena, &user, &f.err));
	CU_ASSERT_EQUAL(authorise(&f.guest, ids, 4, out), 0);
}

/* reader_store_rights and reader_store_post_right return the same right to post, for each
 * user and channel. */
static void
both_statements_agree(void)
{
	const struct actor *const people[] = {
	    &f.owner, &f.admin, &f.bob, &f.carol, &f.guest, &f.foreign};
	const char *const settings[] = {"everyone", "admins"};
	struct channel_id ids[9];
	size_t n = 0;
	int may = 0, may_not = 0, none = 0;
	struct channel_patch patch = {0};
	struct channel changed;
	struct event event;
	struct event_list events;

	for (size_t i = 0; i < 4; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "agree %zu", i);
		ids[n] = fixture_channel(&f, &f.bob, name, i % 2 == 1);
		patch.posting_policy = settings[i / 2];
		FINE(channel_store_patch(
		    f.pg, &f.bob, &ids[n++], &patch, f.arena, &changed, &event, &f.err));
	}
	ids[n] = fixture_channel(&f, &f.bob, "agree archived", false);
	FINE(channel_store_archive(
	    f.pg, &f.bob, &ids[n++], f.arena, &changed, &event, &f.err));
	ids[n] = fixture_channel(&f, &f.bob, "agree banned", false);
	FINE(member_store_ban(
	    f.pg, &f.bob, &ids[n++], &f.carol.user, f.arena, &events, &f.err));
	ids[n++] = fixture_channel(&f, &f.foreign, "agree foreign", false);
	uuid_new(ids[n++].text);
	for (size_t p = 0; p < ES_COUNT(people); p++)
		for (size_t i = 0; i < n; i++) {
			const char *const params[] = {
			    people[p]->tenant.text, people[p]->user.text, ids[i].text};
			struct rights_row many = {0};
			struct post_right one = {0};
			struct pg_rows rows;
			const bool found = authorise(people[p], &ids[i], 1, &many) == 1;

			FINE(pg_run(f.pg, &people[p]->tenant, &reader_store_post_right,
			    params, f.arena, &rows, &f.err));
			CU_ASSERT_EQUAL(pg_next(&rows, f.arena, &one), found);
			CU_ASSERT_EQUAL(one.archived, many.archived);
			CU_ASSERT_EQUAL(one.may_post, many.may_post);
			none += !found;
			may += found && one.may_post;
			may_not += found && !one.may_post;
		}
	CU_ASSERT_TRUE(none > 0 && may > 0 && may_not > 0);
}

/* The store decides about each pair of user and channel on its own. One call may have
 * pairs of several tenants. */
static void
returns_rights_of_users_of_several_tenants(void)
{
	const struct channel_id closed = fixture_channel(&f, &f.bob, "closed2", true);
	const struct channel_id theirs = fixture_channel(&f, &f.foreign, "theirs", false);
	const struct rights_key asks[] = {
	    {f.bob.tenant, f.bob.user, closed},
	    {f.carol.tenant, f.carol.user, closed},
	    {f.foreign.tenant, f.foreign.user, closed},
	    {f.foreign.tenant, f.bob.user, theirs},
	    {f.foreign.tenant, f.foreign.user, theirs},
	};
	struct rights_row row;
	struct pg_rows rows;

	(void)fixture_send(&f, &f.bob, &closed, NULL, "x");
	FINE(pg_run(f.pg, NULL, &reader_store_rights,
	    reader_store_rights_params(f.arena, asks, ES_COUNT(asks)), f.arena, &rows,
	    &f.err));
	CU_ASSERT_TRUE_FATAL(pg_next(&rows, f.arena, &row));
	CU_ASSERT_EQUAL(row.ord, 0);
	CU_ASSERT_EQUAL(row.head, 1);
	CU_ASSERT_TRUE(row.is_private && row.is_member && !row.archived);
	CU_ASSERT_TRUE(row.acl_version > 0);
	CU_ASSERT_TRUE(uuid_valid(row.epoch));
	CU_ASSERT_TRUE_FATAL(pg_next(&rows, f.arena, &row));
	CU_ASSERT_EQUAL(row.ord, 4);
	CU_ASSERT_EQUAL(row.head, 0);
	CU_ASSERT_FALSE(row.is_private);
	CU_ASSERT_FALSE(pg_next(&rows, f.arena, &row));
}

/* Messages and other events share numbers: a page has both, in order. */
static void
pages_merge_messages_and_events(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "merged", false);
	struct channel channel;
	struct event joined;

	(void)fixture_send(&f, &f.bob, &id, "c-1", "one");
	FINE(channel_store_join(f.pg, &f.carol, &id, f.arena, &channel, &joined, &f.err));
	(void)fixture_send(&f, &f.carol, &id, NULL, "three");
	FINE(read_page(&f.bob.tenant, &id, 0, 1000, 100));
	CU_ASSERT_EQUAL_FATAL(page.n, 3);
	CU_ASSERT_EQUAL(page.head, 3);
	CU_ASSERT_EQUAL(page.through, 3);
	for (unsigned i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(page.events[i].seq, i + 1);
		SAME(page.events[i].channel, id);
	}
	CU_ASSERT_EQUAL(page.events[0].kind, EVENT_MESSAGE);
	CU_ASSERT_STRING_EQUAL(page.events[0].body, "one");
	CU_ASSERT_STRING_EQUAL(page.events[0].client_id, "c-1");
	CU_ASSERT_STRING_EQUAL(page.events[0].display_name, "Bob");
	CU_ASSERT_PTR_NULL(page.events[0].payload);
	/* History returns exactly the published events. */
	CU_ASSERT_EQUAL(page.events[1].kind, joined.kind);
	CU_ASSERT_STRING_EQUAL(page.events[1].payload, joined.payload);
	CU_ASSERT_EQUAL(page.events[1].created_ms, joined.created_ms);
	CU_ASSERT_STRING_EQUAL(page.events[1].display_name, joined.display_name);
	SAME(page.events[1].user, joined.user);
	CU_ASSERT_STRING_EQUAL(page.events[2].display_name, "Carol");
	FINE(read_page(&f.bob.tenant, &id, 0, 1, 100));
	CU_ASSERT_EQUAL(page.n, 1);
	FINE(read_page(&f.bob.tenant, &id, 1, 2, 100));
	CU_ASSERT_EQUAL(page.n, 1);
	CU_ASSERT_EQUAL(page.through, 2);
}

static void
a_page_returns_the_last_number_that_it_covers(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "reach", false);
	struct channel_id nobody;

	FINE(read_page(&f.bob.tenant, &id, 0, 100, 10)); /* no event yet */
	CU_ASSERT_EQUAL(page.n, 0);
	CU_ASSERT_EQUAL(page.through, 0);
	CU_ASSERT_EQUAL(page.head, 0);
	for (unsigned i = 0; i < 6; i++)
		(void)fixture_send(&f, &f.bob, &id, NULL, "x");
	FINE(read_page(&f.bob.tenant, &id, 1, 100, 3)); /* ended by the limit */
	CU_ASSERT_EQUAL(page.n, 3);
	CU_ASSERT_EQUAL(page.through, 4);
	CU_ASSERT_EQUAL(page.head, 6);
	FINE(read_page(&f.bob.tenant, &id, 1, 4, 100)); /* ended by `to` */
	CU_ASSERT_EQUAL(page.n, 3);
	CU_ASSERT_EQUAL(page.through, 4);
	FINE(read_page(&f.bob.tenant, &id, 4, 100, 1)); /* one row, an event */
	CU_ASSERT_EQUAL(page.n, 1);
	CU_ASSERT_EQUAL(page.through, 5);
	FINE(read_page(&f.bob.tenant, &id, 9, 100,
	    1)); /* above the head: a cursor from before a restore */
	CU_ASSERT_EQUAL(page.n, 0);
	CU_ASSERT_EQUAL(page.through, 6);

	uuid_new(nobody.text);
	REFUSED(f, read_page(&f.bob.tenant, &nobody, 0, 9, 9), ES_NOT_FOUND,
	    "no such channel");
	REFUSED(f, read_page(&f.foreign.tenant, &id, 0, 9, 9), ES_NOT_FOUND,
	    "no such channel");
}

/* Numbers that es_recovered() skipped have no event, and the page covers them. */
static void
a_page_covers_skipped_numbers(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "skipped", false);
	const char *const key[] = {id.text, f.bob.tenant.text};

	(void)fixture_send(&f, &f.bob, &id, NULL, "before");
	CU_ASSERT_EQUAL(fixture_number(&f, &f.bob.tenant,
			    "UPDATE channel_heads SET last_seq = 1000"
			    " WHERE channel_id = $1 AND tenant_id = $2 RETURNING 1",
			    key, 2),
	    1);
	FINE(read_page(&f.bob.tenant, &id, 1, 600, 100));
	CU_ASSERT_EQUAL(page.n, 0);
	CU_ASSERT_EQUAL(page.through, 600);
}

static void
reads_heads_of_several_tenants(void)
{
	const struct channel_id ids[] = {fixture_channel(&f, &f.bob, "h1", false),
	    fixture_channel(&f, &f.foreign, "h2", false)};
	const struct tenant_id right[] = {f.bob.tenant, f.foreign.tenant};
	const struct tenant_id wrong[] = {f.foreign.tenant, f.foreign.tenant};
	struct head_row heads[2];
	struct pg_rows rows;

	(void)fixture_send(&f, &f.foreign, &ids[1], NULL, "x");
	FINE(pg_run(f.pg, NULL, &reader_store_heads,
	    reader_store_heads_params(f.arena, right, ids, 2), f.arena, &rows, &f.err));
	CU_ASSERT_TRUE_FATAL(pg_next(&rows, f.arena, &heads[0]));
	CU_ASSERT_TRUE_FATAL(pg_next(&rows, f.arena, &heads[1]));
	CU_ASSERT_EQUAL(heads[0].ord, 0);
	CU_ASSERT_TRUE(heads[0].exists && heads[1].exists);
	CU_ASSERT_EQUAL(heads[0].head, 0);
	CU_ASSERT_EQUAL(heads[1].head, 1);
	FINE(pg_run(f.pg, NULL, &reader_store_heads,
	    reader_store_heads_params(f.arena, wrong, ids, 2), f.arena, &rows, &f.err));
	CU_ASSERT_TRUE_FATAL(pg_next(&rows, f.arena, &heads[0]));
	CU_ASSERT_FALSE(heads[0].exists);
}

static void
reads_versions_and_origins(void)
{
	struct tenant_id tenants[2] = {f.foreign.tenant};
	const struct tenant_patch patch = {.max_channels = -1,
	    .max_messages_per_second = -1,
	    .settings = "{\"allowed_origins\":[\"https://globex.test\"]}"};
	struct tenant tenant;
	static const char *const asked[] = {"https://nobody.test", "https://globex.test"};
	struct origin_row origin;
	struct acl_row acl;
	struct pg_rows rows;

	uuid_new(tenants[1].text);
	FINE(tenant_store_patch(
	    f.pg, &f.foreign.tenant, &patch, f.arena, &tenant, &f.err));
	FINE(pg_run(f.pg, NULL, &reader_store_acl,
	    reader_store_acl_params(f.arena, tenants, 2), f.arena, &rows, &f.err));
	CU_ASSERT_TRUE_FATAL(pg_next(&rows, f.arena, &acl));
	CU_ASSERT_TRUE(acl.exists);
	CU_ASSERT_EQUAL(acl.acl_version, tenant.acl_version);
	CU_ASSERT_STRING_EQUAL(acl.status, "active");
	CU_ASSERT_TRUE_FATAL(pg_next(&rows, f.arena, &acl));
	CU_ASSERT_EQUAL(acl.ord, 1);
	CU_ASSERT_FALSE(acl.exists);
	FINE(pg_run(f.pg, NULL, &origin_store_allowed,
	    origin_store_params(f.arena, asked, ES_COUNT(asked)), f.arena, &rows,
	    &f.err));
	CU_ASSERT_TRUE_FATAL(pg_next(&rows, f.arena, &origin));
	CU_ASSERT_STRING_EQUAL(origin.origin, "https://globex.test");
	CU_ASSERT_FALSE(pg_next(&rows, f.arena, &origin));
}

static CU_TestInfo cases[] = {
    {"returns the channels that a user may read",
	returns_the_channels_that_a_user_may_read},
    {"both statements of rights agree", both_statements_agree},
    {"returns rights of users of several tenants",
	returns_rights_of_users_of_several_tenants},
    {"pages merge messages and events", pages_merge_messages_and_events},
    {"a page returns the last number that it covers",
	a_page_returns_the_last_number_that_it_covers},
    {"a page covers skipped numbers", a_page_covers_skipped_numbers},
    {"reads heads of several tenants", reads_heads_of_several_tenants},
    {"reads versions and origins", reads_versions_and_origins},
    CU_TEST_INFO_NULL,
};
STORE_MAIN("reader_store", cases, f)
