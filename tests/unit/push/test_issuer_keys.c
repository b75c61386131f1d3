/* The cache of keys of tenants' own issuers: when keys are read, and which entries are
 * evicted. */
#include <stdio.h>
#include <string.h>

#include "cunit_main.h"

#include "core/check.h"
#include "rig.h"
#include "unit/auth/fake_issuers.h"
#include "who/issuer_keys.h"

#include "core/banned.h"

#define SECOND   1000
#define MINUTE   (60 * SECOND)
#define SET_ASK  5000 /* as in issuer_keys.c */
#define TOKENS   50
#define START_MS 1000000

static struct rig rig;
static struct issuer_keys *keys;
static unsigned answers;
static struct es_err fault;

static struct fake_key known[2];

static void
on_answered(void *ctx)
{
	(void)ctx;
	answers++;
}

static void
up(void)
{
	rig_up(&rig);
	fake_issuers_up();
	fakes.answer = fake_issuers_answer;
	known[0] = (struct fake_key){.iss = "app", .kid = "k1"};
	known[1] = (struct fake_key){.iss = "app", .kid = "k2"};
	fake_issuers.keys = known;
	fake_issuers.n_keys = 1;
	rig.worker.env.now_ms = START_MS;
	answers = 0;
	keys = issuer_keys_new(&rig.worker.env, NULL, on_answered, NULL);
}

static void
down(void)
{
	fakes.hold = false;
	while (fakes_run())
		;
	issuer_keys_free(&keys);
	fake_issuers_down();
	rig_down(&rig);
}

/* Verifies a token of the issuer that the worker has received at came_ms. */
static enum es_code
verify_since(const char *iss, const char *kid, int64_t came_ms)
{
	const struct issuer_hint hint = {.iss = iss, .tenant = {FAKE_TENANT}};
	struct issuer_claims claims;
	struct arena *a = arena_new();
	const enum es_code rc = issuer_keys_verify(
	    keys, &hint, fake_issuers_token(a, iss, kid), came_ms, a, &claims, &fault);

	if (rc == ES_OK)
		CU_ASSERT_STRING_EQUAL(claims.kid, kid);
	arena_free(&a);
	return rc;
}

static enum es_code
verify(const char *iss, const char *kid)
{
	return verify_since(iss, kid, rig.worker.env.now_ms);
}

static void
turn(void)
{
	issuer_keys_turn(keys);
	(void)fakes_run();
}

static void
later(int64_t ms)
{
	rig.worker.env.now_ms += ms;
	turn();
}

static const char *
unknown_issuer(unsigned i)
{
	static char name[32];

	(void)snprintf(name, sizeof(name), "unknown-%u", i);
	return name;
}

static void
keys_are_read_once_a_minute(void)
{
	up();
	CU_ASSERT_EQUAL(verify("app", "k1"), ES_BUSY);
	CU_ASSERT_EQUAL(verify("app", "k1"), ES_BUSY);
	turn();
	CU_ASSERT_EQUAL(answers, 1);
	CU_ASSERT_EQUAL(verify("app", "k1"), ES_OK);
	later(MINUTE - 1);
	CU_ASSERT_EQUAL(verify("app", "k1"), ES_OK);
	CU_ASSERT_EQUAL(fake_issuers.names, 1);
	later(1);
	CU_ASSERT_EQUAL(verify("app", "k1"), ES_BUSY);
	turn();
	CU_ASSERT_EQUAL(verify("app", "k1"), ES_OK);
	CU_ASSERT_EQUAL(fake_issuers.names, 2);
	down();
}

/* The worker finds a key that was registered a moment ago. It refuses a token only with
 * keys that it has read after the token arrived. */
static void
an_unknown_key_waits_for_a_new_read(void)
{
	up();
	CU_ASSERT_EQUAL(verify("app", "k1"), ES_BUSY);
	turn();
	later(10);
	fake_issuers.n_keys = 2;
	CU_ASSERT_EQUAL(verify_since("app", "k2", START_MS + 10), ES_BUSY);
	turn();
	CU_ASSERT_EQUAL(fake_issuers.key_reads, 1); /* a second has not passed */
	CU_ASSERT_EQUAL(verify_since("app", "k2", START_MS + 10), ES_BUSY);
	later(SECOND);
	CU_ASSERT_EQUAL(fake_issuers.key_reads, 2);
	CU_ASSERT_EQUAL(verify_since("app", "k2", START_MS + 10), ES_OK);
	CU_ASSERT_EQUAL(verify_since("app", "k3", START_MS + 10), ES_UNAUTHENTICATED);
	CU_ASSERT_STRING_EQUAL(fault.text, "token: unknown key (kid)");
	CU_ASSERT_EQUAL(verify("nobody", "k1"), ES_BUSY);
	turn();
	CU_ASSERT_EQUAL(verify("nobody", "k1"), ES_UNAUTHENTICATED);
	CU_ASSERT_STRING_EQUAL(fault.text, "token: unknown issuer (iss, tid)");
	down();
}

static void
a_change_of_rights_reads_the_keys_again(void)
{
	const struct tenant_id tenant = {FAKE_TENANT}, other = {FAKE_SUBJECT};

	up();
	CU_ASSERT_EQUAL(verify("app", "k1"), ES_BUSY);
	turn();
	issuer_keys_forget(keys, &other);
	CU_ASSERT_EQUAL(verify("app", "k1"), ES_OK);
	fake_issuers.n_keys = 0;
	issuer_keys_forget(keys, &tenant);
	CU_ASSERT_EQUAL(verify("app", "k1"), ES_BUSY);
	later(SECOND);
	CU_ASSERT_EQUAL(verify_since("app", "k1", START_MS), ES_UNAUTHENTICATED);
	down();
}

