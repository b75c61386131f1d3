#include <string.h>

#include "core/clock.h"
#include "cunit_main.h"
#include "store/principal_store.h"
#include "store/tenant_store.h"
#include "store/user_store.h"
#include "store_fixture.h"

#include "core/banned.h"

static struct fixture f;
static struct user user;

static int64_t
acl_version(void)
{
	struct tenant tenant;

	CU_ASSERT_EQUAL_FATAL(
	    tenant_store_get(f.pg, &f.owner.tenant, f.arena, &tenant, &f.err), ES_OK);
	return tenant.acl_version;
}

static enum es_code
look_up(const struct actor *who, int64_t issued_s, struct principal *out)
{
	return principal_store_get(
	    f.pg, &who->tenant, &who->user, "jti-1", issued_s, f.arena, out, &f.err);
}

static int64_t
now_s(void)
{
	return clock_wall_ms() / 1000;
}

static void
gets_a_user(void)
{
	FINE(user_store_get(f.pg, &f.bob, &f.owner.user, f.arena, &user, &f.err));
	SAME(user.id, f.owner.user);
	CU_ASSERT_STRING_EQUAL(user.email, "owner@example.test");
	CU_ASSERT_STRING_EQUAL(user.display_name, "Alice");
	CU_ASSERT_STRING_EQUAL(user.role, "owner");
	CU_ASSERT_STRING_EQUAL(user.status, "active");
	CU_ASSERT_TRUE(clock_wall_ms() - user.created_ms < 60000);
}

static void
a_foreign_user_is_unknown(void)
{
	struct user_id nobody;

	uuid_new(nobody.text);
	REFUSED(f, user_store_get(f.pg, &f.bob, &nobody, f.arena, &user, &f.err),
	    ES_NOT_FOUND, "no such user");
	REFUSED(f, user_store_get(f.pg, &f.bob, &f.foreign.user, f.arena, &user, &f.err),
	    ES_NOT_FOUND, "no such user");
	REFUSED(f,
	    user_store_deactivate(
		f.pg, &f.owner, &f.foreign.user, f.arena, &user, &f.err),
	    ES_NOT_FOUND, "no such user");
	REFUSED(f,
	    user_store_patch(f.pg, &f.owner, &f.foreign.user,
		&(struct user_patch){.display_name = "x"}, f.arena, &user, &f.err),
	    ES_NOT_FOUND, "no such user");
}

static void
lists_page_by_page(void)
{
	struct user_page page;
	const struct user_id *after = NULL;
	size_t n = 0;

	do {
		FINE(user_store_list(f.pg, &f.bob, &(struct user_filter){0}, after, 2,
		    f.arena, &page, &f.err));
		for (size_t i = 0; i < page.n; i++) {
			if (after != NULL)
				CU_ASSERT_TRUE(
				    strcmp(after->text, page.items[i].id.text) < 0);
			after = &page.items[i].id;
		}
		n += page.n;
	} while (page.more);
	CU_ASSERT_EQUAL(n, 5);
}

static void
finds_users_of_its_own_tenant_only(void)
{
	const struct user_id ids[] = {
	    f.bob.user, f.foreign.user, f.carol.user, f.bob.user};
	struct user_id *found;
	size_t n;

	FINE(user_store_known(f.pg, &f.bob, ids, 4, f.arena, &found, &n, &f.err));
	CU_ASSERT_EQUAL(n, 2);
}

static void
only_admins_create_users(void)
{
	struct user_new in = {.email = "New@example.test", .display_name = "New"};

	REFUSED(f, user_store_create(f.pg, &f.bob, &in, f.arena, &user, &f.err),
	    ES_FORBIDDEN, NULL);
	FINE(user_store_create(f.pg, &f.admin, &in, f.arena, &user, &f.err));
	CU_ASSERT_STRING_EQUAL(user.role, "member");
	in.email = "new@EXAMPLE.test"; /* the same address in another case */
	REFUSED(f, user_store_create(f.pg, &f.admin, &in, f.arena, &user, &f.err),
	    ES_EMAIL_TAKEN, NULL);
	CU_ASSERT_STRING_EQUAL(f.err.field, "email");
	in = (struct user_new){
	    .email = "o2@example.test", .display_name = "O2", .role = "owner"};
	REFUSED(f, user_store_create(f.pg, &f.admin, &in, f.arena, &user, &f.err),
	    ES_FORBIDDEN, NULL);
	FINE(user_store_create(f.pg, &f.foreign,
	    &(struct user_new){.email = "new@example.test", .display_name = "Other"},
	    f.arena, &user, &f.err));
}

