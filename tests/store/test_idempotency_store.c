/* Within 24 hours an idempotency key always returns the same id. */
#include <string.h>

#include "cunit_main.h"
#include "store/channel_store.h"
#include "store/idempotency_store.h"
#include "store_fixture.h"

#include "core/banned.h"

static struct fixture f;
static struct uuid id;
static bool again;

static struct idempotency_claim
claim_of(const char *actor, const char *route, const char *key, unsigned char request)
{
	struct idempotency_claim c = {
	    .tenant = f.admin.tenant, .actor = actor, .route = route, .key = key};

	memset(c.request, request, sizeof(c.request));
	return c;
}

static enum es_code
claim(const struct idempotency_claim *c)
{
	return idempotency_store_claim(f.pg, c, f.arena, &id, &again, &f.err);
}

static void
a_key_returns_one_id(void)
{
	const struct idempotency_claim first = claim_of("a", "channels", "k", 1);
	const struct idempotency_claim others[] = {claim_of("b", "channels", "k", 2),
	    claim_of("a", "users", "k", 2), claim_of("a", "channels", "l", 2)};
	struct idempotency_claim foreign = claim_of("a", "channels", "k", 2);
	struct uuid made;

	FINE(claim(&first));
	CU_ASSERT_FALSE(again);
	made = id;
	FINE(claim(&first));
	CU_ASSERT_TRUE(again);
	CU_ASSERT_STRING_EQUAL(id.text, made.text);
	for (size_t i = 0; i < ES_COUNT(others); i++) {
		FINE(claim(&others[i]));
		CU_ASSERT_FALSE(again);
	}
	foreign.tenant = f.foreign.tenant;
	FINE(claim(&foreign));
	CU_ASSERT_FALSE(again);
}

static void
another_request_is_refused(void)
{
	const struct idempotency_claim first = claim_of("a", "channels", "one", 1);
	const struct idempotency_claim other = claim_of("a", "channels", "one", 2);

	FINE(claim(&first));
	REFUSED(f, claim(&other), ES_KEY_REUSED, NULL);
	CU_ASSERT_STRING_EQUAL(f.err.field, ":Idempotency-Key");
}

static void
a_key_is_forgotten_after_a_day(void)
{
	const struct idempotency_claim first = claim_of("a", "channels", "old", 1);
	const struct idempotency_claim other = claim_of("a", "channels", "old", 2);
	const char *const params[] = {"old"};

	FINE(claim(&first));
	CU_ASSERT_EQUAL(fixture_owner_number(&f, &f.admin.tenant,
			    "UPDATE idempotency_keys SET created_at = now() - interval "
			    "'24 hours 1 second'"
			    " WHERE key = $1 RETURNING 1",
			    params, 1),
	    1);
	FINE(claim(&other));
	CU_ASSERT_FALSE(again);
	REFUSED(f, claim(&first), ES_KEY_REUSED, NULL);
}

/* The purge deletes the rows of a deleted channel by the channel's id. It would also
 * delete the rows of a new channel with the same id. */
static void
a_deleted_channel_is_not_created_again(void)
{
	const struct idempotency_claim c = claim_of("a", "channels", "gone", 1);
	struct channel_new make = {.name = "made-once"};
	struct channel channel;
	struct event event;

	FINE(claim(&c));
	memcpy(make.id.text, id.text, sizeof(make.id.text));
	FINE(channel_store_create(f.pg, &f.bob, &make, f.arena, &channel, &f.err));
	FINE(channel_store_delete(f.pg, &f.bob, &channel.id, f.arena, &event, &f.err));
	REFUSED(f, claim(&c), ES_CONFLICT, NULL);
	CU_ASSERT_STRING_EQUAL(f.err.field, ":Idempotency-Key");
	/* A request may have claimed the key, and got the id, before the channel was
	 * deleted. */
	CU_ASSERT_NOT_EQUAL(
	    channel_store_create(f.pg, &f.bob, &make, f.arena, &channel, &f.err), ES_OK);
}

static CU_TestInfo cases[] = {
    {"a key returns one id", a_key_returns_one_id},
    {"another request is refused", another_request_is_refused},
    {"a key is forgotten after a day", a_key_is_forgotten_after_a_day},
    {"a deleted channel is not created again", a_deleted_channel_is_not_created_again},
    CU_TEST_INFO_NULL,
};
STORE_MAIN("idempotency_store", cases, f)
