/* One session deactivates a user while another makes the user an owner of a channel. In
 * either order an active member owns the channel afterwards. */
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/check.h"
#include "cunit_main.h"
#include "store/channel_store.h"
#include "store/member_store.h"
#include "store/ownership_store.h"
#include "store/user_store.h"
#include "store_fixture.h"

#include "core/banned.h"

enum { ROUNDS = 20, POLL_MS = 2, POLLS = 2000 };

static struct fixture f;
static struct pg *watch; /* a session outside the open transaction */
static struct channel_id id;
static struct actor heir, other;

/* Deactivates a user, as user_store_deactivate() does inside its transaction. */
static const struct pg_stmt end_user = {
    .name = "test_end_user",
    .sql = "UPDATE users SET status = 'deactivated' WHERE tenant_id = $1 AND id = $2",
    .n_params = 2,
};

/* True when any session waits for a lock. */
static bool
a_session_waits(void)
{
	static const struct pg_stmt stmt = {
	    .name = "test_waits",
	    .sql = "SELECT FROM pg_locks WHERE NOT granted LIMIT 1",
	};
	struct pg_rows rows;

	FINE(pg_run(watch, &f.owner.tenant, &stmt, NULL, f.arena, &rows, &f.err));
	return rows.count > 0;
}

/* Waits until the child exits, or until a session waits for a lock. */
static void
await_child(pid_t pid)
{
	const struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};
	siginfo_t info;

	for (int i = 0; i < POLLS; i++) {
		info.si_pid = 0;
		CHECK(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0);
		if (info.si_pid == pid || a_session_waits())
			return;
		(void)nanosleep(&pause, NULL);
	}
	CU_FAIL("the child neither exits nor waits for a lock");
}

/* Runs work() in a child process. The child opens its own connection, because two
 * processes must not share one. */
static pid_t
in_child(void (*work)(struct fixture *mine))
{
	struct fixture mine = {0};
	const pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid != 0)
		return pid;
	mine = (struct fixture){.pg = fixture_connect(), .arena = arena_new()};
	work(&mine);
	fixture_close(&mine);
	_exit(0);
}

static void
child_succeeds(pid_t pid)
{
	int status = -1;

	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	CU_ASSERT_EQUAL(status, 0);
}

/* Runs `work` in another session, between the deactivation of the heir and its commit. */
static void
while_the_heir_is_deactivated(void (*work)(struct fixture *mine))
{
	const char *const params[] = {f.owner.tenant.text, heir.user.text};
	struct event_list handed_on;
	struct pg_rows rows;
	pid_t pid;

	FINE(pg_begin(f.pg, &f.owner.tenant, &f.err));
	FINE(pg_run(f.pg, NULL, &end_user, params, f.arena, &rows, &f.err));
	FINE(ownership_store_hand_on(
	    f.pg, &f.owner, &heir.user, NULL, f.arena, &handed_on, &f.err));
	pid = in_child(work);
	await_child(pid);
	FINE(pg_commit(f.pg, &f.err));
	child_succeeds(pid);
}

static void
put(struct fixture *mine, const struct actor *whom, const char *role, enum es_code rc)
{
	struct member member;
	struct event event;
	bool added;

	CHECK(member_store_put(mine->pg, &f.bob, &id, &whom->user, role, mine->arena,
		  &member, &added, &event, &mine->err) == rc);
}

/* Creates a channel with three members: bob is the owner, `heir` an admin, `other` a
 * member. When bob leaves, `heir` becomes the owner, or `other` if `heir` is deactivated.
 */
static void
channel_of_bob(const char *name)
{
	heir =
	    fixture_user(&f, &f.owner, arena_printf(f.arena, "heir-%s", name), "member");
	other =
	    fixture_user(&f, &f.owner, arena_printf(f.arena, "next-%s", name), "member");
	id = fixture_channel(&f, &f.bob, name, true);
	put(&f, &heir, "admin", ES_OK);
	put(&f, &other, NULL, ES_OK);
}

static int64_t
active_owners(void)
{
	const char *const params[] = {f.owner.tenant.text, id.text};

	return fixture_number(&f, &f.owner.tenant,
	    "SELECT count(*) FROM channel_members m JOIN users u"
	    " ON u.tenant_id = m.tenant_id AND u.id = m.user_id WHERE m.tenant_id = $1"
	    " AND m.channel_id = $2 AND m.role = 'owner' AND u.status = 'active'",
	    params, 2);
}

