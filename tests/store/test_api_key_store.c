/* API keys: create, list, show, use, revoke. */
#include <string.h>

#include "core/clock.h"
#include "cunit_main.h"
#include "store/api_key_bearer.h"
#include "store/api_key_store.h"
#include "store/tenant_store.h"
#include "store/user_store.h"
#include "store_fixture.h"

#include "core/banned.h"

#define HOUR_MS INT64_C(3600000)
#define MANY    1000

static struct fixture f;
static struct api_key key;
static struct api_key_bearer bearer;

static enum es_code
create(const struct actor *who, const char *text, unsigned scopes,
    const struct actor *bot, int64_t expires_ms, int64_t max)
{
	const struct api_key_new in = {.key = text,
	    .name = "shop",
	    .scopes = scopes,
	    .bot = bot != NULL ? &bot->user : NULL,
	    .expires_ms = expires_ms,
	    .max = max};

	return api_key_store_create(f.pg, who, &in, f.arena, &key, &f.err);
}

static enum es_code
show(const char *text, const struct actor *on_behalf)
{
	return api_key_bearer_get(f.pg, text, on_behalf != NULL ? &on_behalf->user : NULL,
	    clock_wall_ms(), f.arena, &bearer, &f.err);
}

static enum es_code
revoke(const struct actor *who, const struct uuid *id)
{
	return api_key_store_revoke(
	    f.pg, who, id, clock_wall_ms() + HOUR_MS, f.arena, &key, &f.err);
}

static int64_t
number(const char *sql, const struct uuid *id)
{
	const char *const params[] = {f.owner.tenant.text, id->text};

	return fixture_number(&f, &f.owner.tenant, sql, params, 2);
}

static void
a_key_identifies_its_tenant(void)
{
	char text[API_KEY_TEXT];

	api_key_text_new(text);
	CU_ASSERT_EQUAL(strlen(text), 68);
	CU_ASSERT_TRUE(api_key_text_is(text));
	FINE(create(&f.admin, text, KEY_USERS | KEY_TOKENS, NULL, 0, MANY));
	CU_ASSERT_STRING_EQUAL(key.scopes, "users:manage tokens:mint");
	CU_ASSERT_STRING_EQUAL(key.hint, text + 64);
	CU_ASSERT_STRING_EQUAL(key.bot_user.text, "");
	SAME(key.created_by, f.admin.user);
	CU_ASSERT_EQUAL(key.last_used_ms, 0);
	CU_ASSERT_EQUAL(key.expires_ms, 0);

	FINE(show(text, NULL));
	SAME(bearer.id, key.id);
	SAME(bearer.principal.actor.tenant, f.admin.tenant);
	CU_ASSERT_STRING_EQUAL(bearer.principal.actor.user.text, ACTOR_NOBODY);
	CU_ASSERT_EQUAL(bearer.scopes, KEY_USERS | KEY_TOKENS);
	CU_ASSERT_EQUAL(bearer.user, API_KEY_NOBODY);
	CU_ASSERT_FALSE(bearer.is_own_bot);
	CU_ASSERT_TRUE(uuid_valid(bearer.principal.epoch));

	text[67] = text[67] == '0' ? '1' : '0';
	REFUSED(f, show(text, NULL), ES_UNAUTHENTICATED, NULL);
	REFUSED(f, show("esk_", NULL), ES_UNAUTHENTICATED, NULL);
}

/* The database receives only the hash and the last characters of a key. */
static void
only_the_hash_is_stored(void)
{
	char text[API_KEY_TEXT];
	const char *const params[] = {f.owner.tenant.text, NULL, text + 4};
	const char *both[3];

	api_key_text_new(text);
	FINE(create(&f.owner, text, KEY_ADMIN, NULL, 0, MANY));
	memcpy(both, params, sizeof(both));
	both[1] = key.id.text;
	CU_ASSERT_EQUAL(fixture_number(&f, &f.owner.tenant,
			    "SELECT count(*) FROM api_keys k WHERE tenant_id = $1"
			    " AND id = $2 AND k::text LIKE '%' || $3 || '%'",
			    both, 3),
	    0);
	CU_ASSERT_EQUAL(fixture_number(&f, &f.owner.tenant,
			    "SELECT count(*) FROM api_keys WHERE tenant_id = $1"
			    " AND id = $2 AND hash = sha256(('esk_' || $3)::bytea)",
			    both, 3),
	    1);
}

