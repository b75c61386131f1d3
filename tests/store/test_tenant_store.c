#include <string.h>

#include "core/clock.h"
#include "cunit_main.h"
#include "store/channel_store.h"
#include "store/db_store.h"
#include "store/principal_store.h"
#include "store/tenant_admin.h"
#include "store/tenant_store.h"
#include "store/user_store.h"
#include "store_fixture.h"

#include "core/banned.h"

static struct fixture f;
static struct tenant tenant;

static void
creates_with_defaults_and_an_owner(void)
{
	const struct tenant_new in = {.name = "Initech",
	    .max_channels = -1,
	    .max_messages_per_second = -1,
	    .admin_email = "bill@initech.test",
	    .admin_display_name = "Bill"};
	struct tenant_id unknown;
	struct tenant_admin first;
	struct principal p;
	struct user_id admin;

	FINE(tenant_store_create(f.pg, &in, f.arena, &tenant, &admin, &f.err));
	CU_ASSERT_STRING_EQUAL(tenant.name, "Initech");
	CU_ASSERT_EQUAL(tenant.max_channels, 1000);
	CU_ASSERT_EQUAL(tenant.max_messages_per_second, 1000);
	CU_ASSERT_STRING_EQUAL(tenant.settings, "{}");
	CU_ASSERT_STRING_EQUAL(tenant.status, "active");
	FINE(principal_store_get(
	    f.pg, &tenant.id, &admin, "j", clock_wall_ms() / 1000, f.arena, &p, &f.err));
	CU_ASSERT_STRING_EQUAL(p.actor.role, "owner");
	CU_ASSERT_STRING_EQUAL(p.actor.display_name, "Bill");
	FINE(tenant_admin_first(f.pg, &tenant.id, f.arena, &first, &f.err));
	SAME(first.id, admin);
	CU_ASSERT_STRING_EQUAL(first.email, "bill@initech.test");
	uuid_new(unknown.text);
	REFUSED(f, tenant_admin_first(f.pg, &unknown, f.arena, &first, &f.err),
	    ES_NOT_FOUND, "no such user");
}

static void
refuses_values_that_the_schema_refuses(void)
{
	const struct tenant_new in = {.name = "",
	    .max_channels = -1,
	    .max_messages_per_second = -1,
	    .admin_email = "a@b",
	    .admin_display_name = "x"};
	struct user_id admin;

	REFUSED(f, tenant_store_create(f.pg, &in, f.arena, &tenant, &admin, &f.err),
	    ES_INVALID, NULL);
}

static void
a_patch_changes_only_the_named_members(void)
{
	const struct tenant_patch limits = {.max_channels = 7,
	    .max_messages_per_second = -1,
	    .settings = "{\"a\":1,\"b\":2}"};
	const struct tenant_patch drop = {.name = "Acme Corp",
	    .max_channels = -1,
	    .max_messages_per_second = 5,
	    .settings = "{\"a\":null}"};
	const struct tenant_patch harmless = {.name = "Acme",
	    .max_channels = 8,
	    .max_messages_per_second = 5,
	    .settings = "{\"b\":2,\"c\":null}"};
	struct tenant_id nobody;
	int64_t version;

	FINE(
	    tenant_store_patch(f.pg, &f.owner.tenant, &limits, f.arena, &tenant, &f.err));
	version = tenant.acl_version;
	CU_ASSERT_STRING_EQUAL(tenant.name, "acme");
	CU_ASSERT_EQUAL(tenant.max_channels, 7);
	FINE(tenant_store_patch(f.pg, &f.owner.tenant, &drop, f.arena, &tenant, &f.err));
	CU_ASSERT_STRING_EQUAL(tenant.name, "Acme Corp");
	CU_ASSERT_EQUAL(tenant.max_channels, 7);
	CU_ASSERT_EQUAL(tenant.max_messages_per_second, 5);
	CU_ASSERT_STRING_EQUAL(tenant.settings, "{\"b\": 2}");
	CU_ASSERT_EQUAL(tenant.acl_version, version + 1);
	/* acl_version stays: workers do not cache name and max_channels, and the other
	 * values are unchanged. */
	FINE(tenant_store_patch(
	    f.pg, &f.owner.tenant, &harmless, f.arena, &tenant, &f.err));
	CU_ASSERT_STRING_EQUAL(tenant.name, "Acme");
	CU_ASSERT_EQUAL(tenant.max_channels, 8);
	CU_ASSERT_EQUAL(tenant.acl_version, version + 1);
	uuid_new(nobody.text);
	REFUSED(f, tenant_store_patch(f.pg, &nobody, &drop, f.arena, &tenant, &f.err),
	    ES_NOT_FOUND, "no such tenant");
	REFUSED(f, tenant_store_get(f.pg, &nobody, f.arena, &tenant, &f.err),
	    ES_NOT_FOUND, "no such tenant");
	REFUSED(f, tenant_store_suspend(f.pg, &nobody, f.arena, &tenant, &f.err),
	    ES_NOT_FOUND, "no such tenant");
}