static void
bob_leaves(struct fixture *mine)
{
	struct event_list events;

	CHECK(channel_store_leave(
		  mine->pg, &f.bob, &id, mine->arena, &events, &mine->err) == ES_OK);
	CHECK(events.n == 2);
}

static void
the_owner_leaves(void)
{
	channel_of_bob("race-leave");
	while_the_heir_is_deactivated(bob_leaves);
	CU_ASSERT_EQUAL(active_owners(), 1);
}

static void
bob_is_deleted(struct fixture *mine)
{
	struct user user;

	CHECK(user_store_delete(mine->pg, &f.owner, &f.bob.user, mine->arena, &user,
		  &mine->err) == ES_OK);
}

/* bob makes the heir an owner, then gives up his own role. */
static void
bob_gives_up_his_role(struct fixture *mine)
{
	put(mine, &heir, "owner", ES_OK);
	put(mine, &f.bob, "member", ES_LAST_OWNER);
}

static void
the_owner_gives_up_the_role(void)
{
	channel_of_bob("race-give-up");
	while_the_heir_is_deactivated(bob_gives_up_his_role);
	CU_ASSERT_EQUAL(active_owners(), 1);
}

static void
heir_is_added_as_owner(struct fixture *mine)
{
	put(mine, &heir, "owner", ES_NOT_FOUND);
}

static void
an_owner_is_added(void)
{
	struct event_list events;

	channel_of_bob("race-add");
	FINE(channel_store_leave(f.pg, &heir, &id, f.arena, &events, &f.err));
	while_the_heir_is_deactivated(heir_is_added_as_owner);
	CU_ASSERT_EQUAL(active_owners(), 1);
}

static void
heir_takes_over(struct fixture *mine)
{
	struct channel channel;
	struct event event;

	CHECK(ownership_store_take_over(mine->pg, &heir, &id, mine->arena, &channel,
		  &event, &mine->err) == ES_TOKEN_REVOKED);
}

static void
the_tenants_owner_takes_over(void)
{
	const struct actor bob = f.bob;
	struct event_list events;

	f.bob = fixture_user(&f, &f.owner, "race-bob", "member");
	id = fixture_channel(&f, &f.bob, "race-take", true);
	heir = fixture_user(&f, &f.owner, "race-owner", "owner");
	FINE(channel_store_leave(f.pg, &f.bob, &id, f.arena, &events, &f.err));
	while_the_heir_is_deactivated(heir_takes_over);
	CU_ASSERT_EQUAL(active_owners(), 0); /* the channel still has no owner */
	f.bob = bob;
}

static void
heir_is_deactivated(struct fixture *mine)
{
	struct user user;

	CHECK(user_store_deactivate(mine->pg, &f.owner, &heir.user, mine->arena, &user,
		  &mine->err) == ES_OK);
}

/* The two sessions run in any order. */
static void
all_changes_at_once(void)
{
	const struct actor bob = f.bob;

	for (int i = 0; i < ROUNDS; i++) {
		pid_t pids[2];

		f.bob = fixture_user(
		    &f, &f.owner, arena_printf(f.arena, "bob-%d", i), "member");
		channel_of_bob(arena_printf(f.arena, "race-%d", i));
		pids[0] = in_child(i % 2 == 0 ? bob_leaves : bob_is_deleted);
		pids[1] = in_child(heir_is_deactivated);
		child_succeeds(pids[0]);
		child_succeeds(pids[1]);
		CU_ASSERT_EQUAL(active_owners(), 1);
	}
	f.bob = bob;
}

static int
setup(void)
{
	fixture_open(&f);
	watch = fixture_connect();
	return 0;
}

static int
cleanup(void)
{
	pg_close(&watch);
	fixture_close(&f);
	return 0;
}

static CU_TestInfo cases[] = {
    {"the owner leaves while the heir is deactivated", the_owner_leaves},
    {"the owner gives up the role while the heir is deactivated",
	the_owner_gives_up_the_role},
    {"a user is added as an owner while it is deactivated", an_owner_is_added},
    {"a user takes a channel over while it is deactivated", the_tenants_owner_takes_over},
    {"the owner leaves and the heir is deactivated, in any order", all_changes_at_once},
    CU_TEST_INFO_NULL,
};
CUNIT_MAIN_WITH("ownership_race", cases, setup, cleanup)
