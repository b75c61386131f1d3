/* Tokens of tenants' own issuers in api-fcgi: which keys the server reads from the
 * database, and how often. */
#include <stdio.h>
#include <string.h>

#include "cunit_main.h"
#include "guard/bearer.h"
#include "guard/caller_hints.h"
#include "guard/guard_ahead.h"

#include "core/check.h"
#include "core/clock.h"
#include "crypto/keyed_hash.h"
#include "store/issuer_store.h"
#include "unit/auth/fake_issuers.h"

#include "core/banned.h"

#define MINUTE 60000
#define BURST  21 /* readings of keys that are allowed in a burst */

static struct api_conf conf = {
    .auth = {.jwt_issuer = "echostream", .jwt_audience = "echostream"}};
static struct api api = {.conf = &conf, .tokens = {.issuer = "echostream"}};
static struct fake_key keys[2];
static struct es_err fault;
static bool pg_down, provision_down;
static unsigned aheads;
static int64_t now_ms;

int64_t
clock_mono_ms(void)
{
	return now_ms;
}

int64_t
clock_wall_ms(void)
{
	return 1700000000000 + now_ms;
}

void
guard_ahead_principal(struct api *server, struct http_req *req,
    const struct tenant_id *tenant, const struct user_id *user, const char *jti)
{
	(void)server, (void)req, (void)jti;
	CU_ASSERT_STRING_EQUAL(tenant->text, FAKE_TENANT);
	CU_ASSERT_STRING_EQUAL(user->text, FAKE_SUBJECT);
	aheads++;
}

enum es_code
pg_ahead_run(struct pg *pg, const struct tenant_id *tenant, const struct pg_stmt *stmt,
    const char *const params[], struct arena *a, struct pg_rows *out, struct es_err *err)
{
	return pg_run(pg, tenant, stmt, params, a, out, err);
}

enum es_code
pg_run(struct pg *pg, const struct tenant_id *tenant, const struct pg_stmt *stmt,
    const char *const params[], struct arena *a, struct pg_rows *out, struct es_err *err)
{
	(void)pg, (void)a;
	if (stmt == &issuer_store_provision) {
		CU_ASSERT_STRING_EQUAL(tenant->text, FAKE_TENANT);
	} else {
		CU_ASSERT_PTR_NULL(tenant);
	}
	if (stmt == &issuer_store_keys) /* each token here has the claim tid */
		CU_ASSERT_PTR_NOT_NULL(strstr(params[0], FAKE_TENANT));
	if (pg_down || (provision_down && stmt == &issuer_store_provision))
		return es_fail(err, ES_UNAVAILABLE, "down");
	CHECK(fake_issuers_answer(stmt, params, out));
	return ES_OK;
}

static void
up(void)
{
	fake_issuers_up();
	keys[0] = (struct fake_key){.iss = "app", .kid = "k1"};
	keys[1] = (struct fake_key){.iss = "app", .kid = "k2"};
	fake_issuers.keys = keys;
	fake_issuers.n_keys = 1;
	pg_down = provision_down = false;
	aheads = 0;
	now_ms = 10 * MINUTE;
	keyed_hash_draw();
	api.bearer_keys = bearer_keys_new();
}

static void
down(void)
{
	bearer_keys_free(&api.bearer_keys);
	caller_hints_free(&api.hints);
	fake_issuers_down();
}

static enum es_code
verify(const char *iss, const char *kid)
{
	struct arena *a = arena_new();
	struct http_req req = {.arena = a};
	const enum es_code rc =
	    bearer_verify(&api, &req, fake_issuers_token(a, iss, kid), &fault);

	if (rc == ES_OK)
		CU_ASSERT_STRING_EQUAL(req.claims.user.text, FAKE_SUBJECT);
	arena_free(&a);
	return rc;
}

static const char *
unknown_issuer_name(unsigned i)
{
	static char name[32];

	(void)snprintf(name, sizeof(name), "unknown_issuer_name-%u", i);
	return name;
}

/* Uses up all readings that unknown issuers may cause now. */
static void
use_up_reads(void)
{
	for (unsigned i = 0; i < BURST; i++)
		CU_ASSERT_EQUAL(verify(unknown_issuer_name(i), "k"), ES_UNAUTHENTICATED);
}