static void
suspends_and_resumes(void)
{
	struct principal p;
	int64_t version;

	FINE(tenant_store_suspend(f.pg, &f.foreign.tenant, f.arena, &tenant, &f.err));
	CU_ASSERT_STRING_EQUAL(tenant.status, "suspended");
	version = tenant.acl_version;
	FINE(tenant_store_suspend(f.pg, &f.foreign.tenant, f.arena, &tenant, &f.err));
	CU_ASSERT_EQUAL(tenant.acl_version, version);
	REFUSED(f,
	    principal_store_get(f.pg, &f.foreign.tenant, &f.foreign.user, "j",
		clock_wall_ms() / 1000, f.arena, &p, &f.err),
	    ES_TENANT_SUSPENDED, NULL);
	FINE(tenant_store_resume(f.pg, &f.foreign.tenant, f.arena, &tenant, &f.err));
	CU_ASSERT_STRING_EQUAL(tenant.status, "active");
	FINE(principal_store_get(f.pg, &f.foreign.tenant, &f.foreign.user, "j",
	    clock_wall_ms() / 1000, f.arena, &p, &f.err));
}

/* Each user has its own answer; a refused user does not shift the answers of the
 * others. */
static void
looks_up_users_of_several_tenants_at_once(void)
{
	const int64_t now_s = clock_wall_ms() / 1000;
	const struct principal_ask asks[] = {
	    {f.bob.tenant, f.bob.user, "j", now_s},
	    {f.foreign.tenant, f.bob.user, "j", now_s}, /* a user of another tenant */
	    {f.foreign.tenant, f.foreign.user, "j", now_s},
	    {f.guest.tenant, f.guest.user, "j", now_s}, /* deactivated */
	    {f.bob.tenant, f.bob.user, "j", now_s},
	    {f.bob.tenant, f.bob.user, "stolen", now_s}, /* this token is revoked */
	};
	struct principal_answer out[ES_COUNT(asks)] = {0};
	struct pg_rows rows;
	struct user user;

	FINE(
	    user_store_deactivate(f.pg, &f.owner, &f.guest.user, f.arena, &user, &f.err));
	FINE(tenant_store_suspend(f.pg, &f.foreign.tenant, f.arena, &tenant, &f.err));
	CU_ASSERT_EQUAL(fixture_number(&f, &f.bob.tenant,
			    "INSERT INTO revoked_tokens (tenant_id, jti, expires_at)"
			    " VALUES ($1, 'stolen', now() + interval '1 h') RETURNING 1",
			    (const char *const[]){f.bob.tenant.text}, 1),
	    1);
	FINE(pg_run(f.pg, NULL, &principal_store_many,
	    principal_store_many_params(f.arena, asks, ES_COUNT(asks)), f.arena, &rows,
	    &f.err));
	principal_store_many_read(&rows, asks, ES_COUNT(asks), f.arena, out);
	CU_ASSERT_EQUAL(out[0].rc, ES_OK);
	CU_ASSERT_STRING_EQUAL(out[0].principal.actor.display_name, "Bob");
	CU_ASSERT_EQUAL(out[1].rc, ES_UNAUTHENTICATED);
	CU_ASSERT_EQUAL(out[2].rc, ES_TENANT_SUSPENDED);
	CU_ASSERT_EQUAL(out[3].rc, ES_TOKEN_REVOKED);
	CU_ASSERT_EQUAL(out[4].rc, ES_OK);
	CU_ASSERT_EQUAL(out[5].rc, ES_TOKEN_REVOKED);
	/* gone: the user is refused with any token */
	for (size_t i = 0; i < ES_COUNT(asks); i++)
		CU_ASSERT_EQUAL(out[i].gone, i >= 1 && i <= 3);
	CU_ASSERT_TRUE(uuid_valid(out[4].principal.epoch));
	FINE(tenant_store_resume(f.pg, &f.foreign.tenant, f.arena, &tenant, &f.err));
}

