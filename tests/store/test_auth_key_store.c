/* Keys of tenants' own issuers against a real PostgreSQL. */
#include "cunit_main.h"

#include <string.h>

#include "store/auth_key_store.h"
#include "store/user_store.h"
#include "store_fixture.h"

#include "core/banned.h"

static struct fixture f;

static struct auth_key_new
secret_key(const char *kid, const char *issuer)
{
	return (struct auth_key_new){.kid = kid,
	    .alg = "HS256",
	    .issuer = issuer,
	    .secret = "0123456789abcdef0123456789abcdef"};
}

static enum es_code
create(const struct actor *who, const struct auth_key_new *in, struct auth_key *out)
{
	return auth_key_store_create(f.pg, who, in, f.arena, out, &f.err);
}

static size_t
count(const struct actor *who)
{
	struct auth_key *keys;
	size_t n;

	FINE(auth_key_store_list(f.pg, who, f.arena, &keys, &n, &f.err));
	return n;
}

static void
delete_all(const struct actor *who)
{
	struct auth_key *keys;
	int64_t version;
	size_t n;

	FINE(auth_key_store_list(f.pg, who, f.arena, &keys, &n, &f.err));
	for (size_t i = 0; i < n; i++)
		FINE(auth_key_store_delete(
		    f.pg, who, keys[i].kid, f.arena, &version, &f.err));
}

static void
an_owner_creates_and_deletes_keys(void)
{
	const struct auth_key_new in = secret_key("k", "app");
	struct auth_key key;
	int64_t version;

	REFUSED(f, create(&f.admin, &in, &key), ES_FORBIDDEN,
	    "only an owner of the tenant may do this");
	FINE(create(&f.owner, &in, &key));
	CU_ASSERT_STRING_EQUAL(key.kid, "k");
	CU_ASSERT_PTR_NULL(key.public_key);
	CU_ASSERT_TRUE(key.created_ms > 0);
	REFUSED(f, create(&f.owner, &in, &key), ES_NAME_TAKEN, NULL);
	FINE(create(&f.foreign, &in, &key)); /* the kid of another tenant */
	CU_ASSERT_EQUAL(count(&f.owner), 1);
	REFUSED(f, auth_key_store_delete(f.pg, &f.admin, "k", f.arena, &version, &f.err),
	    ES_FORBIDDEN, NULL);
	REFUSED(f, auth_key_store_delete(f.pg, &f.owner, "x", f.arena, &version, &f.err),
	    ES_NOT_FOUND, "no such key");
	FINE(auth_key_store_delete(f.pg, &f.owner, "k", f.arena, &version, &f.err));
	CU_ASSERT_TRUE(version > 1);
	CU_ASSERT_EQUAL(count(&f.owner), 0);
	CU_ASSERT_EQUAL(count(&f.foreign), 1);
	delete_all(&f.foreign);
}

static void
a_url_belongs_to_one_tenant_until_its_last_key_is_deleted(void)
{
	const char *url = arena_printf(f.arena, "https://%s/", f.owner.tenant.text);
	const struct auth_key_new one = secret_key("a", url), two = secret_key("b", url);
	struct auth_key key;
	int64_t version;

	FINE(create(&f.owner, &one, &key));
	FINE(create(&f.owner, &two, &key));
	REFUSED(f, create(&f.foreign, &one, &key), ES_CONFLICT, NULL);
	FINE(auth_key_store_delete(f.pg, &f.owner, "a", f.arena, &version, &f.err));
	REFUSED(f, create(&f.foreign, &one, &key), ES_CONFLICT, NULL);
	FINE(auth_key_store_delete(f.pg, &f.owner, "b", f.arena, &version, &f.err));
	FINE(create(&f.foreign, &one, &key));
	delete_all(&f.foreign);
}

static void
a_tenant_has_at_most_twenty_keys(void)
{
	struct auth_key key;

	for (int i = 0; i <= ISSUER_KEYS_MAX; i++) {
		const struct auth_key_new in =
		    secret_key(arena_printf(f.arena, "k%d", i), "app");

		if (i < ISSUER_KEYS_MAX) {
			FINE(create(&f.owner, &in, &key));
			continue;
		}
		REFUSED(f, create(&f.owner, &in, &key), ES_QUOTA_EXCEEDED, NULL);
	}
	delete_all(&f.owner);
}