static void
keys_are_read_once_a_minute(void)
{
	up();
	CU_ASSERT_EQUAL(verify("app", "k1"), ES_OK);
	now_ms += MINUTE - 1;
	CU_ASSERT_EQUAL(verify("app", "k1"), ES_OK);
	CU_ASSERT_EQUAL(fake_issuers.key_reads, 1);
	now_ms += 1;
	CU_ASSERT_EQUAL(verify("app", "k1"), ES_OK);
	CU_ASSERT_EQUAL(fake_issuers.key_reads, 2);
	down();
}

static void
one_token_causes_one_reading(void)
{
	up();
	CU_ASSERT_EQUAL(verify("nobody", "k1"), ES_UNAUTHENTICATED);
	CU_ASSERT_STRING_EQUAL(fault.text, "token: unknown issuer (iss, tid)");
	CU_ASSERT_EQUAL(fake_issuers.key_reads, 1);
	CU_ASSERT_EQUAL(verify("app", "k2"), ES_UNAUTHENTICATED);
	CU_ASSERT_STRING_EQUAL(fault.text, "token: unknown key (kid)");
	CU_ASSERT_EQUAL(fake_issuers.key_reads, 2);
	fake_issuers.n_keys = 2; /* the cached keys may be old */
	CU_ASSERT_EQUAL(verify("app", "k2"), ES_OK);
	CU_ASSERT_EQUAL(fake_issuers.key_reads, 3);
	down();
}

static void
first_readings_are_limited(void)
{
	up();
	CU_ASSERT_EQUAL(verify("app", "k1"), ES_OK);
	now_ms += 100; /* one more reading is allowed each 100 ms */
	use_up_reads();
	CU_ASSERT_EQUAL(fake_issuers.key_reads, BURST + 1);
	CU_ASSERT_EQUAL(verify("unknown_issuer_name-x", "k"), ES_RATE_LIMITED);
	CU_ASSERT_EQUAL(fault.retry_after_ms, 1000);
	CU_ASSERT_EQUAL(
	    verify(unknown_issuer_name(0), "k"), ES_UNAUTHENTICATED); /* cached */
	CU_ASSERT_EQUAL(verify("app", "k2"), ES_UNAUTHENTICATED);
	CU_ASSERT_EQUAL(fake_issuers.key_reads, BURST + 1);
	now_ms += 100;
	CU_ASSERT_EQUAL(verify("unknown_issuer_name-x", "k"), ES_UNAUTHENTICATED);
	CU_ASSERT_EQUAL(verify("unknown_issuer_name-y", "k"), ES_RATE_LIMITED);
	CU_ASSERT_EQUAL(fake_issuers.key_reads, BURST + 2);
	down();
}

/* The keys of a known issuer are refreshed while unknown issuers use up all readings. */
static void
a_known_issuer_is_always_refreshed(void)
{
	up();
	CU_ASSERT_EQUAL(verify("app", "k1"), ES_OK);
	now_ms += MINUTE;
	use_up_reads();
	CU_ASSERT_EQUAL(verify("unknown_issuer_name-x", "k"), ES_RATE_LIMITED);
	CU_ASSERT_EQUAL(verify("app", "k1"), ES_OK);
	CU_ASSERT_EQUAL(fake_issuers.key_reads, BURST + 2);
	/* A refresh that failed is repeated, even while all readings are used up. */
	now_ms += MINUTE;
	pg_down = true;
	CU_ASSERT_EQUAL(verify("app", "k1"), ES_UNAVAILABLE);
	pg_down = false;
	use_up_reads();
	CU_ASSERT_EQUAL(verify("app", "k1"), ES_OK);
	down();
}