static void
lists_every_tenant_once(void)
{
	const struct tenant_id *after = NULL;
	struct tenant_page page;
	unsigned own = 0;

	do {
		FINE(tenant_store_list(f.pg, after, 3, f.arena, &page, &f.err));
		CU_ASSERT_TRUE_FATAL(page.n <= 3);
		for (size_t i = 0; i < page.n; i++) {
			after = &page.items[i].id;
			own += strcmp(after->text, f.owner.tenant.text) == 0;
			own += strcmp(after->text, f.foreign.tenant.text) == 0;
		}
	} while (page.more);
	CU_ASSERT_EQUAL(own, 2);
}

static void
the_database_is_ready(void)
{
	struct db_state state;

	FINE(db_store_ready(f.pg, f.arena, &f.err));
	FINE(db_store_get(f.pg, f.arena, &state, &f.err));
	CU_ASSERT_FALSE(state.read_only);
	CU_ASSERT_TRUE(uuid_valid(state.epoch));
	CU_ASSERT_PTR_NOT_NULL(state.version);
}

/* A limit of null means no limit; a limit of 0 refuses every message. */
static void
no_limit_differs_from_the_limit_0(void)
{
	const struct tenant_patch none = {.max_channels = TENANT_NO_LIMIT,
				      .max_messages_per_second = TENANT_NO_LIMIT,
				      .settings = "{\"user_send_limit\":null}"},
				  same = {.max_channels = -1,
				      .max_messages_per_second = -1,
				      .settings = "{\"demo\":null}"},
				  nothing = {.max_channels = 0,
				      .max_messages_per_second = 0,
				      .settings = "{\"user_send_limit\":0}"};
	struct principal p;
	int64_t version;

	FINE(
	    tenant_store_patch(f.pg, &f.foreign.tenant, &none, f.arena, &tenant, &f.err));
	CU_ASSERT_EQUAL(tenant.max_channels, TENANT_NO_LIMIT);
	CU_ASSERT_EQUAL(tenant.max_messages_per_second, TENANT_NO_LIMIT);
	CU_ASSERT_STRING_EQUAL(tenant.settings, "{\"user_send_limit\": null}");
	version = tenant.acl_version;
	FINE(
	    tenant_store_patch(f.pg, &f.foreign.tenant, &same, f.arena, &tenant, &f.err));
	CU_ASSERT_EQUAL(tenant.max_channels, TENANT_NO_LIMIT);
	CU_ASSERT_EQUAL(tenant.acl_version, version);
	FINE(principal_store_get(f.pg, &f.foreign.tenant, &f.foreign.user, "j",
	    clock_wall_ms() / 1000, f.arena, &p, &f.err));
	CU_ASSERT_EQUAL(p.max_messages_per_second, TENANT_NO_LIMIT);
	FINE(tenant_store_patch(
	    f.pg, &f.foreign.tenant, &nothing, f.arena, &tenant, &f.err));
	CU_ASSERT_EQUAL(tenant.max_channels, 0);
	CU_ASSERT_EQUAL(tenant.max_messages_per_second, 0);
	CU_ASSERT_STRING_EQUAL(tenant.settings, "{\"user_send_limit\": 0}");
	CU_ASSERT_EQUAL(tenant.acl_version, version + 1);
}

static CU_TestInfo cases[] = {
    {"creates with defaults and an owner", creates_with_defaults_and_an_owner},
    {"refuses values that the schema refuses", refuses_values_that_the_schema_refuses},
    {"a patch changes only the named members", a_patch_changes_only_the_named_members},
    {"suspends and resumes", suspends_and_resumes},
    {"looks up users of several tenants at once",
	looks_up_users_of_several_tenants_at_once},
    {"lists every tenant once", lists_every_tenant_once},
    {"the database is ready", the_database_is_ready},
    {"no limit differs from the limit 0", no_limit_differs_from_the_limit_0},
    CU_TEST_INFO_NULL,
};
STORE_MAIN("tenant_store", cases, f)
