/* Tickets for sockets: the claims that Redis keeps of the caller, and for how long. */
#include <string.h>

#include "auth/ticket.h"
#include "core/clock.h"
#include "cunit_main.h"
#include "handlers/handlers.h"
#include "rig.h"

#include "core/banned.h"

#define CHARGED "call_limit_charge(user-ticket 600)"
#define SET     "; redis_text(SET PX 30000)"

static const struct rig_row row = {
    "a ticket", ws_tickets_create, .status = 201, .calls = CHARGED SET};

/* The caller has an API key that expires with rig.key. */
static enum es_code
create_with_key(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct http_req with = *req;

	memcpy(with.key.id.text, RIG_KEY, sizeof(with.key.id.text));
	with.key.expires_ms = rig.key.expires_ms;
	return ws_tickets_create(api, &with, res, err);
}

/* The caller has a token that the tenant's own issuer has signed. */
static enum es_code
create_with_claims(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct http_req with = *req;

	with.claims = (struct token_claims){.tenant = {RIG_TENANT},
	    .user = {RIG_ALICE},
	    .jti = "j-9",
	    .issued_s = 100,
	    .expires_s = 200,
	    .kid = "k1",
	    .key_created_ms = 50,
	    .owners = true};
	return ws_tickets_create(api, &with, res, err);
}

/* Uses a kid that no real key has: JSON escapes each of its bytes as six characters. */
static enum es_code
create_with_long_kid(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct http_req with = *req;

	memset(with.claims.kid, 1, TOKEN_KID_MAX);
	memset(with.claims.jti, 1, sizeof(with.claims.jti) - 1);
	return ws_tickets_create(api, &with, res, err);
}

static void
begin(void)
{
	rig_begin();
	rig.conf.auth.token_ttl_s = 3600;
	rig.issue_s = clock_wall_ms() / 1000;
}

/* Checks that the key in Redis belongs to the ticket in the answer. Copies the claims
 * that Redis holds to *out. */
static void
check_ticket(struct token_claims *out)
{
	static const char member[] = "{\"ticket\":\"";
	char key[TICKET_KEY];
	const char *at;

	CU_ASSERT_EQUAL_FATAL(strncmp(rig.res.body.data, member, sizeof(member) - 1), 0);
	at = rig.res.body.data + sizeof(member) - 1;
	at = arena_memdup(rig.mem, at, strcspn(at, "\""));
	CU_ASSERT_TRUE(ticket_is(at));
	ticket_key(at, key);
	CU_ASSERT_STRING_EQUAL(rig.redis_key, key);
	CU_ASSERT_PTR_NULL(strstr(rig.redis_value, at));
	CU_ASSERT_EQUAL_FATAL(
	    ticket_decode(rig.redis_value, strlen(rig.redis_value), out, &rig.err),
	    ES_OK);
}

static void
of_a_token(void)
{
	struct rig_row with = row;
	struct token_claims kept;

	begin();
	rig_rows(&row, 1);
	rig_rows_failures(&row, 1);
	with.handler = create_with_claims;
	rig_rows(&with, 1);
	check_ticket(&kept);
	CU_ASSERT_STRING_EQUAL(kept.tenant.text, RIG_TENANT);
	CU_ASSERT_STRING_EQUAL(kept.user.text, RIG_ALICE);
	CU_ASSERT_STRING_EQUAL(kept.jti, "j-9");
	CU_ASSERT_STRING_EQUAL(kept.kid, "k1");
	CU_ASSERT_EQUAL(kept.issued_s, 100);
	CU_ASSERT_EQUAL(kept.expires_s, 200);
	CU_ASSERT_EQUAL(kept.key_created_ms, 50);
	CU_ASSERT_TRUE(kept.owners);
	rig_end();
}

static void
is_good_for_30_s(void)
{
	const int64_t before_ms = clock_wall_ms();
	int64_t end_ms;
	const char *at;

	begin();
	rig_rows(&row, 1);
	at = strstr(rig.res.body.data, "\"expiresAt\":\"");
	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	at += 13;
	CU_ASSERT_TRUE_FATAL(
	    clock_parse(arena_memdup(rig.mem, at, strcspn(at, "\"")), &end_ms));
	CU_ASSERT(end_ms >= before_ms + TICKET_TTL_MS);
	CU_ASSERT(end_ms <= clock_wall_ms() + TICKET_TTL_MS);
	rig_end();
}

/* The claims in a ticket of an API key expire with the key, and at the latest after the
 * lifetime of a token. */
static void
of_a_key(void)
{
	static const struct rig_row with = {"a ticket of a key", create_with_key,
	    .status = 201, .calls = CHARGED "; token_store_issue_s(0001 a001)" SET};
	const int64_t now_s = clock_wall_ms() / 1000;
	const struct {
		int64_t key_s, expires_s;
	} ends[] = {
	    {0, now_s + 3600},
	    {now_s + 60, now_s + 60},
	    {now_s + 4000, now_s + 3600},
	};

	for (size_t i = 0; i < ES_COUNT(ends); i++) {
		struct token_claims kept;

		begin();
		rig.key.expires_ms = ends[i].key_s * 1000;
		rig_rows(&with, 1);
		check_ticket(&kept);
		CU_ASSERT_STRING_EQUAL(kept.tenant.text, RIG_TENANT);
		CU_ASSERT_STRING_EQUAL(kept.user.text, RIG_ALICE);
		CU_ASSERT_STRING_EQUAL(kept.jti, "key:" RIG_KEY);
		CU_ASSERT_STRING_EQUAL(kept.kid, "");
		CU_ASSERT_EQUAL(kept.issued_s, rig.issue_s);
		/* the clock's second may have changed since now_s was read */
		CU_ASSERT(kept.expires_s - ends[i].expires_s <= 1);
		CU_ASSERT(kept.expires_s >= ends[i].expires_s);
	}
	rig_rows_failures(&with, 1);
	rig_end();
}

/* Claims that do not fit must be refused, because truncated claims can't be parsed. */
static void
never_cut_short(void)
{
	static const struct rig_row odd = {"claims that do not fit", create_with_long_kid,
	    .rc = ES_INTERNAL, .calls = CHARGED};

	begin();
	rig_rows(&odd, 1);
	rig_end();
}

static CU_TestInfo cases[] = {
    {"a ticket carries the claims of the token", of_a_token},
    {"a ticket is valid for 30 s", is_good_for_30_s},
    {"claims are never cut short", never_cut_short},
    {"a ticket of an API key expires no later than the key", of_a_key},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/ws_tickets", cases)