static void
unknown_issuers_make_room_first(void)
{
	unsigned reads;

	up();
	CU_ASSERT_EQUAL(verify("app", "k1"), ES_OK);
	for (unsigned i = 0; i < BEARER_ISSUERS_MAX + 1; i++) {
		now_ms += 100;
		CU_ASSERT_EQUAL(verify(unknown_issuer_name(i), "k"), ES_UNAUTHENTICATED);
		if (now_ms % MINUTE == 0)
			CU_ASSERT_EQUAL(verify("app", "k1"), ES_OK);
	}
	reads = fake_issuers.key_reads;
	CU_ASSERT_EQUAL(verify("app", "k1"), ES_OK);
	CU_ASSERT_EQUAL(fake_issuers.key_reads, reads);
	down();
}

/* When all issuers are known, the one whose keys were read first is evicted. */
static void
a_further_known_issuer_evicts_one(void)
{
	static struct fake_key many[BEARER_ISSUERS_MAX + 1];
	static char names[BEARER_ISSUERS_MAX + 1][16];

	up();
	fake_issuers.keys = many;
	fake_issuers.n_keys = ES_COUNT(many);
	for (unsigned i = 0; i < ES_COUNT(many); i++) {
		(void)snprintf(names[i], sizeof(names[i]), "app-%u", i);
		many[i] = (struct fake_key){.iss = names[i], .kid = "k"};
	}
	for (unsigned i = 0; i < ES_COUNT(many); i++) {
		now_ms += 100;
		CU_ASSERT_EQUAL(verify(names[i], "k"), ES_OK);
	}
	CU_ASSERT_EQUAL(fake_issuers.key_reads, BEARER_ISSUERS_MAX + 1);
	CU_ASSERT_EQUAL(verify(names[BEARER_ISSUERS_MAX - 500], "k"), ES_OK);
	CU_ASSERT_EQUAL(fake_issuers.key_reads, BEARER_ISSUERS_MAX + 1);
	/* The refresh of a known issuer does not count towards the limit of readings, but
	 * the next reading of an evicted issuer does. names[0] is evicted already; the
	 * first unknown issuer evicts names[1]. */
	now_ms += 100;
	use_up_reads();
	CU_ASSERT_EQUAL(verify(names[0], "k"), ES_RATE_LIMITED);
	CU_ASSERT_EQUAL(verify(names[1], "k"), ES_RATE_LIMITED);
	CU_ASSERT_EQUAL(verify(names[2], "k"), ES_OK);
	down();
}

static void
requests_for_the_set_are_few(void)
{
	up();
	keys[0].has_url = true;
	for (unsigned i = 0; i < 50; i++) {
		CU_ASSERT_EQUAL(verify("app", "new"), ES_UNAUTHENTICATED);
		now_ms += 99;
	}
	CU_ASSERT_EQUAL(fake_issuers.set_requests, 1);
	now_ms += 50;
	CU_ASSERT_EQUAL(verify("app", "new"), ES_UNAUTHENTICATED);
	CU_ASSERT_EQUAL(fake_issuers.set_requests, 2);
	down();
}

static void
users_of_subjects(void)
{
	static const struct {
		const char *user, *role;
		bool provision, deleted;
		enum es_code rc;
		unsigned provisions;
	} rows[] = {
	    {FAKE_SUBJECT, "member", false, false, ES_OK, 0},
	    {FAKE_SUBJECT, "member", true, false, ES_OK, 0},
	    {NULL, NULL, false, false, ES_UNAUTHENTICATED, 0},
	    {NULL, "member", true, false, ES_OK, 1},
	    /* The key may not sign for owners. */
	    {FAKE_SUBJECT, "owner", true, false, ES_UNAUTHENTICATED, 0},
	    {FAKE_SUBJECT, "member", true, true, ES_TOKEN_REVOKED, 0},
	    {NULL, NULL, true, true, ES_TOKEN_REVOKED, 0},
	};

	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		up();
		keys[0].provision = rows[i].provision;
		fake_issuers.user = rows[i].user;
		fake_issuers.role = rows[i].role;
		fake_issuers.key_deleted = rows[i].deleted;
		CU_ASSERT_EQUAL(verify("app", "k1"), rows[i].rc);
		CU_ASSERT_EQUAL(fake_issuers.provisions, rows[i].provisions);
		CU_ASSERT_EQUAL(fake_issuers.subject_lookups, 1);
		CU_ASSERT_EQUAL(fake_issuers.subjects, 1);
		down();
	}
}