static void
a_key_acts_for_its_bot_or_for_the_named_user(void)
{
	const struct actor bot = fixture_user(&f, &f.owner, "robo", "bot");
	const struct actor gone = fixture_user(&f, &f.owner, "gone", "member");
	char text[API_KEY_TEXT];
	struct user user;

	FINE(user_store_deactivate(f.pg, &f.owner, &gone.user, f.arena, &user, &f.err));
	api_key_text_new(text);
	FINE(create(&f.owner, text, KEY_MESSAGES, &bot, 0, MANY));
	SAME(key.bot_user, bot.user);
	FINE(show(text, NULL));
	SAME(bearer.principal.actor.user, bot.user);
	CU_ASSERT_STRING_EQUAL(bearer.principal.actor.role, "bot");
	CU_ASSERT_TRUE(bearer.is_own_bot);
	FINE(show(text, &bot));
	CU_ASSERT_TRUE(bearer.is_own_bot);
	FINE(show(text, &f.bob));
	SAME(bearer.principal.actor.user, f.bob.user);
	CU_ASSERT_EQUAL(bearer.user, API_KEY_ACTIVE);
	CU_ASSERT_FALSE(bearer.is_own_bot);
	FINE(show(text, &gone));
	CU_ASSERT_EQUAL(bearer.user, API_KEY_DEACTIVATED);
	FINE(show(text, &f.foreign)); /* not a user of the key's tenant */
	CU_ASSERT_EQUAL(bearer.user, API_KEY_UNKNOWN);
	CU_ASSERT_STRING_EQUAL(bearer.principal.actor.user.text, ACTOR_NOBODY);
	FINE(user_store_deactivate(f.pg, &f.owner, &bot.user, f.arena, &user, &f.err));
	REFUSED(f, show(text, NULL), ES_TOKEN_REVOKED, NULL);
	REFUSED(f, show(text, &f.bob), ES_TOKEN_REVOKED, NULL);
}

static void
refuses_callers_without_the_right(void)
{
	static const unsigned all = KEY_ANY & ~(unsigned)KEY_ADMIN;
	const struct actor bot = fixture_user(&f, &f.owner, "robo2", "bot");
	struct api_key_page page;
	char text[API_KEY_TEXT];

	api_key_text_new(text);
	REFUSED(f, create(&f.bob, text, KEY_MESSAGES, NULL, 0, MANY), ES_FORBIDDEN, NULL);
	REFUSED(f, create(&f.admin, text, KEY_ADMIN, NULL, 0, MANY), ES_FORBIDDEN, NULL);
	CU_ASSERT_STRING_EQUAL(f.err.field, "scopes");
	REFUSED(
	    f, create(&f.owner, text, KEY_MESSAGES, &f.bob, 0, MANY), ES_INVALID, NULL);
	CU_ASSERT_STRING_EQUAL(f.err.field, "botUserId");
	REFUSED(f, create(&f.owner, text, KEY_MESSAGES, &f.foreign, 0, MANY), ES_INVALID,
	    NULL);
	REFUSED(
	    f, create(&f.foreign, text, KEY_MESSAGES, &bot, 0, MANY), ES_INVALID, NULL);
	REFUSED(f, show(text, NULL), ES_UNAUTHENTICATED, NULL);
	FINE(create(&f.admin, text, all, &bot, 0, MANY));
	REFUSED(f, revoke(&f.bob, &key.id), ES_FORBIDDEN, NULL);
	REFUSED(f, revoke(&f.foreign, &key.id), ES_NOT_FOUND, NULL);
	REFUSED(f, api_key_store_list(f.pg, &f.bob, NULL, 10, f.arena, &page, &f.err),
	    ES_FORBIDDEN, NULL);
	FINE(show(text, NULL));
}

static void
a_key_expires(void)
{
	char text[API_KEY_TEXT];

	api_key_text_new(text);
	FINE(create(&f.owner, text, KEY_USERS, NULL, clock_wall_ms() + HOUR_MS, MANY));
	FINE(show(text, NULL));
	CU_ASSERT_EQUAL(bearer.expires_ms, key.expires_ms);
	REFUSED(f,
	    api_key_bearer_get(
		f.pg, text, NULL, key.expires_ms, f.arena, &bearer, &f.err),
	    ES_TOKEN_EXPIRED, NULL);
}

static void
a_revoked_key_is_refused_at_once(void)
{
	char text[API_KEY_TEXT], jti[API_KEY_JTI];
	struct tenant tenant;
	struct principal p;
	int64_t version;

	api_key_text_new(text);
	FINE(create(&f.owner, text, KEY_ADMIN, NULL, 0, MANY));
	FINE(tenant_store_get(f.pg, &f.owner.tenant, f.arena, &tenant, &f.err));
	version = tenant.acl_version;
	FINE(revoke(&f.admin, &key.id));
	CU_ASSERT_EQUAL(key.acl_version, version + 1);
	REFUSED(f, show(text, NULL), ES_UNAUTHENTICATED, NULL);
	REFUSED(f, revoke(&f.admin, &key.id), ES_NOT_FOUND, NULL);
	/* The revocation also ends the sessions that the key's tickets opened, those of
	 * owners included. */
	api_key_store_jti(&key.id, jti);
	REFUSED(f,
	    principal_store_get(f.pg, &f.owner.tenant, &f.owner.user, jti,
		clock_wall_ms() / 1000 + 2, f.arena, &p, &f.err),
	    ES_TOKEN_REVOKED, NULL);
}