/* TOKENS connections wait for the key set and try again after each read of the keys. */
static void
all_tokens_share_one_request_for_the_key_set(void)
{
	const int64_t came_ms = START_MS;

	up();
	known[0].has_url = true;
	known[0].tried_ms = clock_wall_ms() - 2 * MINUTE;
	CU_ASSERT_EQUAL(verify_since("app", "new", came_ms), ES_BUSY);
	turn();
	for (int64_t ms = 0; ms < SET_ASK; ms += SECOND / 2) {
		for (unsigned i = 0; i < TOKENS; i++)
			CU_ASSERT_EQUAL(verify_since("app", "new", came_ms), ES_BUSY);
		later(SECOND / 2);
	}
	CU_ASSERT_EQUAL(fake_issuers.set_requests, 1);
	CU_ASSERT_EQUAL(verify_since("app", "new", came_ms), ES_BUSY);
	CU_ASSERT_EQUAL(fake_issuers.set_requests, 2); /* the first request may be lost */
	/* The set was read and does not have the key. */
	known[0].tried_ms = clock_wall_ms();
	later(SECOND);
	CU_ASSERT_EQUAL(verify_since("app", "new", came_ms), ES_UNAUTHENTICATED);
	later(SECOND);
	CU_ASSERT_EQUAL(verify("app", "new"), ES_BUSY);
	later(SECOND);
	CU_ASSERT_EQUAL(fake_issuers.set_requests, 2);
	down();
}

/* The request can't be sent. The token waits and is not refused. */
static void
a_request_that_is_not_sent_is_repeated(void)
{
	up();
	known[0].has_url = true;
	CU_ASSERT_EQUAL(verify("app", "new"), ES_BUSY);
	turn();
	fakes.pg_down = true;
	CU_ASSERT_EQUAL(verify("app", "new"), ES_BUSY);
	CU_ASSERT_EQUAL(fake_issuers.set_requests, 0);
	fakes.pg_down = false;
	CU_ASSERT_EQUAL(verify("app", "new"), ES_BUSY);
	CU_ASSERT_EQUAL(fake_issuers.set_requests, 1);
	down();
}

static void
the_table_is_full_while_the_database_is_away(void)
{
	up();
	fakes.pg_down = true;
	for (unsigned i = 0; i < ISSUER_ENTRIES_MAX; i++)
		CU_ASSERT_EQUAL(verify(unknown_issuer(i), "k"), ES_BUSY);
	turn();
	CU_ASSERT_EQUAL(answers, 1); /* the waiting tokens check their deadline */
	CU_ASSERT_EQUAL(verify("app", "k1"), ES_UNAVAILABLE);
	CU_ASSERT_EQUAL(verify(unknown_issuer(0), "k"), ES_BUSY); /* it has an entry */
	fakes.pg_down = false;
	turn();
	CU_ASSERT_EQUAL(fake_issuers.key_reads, 0); /* not before a second has passed */
	later(SECOND);
	CU_ASSERT_EQUAL(fake_issuers.key_reads, 1);
	CU_ASSERT_EQUAL(verify("app", "k1"), ES_BUSY);
	for (unsigned i = 0; i <= ISSUER_ENTRIES_MAX / 100; i++)
		turn();
	CU_ASSERT_EQUAL(fake_issuers.names, ISSUER_ENTRIES_MAX + 1);
	CU_ASSERT_EQUAL(verify("app", "k1"), ES_OK);
	down();
}

static void
unknown_issuers_make_room_first(void)
{
	up();
	CU_ASSERT_EQUAL(verify("app", "k1"), ES_BUSY);
	turn();
	for (unsigned i = 0; i < 2 * ISSUER_ENTRIES_MAX; i++) {
		CU_ASSERT_EQUAL(verify(unknown_issuer(i), "k"), ES_BUSY);
		if (i % 100 == 99)
			turn();
	}
	CU_ASSERT_EQUAL(fake_issuers.names, 2 * ISSUER_ENTRIES_MAX + 1);
	CU_ASSERT_EQUAL(verify("app", "k1"), ES_OK);
	CU_ASSERT_EQUAL(fake_issuers.names, 2 * ISSUER_ENTRIES_MAX + 1);
	/* The last unknown issuers have entries, the first ones were evicted. */
	CU_ASSERT_EQUAL(
	    verify(unknown_issuer(2 * ISSUER_ENTRIES_MAX - 1), "k"), ES_UNAUTHENTICATED);
	CU_ASSERT_EQUAL(verify(unknown_issuer(0), "k"), ES_BUSY);
	down();
}

static CU_TestInfo cases[] = {
    {"keys are read once a minute", keys_are_read_once_a_minute},
    {"an unknown key waits for a new read", an_unknown_key_waits_for_a_new_read},
    {"a change of rights reads the keys again", a_change_of_rights_reads_the_keys_again},
    {"all tokens share one request for the key set",
	all_tokens_share_one_request_for_the_key_set},
    {"a request that is not sent is repeated", a_request_that_is_not_sent_is_repeated},
    {"the table is full while the database is away",
	the_table_is_full_while_the_database_is_away},
    {"unknown issuers are evicted first", unknown_issuers_make_room_first},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/issuer_keys", cases)
