/* A user is deactivated, activated again and deleted; its messages stay. */
#include <string.h>

#include "core/clock.h"
#include "cunit_main.h"
#include "store/channel_store.h"
#include "store/member_store.h"
#include "store/message_store.h"
#include "store/principal_store.h"
#include "store/reader_store.h"
#include "store/user_store.h"
#include "store_fixture.h"

#include "core/banned.h"

static struct fixture f;
static struct user user;

static int64_t
acl_version(void)
{
	return fixture_number(&f, &f.owner.tenant,
	    "SELECT acl_version FROM tenants WHERE id = $1",
	    (const char *const[]){f.owner.tenant.text}, 1);
}

/* Looks the user up for a token whose iat is in_s seconds after the present time; a
 * negative in_s is in the past. */
static enum es_code
look_up(const struct actor *who, int64_t in_s)
{
	struct principal p;

	return principal_store_get(f.pg, &who->tenant, &who->user, "jti",
	    clock_wall_ms() / 1000 + in_s, f.arena, &p, &f.err);
}

static void
a_reactivated_user_needs_new_tokens(void)
{
	const struct actor dave = fixture_user(&f, &f.owner, "dave", "member");
	int64_t version;

	FINE(user_store_deactivate(f.pg, &f.admin, &dave.user, f.arena, &user, &f.err));
	version = acl_version();
	REFUSED(f,
	    user_store_reactivate(f.pg, &f.bob, &dave.user, f.arena, &user, &f.err),
	    ES_FORBIDDEN, NULL);
	REFUSED(f,
	    user_store_reactivate(
		f.pg, &f.owner, &f.foreign.user, f.arena, &user, &f.err),
	    ES_NOT_FOUND, NULL);
	FINE(user_store_reactivate(f.pg, &f.admin, &dave.user, f.arena, &user, &f.err));
	CU_ASSERT_STRING_EQUAL(user.status, "active");
	CU_ASSERT_EQUAL(user.acl_version, version + 1);
	CU_ASSERT_EQUAL(acl_version(), version + 1);
	REFUSED(f, look_up(&dave, -60), ES_TOKEN_REVOKED, NULL);
	FINE(look_up(&dave, 60));
	FINE(user_store_reactivate(f.pg, &f.admin, &dave.user, f.arena, &user, &f.err));
	CU_ASSERT_EQUAL(acl_version(), version + 1);
}

static void
only_an_owner_deactivates_an_owner(void)
{
	const struct actor olga = fixture_user(&f, &f.owner, "olga", "owner");

	FINE(user_store_deactivate(f.pg, &f.owner, &olga.user, f.arena, &user, &f.err));
	REFUSED(f,
	    user_store_reactivate(f.pg, &f.admin, &olga.user, f.arena, &user, &f.err),
	    ES_FORBIDDEN, NULL);
	REFUSED(f, user_store_delete(f.pg, &f.admin, &olga.user, f.arena, &user, &f.err),
	    ES_FORBIDDEN, NULL);
	/* A deactivated user does not count as another owner. */
	REFUSED(f,
	    user_store_delete(f.pg, &f.owner, &f.owner.user, f.arena, &user, &f.err),
	    ES_LAST_OWNER, NULL);
	FINE(user_store_delete(f.pg, &f.owner, &olga.user, f.arena, &user, &f.err));
}

static void
deleting_a_user_erases_name_and_address(void)
{
	const struct actor emil = fixture_user(&f, &f.owner, "emil", "member");
	const struct user_new again = {
	    .email = "emil@example.test", .display_name = "Emil II"};
	const int64_t version = acl_version();
	struct user page_user;

	REFUSED(f, user_store_delete(f.pg, &f.bob, &emil.user, f.arena, &user, &f.err),
	    ES_FORBIDDEN, NULL);
	FINE(user_store_delete(f.pg, &f.admin, &emil.user, f.arena, &user, &f.err));
	CU_ASSERT_EQUAL(user.acl_version, version + 1);
	FINE(user_store_get(f.pg, &f.owner, &emil.user, f.arena, &page_user, &f.err));
	CU_ASSERT_STRING_EQUAL(page_user.status, "deleted");
	CU_ASSERT_STRING_EQUAL(page_user.display_name, "Deleted user");
	CU_ASSERT_PTR_NULL(page_user.email);
	CU_ASSERT_EQUAL(fixture_number(&f, &f.owner.tenant,
			    "SELECT count(*) FROM users WHERE tenant_id = $1 AND id = $2"
			    " AND (email || email_key || display_name || name_key)"
			    " ILIKE '%emil%'",
			    (const char *const[]){emil.tenant.text, emil.user.text}, 2),
	    0);
	REFUSED(f, look_up(&emil, 60), ES_TOKEN_REVOKED, NULL);
	FINE(user_store_delete(f.pg, &f.admin, &emil.user, f.arena, &user, &f.err));
	CU_ASSERT_EQUAL(acl_version(), version + 1);
	REFUSED(f,
	    user_store_reactivate(f.pg, &f.owner, &emil.user, f.arena, &user, &f.err),
	    ES_CONFLICT, NULL);
	REFUSED(f,
	    user_store_patch(f.pg, &f.owner, &emil.user,
		&(struct user_patch){.display_name = "x"}, f.arena, &user, &f.err),
	    ES_CONFLICT, NULL);
	FINE(user_store_create(f.pg, &f.owner, &again, f.arena, &user, &f.err));
}