static void
a_patch_needs_the_role_for_its_change(void)
{
	const struct user_patch name = {.display_name = "Bobby"};
	const struct user_patch role = {.role = "guest"};
	const struct user_patch owner = {.role = "owner"};
	const int64_t version = acl_version();

	FINE(user_store_patch(f.pg, &f.bob, &f.bob.user, &name, f.arena, &user, &f.err));
	CU_ASSERT_STRING_EQUAL(user.display_name, "Bobby");
	CU_ASSERT_EQUAL(user.acl_version, 0);
	REFUSED(f,
	    user_store_patch(f.pg, &f.bob, &f.carol.user, &name, f.arena, &user, &f.err),
	    ES_FORBIDDEN, NULL);
	REFUSED(f,
	    user_store_patch(f.pg, &f.bob, &f.bob.user, &owner, f.arena, &user, &f.err),
	    ES_FORBIDDEN, NULL);
	FINE(user_store_patch(
	    f.pg, &f.admin, &f.carol.user, &role, f.arena, &user, &f.err));
	CU_ASSERT_STRING_EQUAL(user.role, "guest");
	CU_ASSERT_TRUE(acl_version() > version);
	REFUSED(f,
	    user_store_patch(
		f.pg, &f.admin, &f.carol.user, &owner, f.arena, &user, &f.err),
	    ES_FORBIDDEN, NULL);
	REFUSED(f,
	    user_store_patch(
		f.pg, &f.admin, &f.owner.user, &role, f.arena, &user, &f.err),
	    ES_FORBIDDEN, NULL);
	REFUSED(f,
	    user_store_patch(f.pg, &f.owner, &f.bob.user,
		&(struct user_patch){.email = "owner@example.test"}, f.arena, &user,
		&f.err),
	    ES_EMAIL_TAKEN, NULL);
}

/* Each rise of the version makes all workers look up all connections of the tenant. */
static void
only_a_change_of_rights_raises_acl_version(void)
{
	const struct actor hans = fixture_user(&f, &f.owner, "hans", "member");
	const struct user_patch harmless[] = {{.display_name = "Hans"},
	    {.email = "hans2@example.test"}, {.role = NULL}, {.role = "member"}};
	const int64_t version = acl_version();

	for (size_t i = 0; i < ES_COUNT(harmless); i++) {
		FINE(user_store_patch(
		    f.pg, &f.admin, &hans.user, &harmless[i], f.arena, &user, &f.err));
		CU_ASSERT_EQUAL(user.acl_version, harmless[i].role != NULL ? version : 0);
	}
	CU_ASSERT_EQUAL(acl_version(), version);
	FINE(user_store_patch(f.pg, &f.admin, &hans.user,
	    &(struct user_patch){.role = "guest"}, f.arena, &user, &f.err));
	CU_ASSERT_EQUAL(user.acl_version, version + 1);
	CU_ASSERT_EQUAL(acl_version(), version + 1);
	REFUSED(f,
	    user_store_patch(f.pg, &f.bob, &hans.user,
		&(struct user_patch){.role = "admin"}, f.arena, &user, &f.err),
	    ES_FORBIDDEN, NULL);
	CU_ASSERT_EQUAL(acl_version(), version + 1);
	FINE(user_store_deactivate(f.pg, &f.admin, &hans.user, f.arena, &user, &f.err));
	CU_ASSERT_EQUAL(user.acl_version, version + 2);
	FINE(user_store_deactivate(f.pg, &f.admin, &hans.user, f.arena, &user, &f.err));
	CU_ASSERT_EQUAL(user.acl_version, version + 2);
	CU_ASSERT_EQUAL(acl_version(), version + 2);
}

static void
the_last_owner_stays(void)
{
	const struct user_patch member = {.role = "member"};
	const struct actor second = fixture_user(&f, &f.owner, "second", "member");

	REFUSED(f,
	    user_store_patch(
		f.pg, &f.owner, &f.owner.user, &member, f.arena, &user, &f.err),
	    ES_LAST_OWNER, NULL);
	REFUSED(f,
	    user_store_deactivate(f.pg, &f.owner, &f.owner.user, f.arena, &user, &f.err),
	    ES_LAST_OWNER, NULL);
	FINE(user_store_patch(f.pg, &f.owner, &second.user,
	    &(struct user_patch){.role = "owner"}, f.arena, &user, &f.err));
	FINE(user_store_patch(
	    f.pg, &f.owner, &second.user, &member, f.arena, &user, &f.err));

	/* A deactivated owner does not count as another owner: it could not act as one.
	 */
	FINE(user_store_patch(f.pg, &f.owner, &second.user,
	    &(struct user_patch){.role = "owner"}, f.arena, &user, &f.err));
	FINE(user_store_deactivate(f.pg, &f.owner, &second.user, f.arena, &user, &f.err));
	REFUSED(f,
	    user_store_patch(
		f.pg, &f.owner, &f.owner.user, &member, f.arena, &user, &f.err),
	    ES_LAST_OWNER, NULL);
	REFUSED(f,
	    user_store_deactivate(f.pg, &f.owner, &f.owner.user, f.arena, &user, &f.err),
	    ES_LAST_OWNER, NULL);
}