static void
finds_the_user_of_a_subject_and_its_key(void)
{
	const struct auth_key_new in = secret_key("k", "app");
	const struct user_patch patch = {.external_id = "bob-1"};
	struct auth_key key;
	struct user user;
	struct subject_row rows[4];
	struct pg_rows found;
	int64_t version;

	FINE(create(&f.owner, &in, &key));
	FINE(user_store_patch(
	    f.pg, &f.owner, &f.bob.user, &patch, f.arena, &user, &f.err));
	CU_ASSERT_STRING_EQUAL(user.external_id, "bob-1");
	REFUSED(f,
	    user_store_patch(
		f.pg, &f.owner, &f.carol.user, &patch, f.arena, &user, &f.err),
	    ES_NAME_TAKEN, NULL);
	const struct subject_ask asks[] = {
	    {f.owner.tenant.text, "k", key.created_ms, "bob-1", ""},
	    {f.owner.tenant.text, "k", key.created_ms - 1, "bob-1", ""},
	    {f.owner.tenant.text, "k", key.created_ms, "", f.carol.user.text},
	    {f.foreign.tenant.text, "k", key.created_ms, "bob-1", ""},
	};

	FINE(pg_run(f.pg, NULL, &issuer_store_subjects,
	    issuer_store_subjects_params(f.arena, asks, ES_COUNT(asks)), f.arena, &found,
	    &f.err));
	for (size_t i = 0; i < ES_COUNT(rows); i++)
		CU_ASSERT_TRUE_FATAL(pg_next(&found, f.arena, &rows[i]));
	CU_ASSERT_TRUE(rows[0].key_there);
	SAME(rows[0].user, f.bob.user);
	CU_ASSERT_FALSE(rows[1].key_there);
	CU_ASSERT_TRUE(rows[2].key_there);
	SAME(rows[2].user, f.carol.user);
	CU_ASSERT_FALSE(rows[3].key_there);
	CU_ASSERT_STRING_EQUAL(rows[3].user.text, "");
	FINE(auth_key_store_delete(f.pg, &f.owner, "k", f.arena, &version, &f.err));
}

static void
a_failed_fetch_keeps_the_last_key_set(void)
{
	const struct auth_key_new in = {.kid = "set",
	    .alg = "RS256",
	    .issuer = "sets",
	    .jwks_url = "https://x.test/",
	    .jwks = "{\"keys\":[]}"};
	const struct jwks_due of = {.tenant = f.owner.tenant, .kid = "set"};
	struct auth_key key, *keys;
	size_t n;

	FINE(create(&f.owner, &in, &key));
	CU_ASSERT_TRUE(key.jwks_fetched_ms > 0);
	FINE(issuer_store_read(f.pg, &of, NULL, "why", f.arena, &f.err));
	FINE(auth_key_store_list(f.pg, &f.owner, f.arena, &keys, &n, &f.err));
	CU_ASSERT_EQUAL_FATAL(n, 1);
	CU_ASSERT_STRING_EQUAL(keys[0].jwks_error, "why");
	CU_ASSERT_EQUAL(keys[0].jwks_fetched_ms, key.jwks_fetched_ms);
	FINE(issuer_store_read(f.pg, &of, "{\"keys\":[1]}", NULL, f.arena, &f.err));
	FINE(auth_key_store_list(f.pg, &f.owner, f.arena, &keys, &n, &f.err));
	CU_ASSERT_PTR_NULL(keys[0].jwks_error);
	delete_all(&f.owner);
}

/* The query that returns a due set reserves it for a minute, without a further write. A
 * set whose fetch is lost is due again after that minute. */
static void
a_key_set_that_is_due_is_returned_once(void)
{
	const struct auth_key_new in = {.kid = "due",
	    .alg = "RS256",
	    .issuer = "sets",
	    .jwks_url = "https://x.test/",
	    .jwks = "{\"keys\":[]}"};
	const char *const params[] = {f.owner.tenant.text};
	struct jwks_due due;
	struct auth_key key;
	bool found, ours = false;

	FINE(create(&f.owner, &in, &key));
	(void)fixture_owner_number(&f, &f.owner.tenant,
	    "UPDATE auth_keys SET jwks_tried_at = now() - interval '11 min',"
	    " jwks_wanted_at = now() WHERE tenant_id = $1 RETURNING 1",
	    params, 1);
	do { /* other test programs may have sets */
		FINE(issuer_store_due(f.pg, f.arena, &due, &found, &f.err));
		if (found && strcmp(due.tenant.text, f.owner.tenant.text) == 0) {
			CU_ASSERT_FALSE(ours);
			CU_ASSERT_STRING_EQUAL(due.kid, "due");
			ours = true;
		}
	} while (found);
	CU_ASSERT_TRUE(ours);
	delete_all(&f.owner);
}

static CU_TestInfo cases[] = {
    {"an owner creates and deletes keys", an_owner_creates_and_deletes_keys},
    {"a URL belongs to one tenant until its last key is deleted",
	a_url_belongs_to_one_tenant_until_its_last_key_is_deleted},
    {"a tenant has at most twenty keys", a_tenant_has_at_most_twenty_keys},
    {"finds the user of a subject and its key", finds_the_user_of_a_subject_and_its_key},
    {"a failed fetch keeps the last key set", a_failed_fetch_keeps_the_last_key_set},
    {"a key set that is due is returned once", a_key_set_that_is_due_is_returned_once},
    CU_TEST_INFO_NULL,
};

STORE_MAIN("auth_key_store", cases, f)