/* The tenant may give the external id of a deleted user to another user. Only tokens
 * issued from then on belong to that user. */
static void
the_external_id_of_a_deleted_user_stays_blocked(void)
{
	const struct user_new first = {
	    .email = "ext@x.test", .display_name = "Ext", .external_id = "crm-7"};
	const struct user_new second = {
	    .email = "ext2@x.test", .display_name = "Ext II", .external_id = "crm-7"};
	const char *params[] = {f.owner.tenant.text, NULL};
	struct actor who = f.bob;
	struct user next;

	FINE(user_store_create(f.pg, &f.owner, &first, f.arena, &user, &f.err));
	who.user = user.id;
	REFUSED(f, user_store_create(f.pg, &f.owner, &second, f.arena, &next, &f.err),
	    ES_NAME_TAKEN, NULL);
	FINE(user_store_delete(f.pg, &f.owner, &who.user, f.arena, &user, &f.err));
	CU_ASSERT_PTR_NULL(user.external_id);
	CU_ASSERT_EQUAL(fixture_number(&f, &f.owner.tenant,
			    "SELECT count(*) FROM users WHERE tenant_id = $1"
			    " AND external_id = 'crm-7'",
			    params, 1),
	    0);
	REFUSED(f, look_up(&who, 60), ES_TOKEN_REVOKED, "the user is deleted");

	FINE(user_store_create(f.pg, &f.owner, &second, f.arena, &next, &f.err));
	CU_ASSERT_STRING_EQUAL(next.external_id, "crm-7");
	who.user = next.id;
	REFUSED(f, look_up(&who, -60), ES_TOKEN_REVOKED, "the token was revoked");
	FINE(look_up(&who, 60));
	params[1] = next.id.text;
	CU_ASSERT_EQUAL(fixture_number(&f, &f.owner.tenant,
			    "SELECT count(*) FROM users u, LATERAL es_subjects("
			    "ARRAY[$1::uuid], ARRAY['k'], ARRAY[0], ARRAY['crm-7']) s"
			    " WHERE u.tenant_id = $1 AND u.id = $2 AND s.user_id = u.id",
			    params, 2),
	    1);
}

/* Reads the event with number seq from the history. Returns the sender's name if the
 * event is a message, and otherwise the payload. */
static const char *
history_of(const struct actor *who, const struct channel_id *channel, int64_t seq)
{
	struct event_page page;
	struct pg_rows rows;

	FINE(pg_run(f.pg, &who->tenant, &reader_store_page,
	    reader_store_page_params(f.arena, &who->tenant, channel, seq - 1, seq, 10),
	    f.arena, &rows, &f.err));
	FINE(reader_store_page_read(
	    &rows, &who->tenant, channel, seq - 1, seq, 10, f.arena, &page, &f.err));
	CU_ASSERT_EQUAL_FATAL(page.n, 1);
	return page.events[0].payload != NULL ? page.events[0].payload
	                                      : page.events[0].display_name;
}

static void
messages_of_a_deleted_user_stay(void)
{
	const struct actor fred = fixture_user(&f, &f.owner, "fred", "member");
	const struct channel_id id = fixture_channel(&f, &f.bob, "letters", false);
	struct message message;
	struct member_page members;
	struct channel channel;
	struct event joined;
	int64_t sent;

	FINE(channel_store_join(f.pg, &fred, &id, f.arena, &channel, &joined, &f.err));
	sent = fixture_send(&f, &fred, &id, "k", "hello").message_id;
	FINE(user_store_delete(f.pg, &f.owner, &fred.user, f.arena, &user, &f.err));
	FINE(message_store_get(f.pg, &f.bob, &id, sent, f.arena, &message, &f.err));
	CU_ASSERT_STRING_EQUAL(message.body, "hello");
	CU_ASSERT_STRING_EQUAL(message.sender_display_name, "Deleted user");
	SAME(message.sender, fred.user);
	CU_ASSERT_STRING_EQUAL(history_of(&f.bob, &id, sent), "Deleted user");
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(history_of(&f.bob, &id, joined.seq), "Deleted user"));
	CU_ASSERT_PTR_NULL(strstr(history_of(&f.bob, &id, joined.seq), "fred"));
	FINE(member_store_list(f.pg, &f.bob, &id, NULL, 10, f.arena, &members, &f.err));
	CU_ASSERT_EQUAL_FATAL(members.n, 2);
	for (size_t i = 0; i < members.n; i++)
		CU_ASSERT_STRING_EQUAL(members.items[i].status,
		    strcmp(members.items[i].user.text, fred.user.text) == 0 ? "deleted"
									    : "active");
}

static CU_TestInfo cases[] = {
    {"a reactivated user needs new tokens", a_reactivated_user_needs_new_tokens},
    {"only an owner deactivates an owner", only_an_owner_deactivates_an_owner},
    {"deleting a user erases name and address", deleting_a_user_erases_name_and_address},
    {"old tokens stay revoked when an external id is given again",
	the_external_id_of_a_deleted_user_stays_blocked},
    {"messages of a deleted user stay", messages_of_a_deleted_user_stay},
    CU_TEST_INFO_NULL,
};
STORE_MAIN("user_life", cases, f)