static void
a_tenant_has_a_limited_number_of_keys(void)
{
	const int64_t now = number("SELECT count(*) FROM api_keys WHERE tenant_id = $1"
				   " AND revoked_at IS NULL AND $2 <> ''",
	    &key.id);
	char text[API_KEY_TEXT];
	struct uuid first;

	api_key_text_new(text);
	FINE(create(&f.owner, text, KEY_USERS, NULL, 0, now + 2));
	first = key.id;
	api_key_text_new(text);
	FINE(create(&f.owner, text, KEY_USERS, NULL, clock_wall_ms() + HOUR_MS, now + 2));
	api_key_text_new(text);
	REFUSED(f, create(&f.owner, text, KEY_USERS, NULL, 0, now + 2), ES_QUOTA_EXCEEDED,
	    NULL);
	FINE(revoke(&f.owner, &first)); /* makes room for one key */
	FINE(create(&f.owner, text, KEY_USERS, NULL, 0, now + 2));
	FINE(create(&f.foreign, "esk_other", KEY_USERS, NULL, 0,
	    1)); /* each tenant has its own count */
}

static void
the_last_use_is_stored_once_a_minute(void)
{
	static const char *const used = "SELECT es_ms(last_used_at) FROM api_keys"
					" WHERE tenant_id = $1 AND id = $2";
	char text[API_KEY_TEXT];
	int64_t first;

	api_key_text_new(text);
	FINE(create(&f.owner, text, KEY_USERS, NULL, 0, MANY));
	FINE(show(text, NULL));
	CU_ASSERT_TRUE(bearer.use_is_old);
	FINE(api_key_bearer_use(f.pg, &f.owner.tenant, &key.id, f.arena, &f.err));
	first = number(used, &key.id);
	CU_ASSERT_TRUE(first > 0);
	FINE(show(text, NULL));
	CU_ASSERT_FALSE(bearer.use_is_old);
	FINE(api_key_bearer_use(f.pg, &f.owner.tenant, &key.id, f.arena, &f.err));
	CU_ASSERT_EQUAL(number(used, &key.id), first);
	CU_ASSERT_EQUAL(number("UPDATE api_keys SET last_used_at = now() - interval"
			       " '61 s' WHERE tenant_id = $1 AND id = $2 RETURNING 1",
			    &key.id),
	    1);
	FINE(show(text, NULL));
	CU_ASSERT_TRUE(bearer.use_is_old);
	FINE(api_key_bearer_use(f.pg, &f.owner.tenant, &key.id, f.arena, &f.err));
	CU_ASSERT_TRUE(number(used, &key.id) >= first);
}

static void
lists_keys_that_are_not_revoked(void)
{
	struct api_key_page page;
	char text[API_KEY_TEXT];
	struct uuid gone, kept;
	const char *after = NULL;
	bool seen = false;

	api_key_text_new(text);
	FINE(create(&f.owner, text, KEY_USERS, NULL, 0, MANY));
	gone = key.id;
	FINE(revoke(&f.owner, &gone));
	api_key_text_new(text);
	FINE(create(&f.owner, text, KEY_USERS, NULL, 0, MANY));
	kept = key.id;
	do {
		FINE(
		    api_key_store_list(f.pg, &f.admin, after, 1, f.arena, &page, &f.err));
		CU_ASSERT_EQUAL_FATAL(page.n, 1);
		CU_ASSERT_STRING_NOT_EQUAL(page.items[0].id.text, gone.text);
		seen = seen || strcmp(page.items[0].id.text, kept.text) == 0;
		after = page.items[0].id.text;
	} while (page.more);
	CU_ASSERT_TRUE(seen);
	FINE(api_key_store_list(f.pg, &f.foreign, NULL, 200, f.arena, &page, &f.err));
	for (size_t i = 0; i < page.n; i++)
		CU_ASSERT_STRING_NOT_EQUAL(page.items[i].id.text, kept.text);
}

static CU_TestInfo cases[] = {
    {"a key identifies its tenant", a_key_identifies_its_tenant},
    {"only the hash is stored", only_the_hash_is_stored},
    {"a key acts for its bot or for the named user",
	a_key_acts_for_its_bot_or_for_the_named_user},
    {"refuses callers without the right", refuses_callers_without_the_right},
    {"a key expires", a_key_expires},
    {"a revoked key is refused at once", a_revoked_key_is_refused_at_once},
    {"a tenant has a limited number of keys", a_tenant_has_a_limited_number_of_keys},
    {"the last use is stored once a minute", the_last_use_is_stored_once_a_minute},
    {"lists keys that are not revoked", lists_keys_that_are_not_revoked},
    CU_TEST_INFO_NULL,
};
STORE_MAIN("api_key_store", cases, f)