static void
looks_up_the_user_that_a_token_names(void)
{
	struct principal p;
	struct actor nobody = f.bob;

	FINE(look_up(&f.bob, now_s(), &p));
	SAME(p.actor.tenant, f.bob.tenant);
	SAME(p.actor.user, f.bob.user);
	CU_ASSERT_STRING_EQUAL(p.actor.role, "member");
	CU_ASSERT_STRING_EQUAL(p.settings, "{}");
	CU_ASSERT_EQUAL(p.max_messages_per_second, 1000);
	CU_ASSERT_EQUAL(p.acl_version, acl_version());
	CU_ASSERT_TRUE(uuid_valid(p.epoch));

	uuid_new(nobody.user.text);
	REFUSED(f, look_up(&nobody, now_s(), &p), ES_UNAUTHENTICATED, NULL);
	nobody.user = f.foreign.user; /* a user of another tenant */
	REFUSED(f, look_up(&nobody, now_s(), &p), ES_UNAUTHENTICATED, NULL);
}

static void
deactivating_revokes_the_tokens(void)
{
	const struct actor dave = fixture_user(&f, &f.owner, "dave", "member");
	const int64_t version = acl_version();
	struct principal p;

	REFUSED(f,
	    user_store_deactivate(f.pg, &f.bob, &dave.user, f.arena, &user, &f.err),
	    ES_FORBIDDEN, NULL);
	FINE(user_store_deactivate(f.pg, &f.admin, &dave.user, f.arena, &user, &f.err));
	CU_ASSERT_STRING_EQUAL(user.status, "deactivated");
	CU_ASSERT_EQUAL(acl_version(), version + 1);
	REFUSED(f, look_up(&dave, now_s() + 60, &p), ES_TOKEN_REVOKED, NULL);
	FINE(user_store_deactivate(f.pg, &f.admin, &dave.user, f.arena, &user, &f.err));
	CU_ASSERT_STRING_EQUAL(user.status, "deactivated");
}

static void
refuses_revoked_tokens(void)
{
	const struct actor erin = fixture_user(&f, &f.owner, "erin", "member");
	const char *const key[] = {erin.tenant.text, erin.user.text};
	struct principal p;

	CU_ASSERT_EQUAL(
	    fixture_number(&f, &erin.tenant,
		"UPDATE users SET tokens_valid_after = now() + interval '10 s'"
		" WHERE tenant_id = $1 AND id = $2 RETURNING 1",
		key, 2),
	    1);
	REFUSED(f, look_up(&erin, now_s(), &p), ES_TOKEN_REVOKED, NULL);
	FINE(look_up(&erin, now_s() + 12, &p));
	CU_ASSERT_EQUAL(fixture_number(&f, &erin.tenant,
			    "INSERT INTO revoked_tokens (tenant_id, jti, expires_at)"
			    " VALUES ($1, 'jti-1', now() + interval '1 h') RETURNING 1",
			    key, 1),
	    1);
	REFUSED(f, look_up(&erin, now_s() + 12, &p), ES_TOKEN_REVOKED, NULL);
}

static CU_TestInfo cases[] = {
    {"gets a user", gets_a_user},
    {"a foreign user is unknown", a_foreign_user_is_unknown},
    {"lists page by page", lists_page_by_page},
    {"finds users of its own tenant only", finds_users_of_its_own_tenant_only},
    {"only admins create users", only_admins_create_users},
    {"a patch needs the role for its change", a_patch_needs_the_role_for_its_change},
    {"only a change of rights raises acl_version",
	only_a_change_of_rights_raises_acl_version},
    {"the last owner stays", the_last_owner_stays},
    {"looks up the user that a token names", looks_up_the_user_that_a_token_names},
    {"deactivating revokes the tokens", deactivating_revokes_the_tokens},
    {"refuses revoked tokens", refuses_revoked_tokens},
    CU_TEST_INFO_NULL,
};
STORE_MAIN("user_store", cases, f)