/* A failed query must not be answered as an invalid token. */
static void
a_user_that_can_not_be_created_is_not_a_bad_token(void)
{
	up();
	keys[0].provision = true;
	fake_issuers.user = NULL;
	provision_down = true;
	CU_ASSERT_EQUAL(verify("app", "k1"), ES_UNAVAILABLE);
	provision_down = false;
	CU_ASSERT_EQUAL(verify("app", "k1"), ES_OK);
	down();
}

/* The cache has room for ISSUER_KEYS_MAX keys of one issuer, and ignores further rows. */
static void
the_cache_holds_as_many_keys_as_a_tenant_may_have(void)
{
	static struct fake_key many[ISSUER_KEYS_MAX + 1];
	static char kids[ISSUER_KEYS_MAX + 1][8];

	up();
	for (unsigned i = 0; i < ES_COUNT(many); i++) {
		(void)snprintf(kids[i], sizeof(kids[i]), "k%u", i + 1);
		many[i] = (struct fake_key){.iss = "app", .kid = kids[i]};
	}
	fake_issuers.keys = many;
	fake_issuers.n_keys = ES_COUNT(many);
	CU_ASSERT_EQUAL(verify("app", kids[ISSUER_KEYS_MAX - 1]), ES_OK);
	CU_ASSERT_EQUAL(verify("app", kids[ISSUER_KEYS_MAX]), ES_UNAUTHENTICATED);
	down();
}

static void
a_text_that_is_not_a_token_reads_no_keys(void)
{
	struct arena *a = arena_new();
	struct http_req req = {.arena = a};

	up();
	CU_ASSERT_EQUAL(bearer_verify(&api, &req, "x.y.z", &fault), ES_UNAUTHENTICATED);
	CU_ASSERT_EQUAL(bearer_verify(&api, &req, "", &fault), ES_UNAUTHENTICATED);
	CU_ASSERT_EQUAL(fake_issuers.key_reads, 0);
	down();
	arena_free(&a);
}

/* The second token of a subject reads ahead for the user whom the first has shown. */
static void
the_second_token_reads_ahead(void)
{
	up();
	fake_issuers.user = NULL;
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(verify("app", "k1"), ES_UNAUTHENTICATED);
	fake_issuers.user = FAKE_SUBJECT;
	CU_ASSERT_EQUAL(verify("app", "k1"), ES_OK);
	CU_ASSERT_EQUAL(aheads, 0);
	CU_ASSERT_EQUAL(verify("app", "k1"), ES_OK);
	CU_ASSERT_EQUAL(aheads, 1);
	down();
}

/* A key of a tenant must not sign tokens of the installation. */
static void
own_issuer_has_no_keys_of_tenants(void)
{
	up();
	keys[0].iss = "echostream";
	CU_ASSERT_EQUAL(verify("echostream", "k1"), ES_UNAUTHENTICATED);
	CU_ASSERT_EQUAL(fake_issuers.key_reads, 0);
	CU_ASSERT_EQUAL(fake_issuers.subject_lookups, 0);
	down();
}

static CU_TestInfo cases[] = {
    {"keys are read once a minute", keys_are_read_once_a_minute},
    {"one token causes one reading", one_token_causes_one_reading},
    {"first readings are limited", first_readings_are_limited},
    {"a known issuer is always refreshed", a_known_issuer_is_always_refreshed},
    {"unknown issuers are evicted before known ones", unknown_issuers_make_room_first},
    {"a further known issuer evicts one", a_further_known_issuer_evicts_one},
    {"the user of a subject is found or created", users_of_subjects},
    {"a user that can't be created is not a bad token",
	a_user_that_can_not_be_created_is_not_a_bad_token},
    {"the cache holds as many keys as a tenant may have",
	the_cache_holds_as_many_keys_as_a_tenant_may_have},
    {"a text that is not a token reads no keys",
	a_text_that_is_not_a_token_reads_no_keys},
    {"the second token of a subject reads ahead", the_second_token_reads_ahead},
    {"the installation's issuer has no keys of tenants",
	own_issuer_has_no_keys_of_tenants},
    {"requests for the set are few", requests_for_the_set_are_few},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/bearer", cases)
