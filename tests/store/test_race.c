/* Several writers on one channel at the same time: numbers have no holes, and the rules
 * hold. */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/check.h"
#include "cunit_main.h"
#include "store/channel_store.h"
#include "store/member_store.h"
#include "store/reader_store.h"
#include "store/user_store.h"
#include "store_fixture.h"

#include "core/banned.h"

enum { ROUNDS = 60 };

static struct fixture f;
static struct channel_id id;

/* Runs work() in a child process. The child opens its own connection, because two
 * processes must not share one. */
static pid_t
in_child(
    void (*work)(struct fixture *mine, const struct actor *who), const struct actor *who)
{
	struct fixture mine = {0};
	pid_t pid;

	pid = fork();
	if (pid != 0)
		return pid;
	mine = (struct fixture){.pg = fixture_connect(), .arena = arena_new()};
	work(&mine, who);
	fixture_close(&mine);
	_exit(0);
}

static void
all_succeed(const pid_t pids[], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int status = -1;

		CU_ASSERT_EQUAL(waitpid(pids[i], &status, 0), pids[i]);
		CU_ASSERT_EQUAL(status, 0);
	}
}

static void
send_many(struct fixture *mine, const struct actor *who)
{
	for (int i = 0; i < ROUNDS; i++) {
		const struct outcome o = fixture_send(mine, who, &id, NULL, "x");

		CHECK(o.code == ES_OK || o.code == ES_CHANNEL_ARCHIVED);
	}
}

static void
join_and_leave(struct fixture *mine, const struct actor *who)
{
	struct event_list events;
	struct channel channel;
	struct event event;

	for (int i = 0; i < ROUNDS; i++) {
		const enum es_code rc = channel_store_join(
		    mine->pg, who, &id, mine->arena, &channel, &event, &mine->err);

		CHECK(rc == ES_OK || rc == ES_CHANNEL_ARCHIVED);
		CHECK(channel_store_leave(
			  mine->pg, who, &id, mine->arena, &events, &mine->err) == ES_OK);
	}
}

static void
archive_and_restore(struct fixture *mine, const struct actor *who)
{
	struct channel channel;
	struct event event;

	for (int i = 0; i < ROUNDS / 4; i++) {
		CHECK(channel_store_archive(mine->pg, who, &id, mine->arena, &channel,
			  &event, &mine->err) == ES_OK);
		CHECK(channel_store_unarchive(mine->pg, who, &id, mine->arena, &channel,
			  &event, &mine->err) == ES_OK);
	}
}

static void
numbers_have_no_holes(void)
{
	struct event_page page;
	struct pg_rows rows;
	pid_t pids[5];

	id = fixture_channel(&f, &f.bob, "busy", false);
	pids[0] = in_child(send_many, &f.bob);
	pids[1] = in_child(send_many, &f.carol);
	pids[2] = in_child(join_and_leave, &f.carol);
	pids[3] = in_child(join_and_leave, &f.owner);
	pids[4] = in_child(archive_and_restore, &f.admin);
	all_succeed(pids, ES_COUNT(pids));

	FINE(pg_run(f.pg, &f.bob.tenant, &reader_store_page,
	    reader_store_page_params(
		f.arena, &f.bob.tenant, &id, 0, 10000, EVENT_PAGE_MAX),
	    f.arena, &rows, &f.err));
	FINE(reader_store_page_read(
	    &rows, &f.bob.tenant, &id, 0, 10000, EVENT_PAGE_MAX, f.arena, &page, &f.err));
	CU_ASSERT_TRUE(page.n > ROUNDS);
	CU_ASSERT_EQUAL((int64_t)page.n, page.head);
	for (size_t i = 0; i < page.n; i++) {
		CU_ASSERT_EQUAL(page.events[i].seq, (int64_t)i + 1);
		if (i > 0)
			CU_ASSERT_TRUE(
			    page.events[i].created_ms >= page.events[i - 1].created_ms);
	}
}

static struct actor rivals[2];

/* Two owners take the role from each other at the same time: one of them must keep it. */
static void
take_the_others_role(struct fixture *mine, const struct actor *who)
{
	const struct actor *other = who == &rivals[0] ? &rivals[1] : &rivals[0];
	const struct user_patch member = {.role = "member"}, owner = {.role = "owner"};
	struct member out;
	struct event event;
	struct user user;
	bool added;

	for (int i = 0; i < ROUNDS; i++) {
		/* The roles that the callers know are out of date: the store must read
		 * them. */
		IGNORE(user_store_patch(mine->pg, who, &other->user, &member, mine->arena,
		    &user, &mine->err));
		IGNORE(user_store_patch(
		    mine->pg, who, &who->user, &owner, mine->arena, &user, &mine->err));
		IGNORE(member_store_put(mine->pg, who, &id, &other->user, "member",
		    mine->arena, &out, &added, &event, &mine->err));
		IGNORE(member_store_put(mine->pg, who, &id, &who->user, "owner",
		    mine->arena, &out, &added, &event, &mine->err));
	}
	IGNORE(user_store_patch(
	    mine->pg, who, &other->user, &member, mine->arena, &user, &mine->err));
	IGNORE(member_store_put(mine->pg, who, &id, &other->user, "member", mine->arena,
	    &out, &added, &event, &mine->err));
}

static void
one_owner_always_stays(void)
{
	const char *key[] = {f.foreign.tenant.text, NULL};
	struct member member;
	struct event event;
	bool added;
	pid_t pids[2];

	rivals[0] = f.foreign;
	rivals[1] = fixture_user(&f, &f.foreign, "rival", "owner");
	id = fixture_channel(&f, &rivals[0], "throne", false);
	key[1] = id.text;
	FINE(member_store_put(f.pg, &rivals[0], &id, &rivals[1].user, "owner", f.arena,
	    &member, &added, &event, &f.err));
	pids[0] = in_child(take_the_others_role, &rivals[0]);
	pids[1] = in_child(take_the_others_role, &rivals[1]);
	all_succeed(pids, 2);
	CU_ASSERT_TRUE(fixture_number(&f, &f.foreign.tenant,
			   "SELECT count(*) FROM users WHERE tenant_id = $1"
			   " AND role = 'owner'",
			   key, 1) >= 1);
	CU_ASSERT_TRUE(fixture_number(&f, &f.foreign.tenant,
			   "SELECT count(*) FROM channel_members WHERE tenant_id = $1"
			   " AND channel_id = $2 AND role = 'owner'",
			   key, 2) >= 1);
}

static CU_TestInfo cases[] = {
    {"numbers have no holes", numbers_have_no_holes},
    {"one owner always stays", one_owner_always_stays},
    CU_TEST_INFO_NULL,
};
STORE_MAIN("race", cases, f)
