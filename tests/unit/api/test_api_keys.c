/* API keys: the checks of a new key, its text in one answer only, lists, revocation. */
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "cunit_main.h"
#include "handlers/handlers.h"
#include "rig.h"

#include "core/banned.h"

#define CHARGED "call_limit_charge(user-auth 300)"
#define CREATE  CHARGED "; api_key_store_create("
#define SCOPES  "\"scopes\":[\"messages:write\"]"
#define SHAPE \
	"{\"keyId\":\"" RIG_KEY "\",\"name\":\"CRM\",\"hint\":\"beef\",\"scopes\":[" \
	"\"messages:write\",\"users:manage\"],\"botUserId\":null,\"createdBy\":" \
	"\"" RIG_ALICE "\",\"createdAt\":\"" RIG_TIME "\",\"expiresAt\":null," \
	"\"lastUsedAt\":null"
#define PATH "/api/v1/api-keys/" RIG_KEY

static void
begin(void)
{
	rig_begin();
	rig.conf.api_keys = 25;
	rig.conf.auth.token_ttl_s = 3600;
}

static void
created(void)
{
	static const struct rig_row rows[] = {
	    {"one scope", api_keys_create, .body = "{\"name\":\"CRM\"," SCOPES "}",
		.status = 201, .calls = CREATE "fresh name=CRM scopes=1 bot=- max=25)",
		.location = PATH},
	    {"all scopes, a bot", api_keys_create,
		.body = "{\"name\":\" CRM \",\"scopes\":[\"messages:write\","
			"\"channels:manage\",\"users:manage\",\"tokens:mint\",\"admin\"],"
			"\"botUserId\":\"" RIG_BOB "\"}",
		.status = 201,
		.calls = CREATE "fresh name=CRM scopes=31 bot=a002 max=25)",
		.location = PATH},
	};

	begin();
	RIG_ROWS(rows);
	CU_ASSERT_STRING_EQUAL(rig.res.body.data,
	    arena_printf(rig.mem, SHAPE ",\"key\":\"%s\"}", rig.made_key));
	CU_ASSERT_EQUAL(rig.asked_ms, 0);
	RIG_FAILURES(rows);
	rig_end();
}

#define NAME_200 \
	"12345678901234567890123456789012345678901234567890123456789012345678901234567" \
	"89012345678901234567890123456789012345678901234567890123456789012345678901234" \
	"5678901234567890123456789012345678901234567890"

static void
refused(void)
{
	static const struct rig_row rows[] = {
	    {"no name", api_keys_create, .body = "{" SCOPES "}", .rc = ES_INVALID,
		.field = "name", .calls = CHARGED},
	    {"a name of blanks", api_keys_create, .body = "{\"name\":\" \"," SCOPES "}",
		.rc = ES_INVALID, .field = "name", .calls = CHARGED},
	    {"the longest name", api_keys_create,
		.body = "{\"name\":\"" NAME_200 "\"," SCOPES "}", .status = 201,
		.calls = CREATE "fresh name=" NAME_200 " scopes=1 bot=- max=25)",
		.location = PATH},
	    {"the shortest name", api_keys_create, .body = "{\"name\":\"C\"," SCOPES "}",
		.status = 201, .calls = CREATE "fresh name=C scopes=1 bot=- max=25)",
		.location = PATH},
	    {"no body", api_keys_create, .rc = ES_BAD_REQUEST, .calls = CHARGED},
	    {"a name of 201 characters", api_keys_create,
		.body = "{\"name\":\"" NAME_200 "1\"," SCOPES "}", .rc = ES_INVALID,
		.field = "name", .calls = CHARGED},
	    {"no scopes", api_keys_create, .body = "{\"name\":\"CRM\"}", .rc = ES_INVALID,
		.field = "scopes", .calls = CHARGED},
	    {"an empty list of scopes", api_keys_create,
		.body = "{\"name\":\"CRM\",\"scopes\":[]}", .rc = ES_INVALID,
		.field = "scopes", .calls = CHARGED},
	    {"an unknown scope behind a good one", api_keys_create,
		.body = "{\"name\":\"CRM\",\"scopes\":[\"admin\",\"root\"]}",
		.rc = ES_INVALID, .field = "scopes", .calls = CHARGED},
	    {"a scope that is a number", api_keys_create,
		.body = "{\"name\":\"CRM\",\"scopes\":[1]}", .rc = ES_INVALID,
		.field = "scopes", .calls = CHARGED},
	    {"six scopes", api_keys_create,
		.body = "{\"name\":\"CRM\",\"scopes\":[\"admin\",\"admin\",\"admin\","
			"\"admin\",\"admin\",\"admin\"]}",
		.rc = ES_INVALID, .field = "scopes", .calls = CHARGED},
	    {"a malformed bot", api_keys_create,
		.body = "{\"name\":\"CRM\"," SCOPES ",\"botUserId\":\"bot\"}",
		.rc = ES_INVALID, .field = "botUserId", .calls = CHARGED},
	    {"an expiry that is not a time", api_keys_create,
		.body = "{\"name\":\"CRM\"," SCOPES ",\"expiresAt\":\"soon\"}",
		.rc = ES_INVALID, .field = "expiresAt", .calls = CHARGED},
	    {"an expiry in the past", api_keys_create,
		.body = "{\"name\":\"CRM\"," SCOPES
			",\"expiresAt\":\"2020-01-01T00:00:00Z\"}",
		.rc = ES_INVALID, .field = "expiresAt", .calls = CHARGED},
	};

	begin();
	RIG_ROWS(rows);
	rig_end();
}

/* The answer lists each wrong member. */
static void
lists_all_faults(void)
{
	static const struct rig_row rows[] = {
	    {"all at once", api_keys_create,
		.body = "{\"name\":\"\",\"scopes\":[\"root\"],\"botUserId\":\"bot\","
			"\"expiresAt\":\"soon\"}",
		.rc = ES_INVALID, .field = "name", .calls = CHARGED},
	};

	begin();
	RIG_ROWS(rows);
	CU_ASSERT_EQUAL_FATAL(rig.faults.n, 4);
	CU_ASSERT_STRING_EQUAL(rig.faults.items[1].field, "scopes");
	CU_ASSERT_STRING_EQUAL(rig.faults.items[2].field, "expiresAt");
	CU_ASSERT_STRING_EQUAL(rig.faults.items[3].field, "botUserId");
	rig_end();
}

static void
a_key_expires_at_the_time_of_the_request(void)
{
	char body[160], end[ES_TIME_TEXT];
	const struct rig_row row = {.handler = api_keys_create, .body = body};
	const int64_t end_ms = clock_wall_ms() + 60000;

	begin();
	clock_format(end_ms, end);
	(void)snprintf(body, sizeof(body),
	    "{\"name\":\"CRM\"," SCOPES ",\"expiresAt\":\"%s\"}", end);
	CU_ASSERT_EQUAL(rig_call(&row), ES_OK);
	CU_ASSERT_EQUAL(rig.asked_ms, end_ms);
	rig_end();
}

#define CLAIMED \
	CHARGED "; idempotency_store_claim(0001 a001 api-keys key-1); " \
		"api_key_store_create(f001 name=CRM scopes=1 bot=- max=25)"

/* The server shows the text of a key once. It refuses a repeat, and names the id of the
 * key that the first request created. */
static void
repeated(void)
{
	static const struct rig_row good = {"with a key", api_keys_create,
	    .body = "{\"name\":\"CRM\"," SCOPES "}", .idempotency_key = "key-1",
	    .status = 201, .calls = CLAIMED, .location = PATH};
	struct rig_row again = good;

	begin();
	rig_rows(&good, 1);
	rig_rows_failures(&good, 1);
	rig.fails = "api_key_store_create";
	rig.failure = ES_CONFLICT;
	rig.sqlstate = "23505";
	again.rc = ES_CONFLICT;
	again.field = ":Idempotency-Key";
	rig_rows(&again, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(rig.err.text, RIG_CLAIMED));
	/* The handler returns any other failure unchanged. A failure without an
	 * Idempotency-Key is returned unchanged, too. */
	rig.sqlstate = "23514";
	again.field = "";
	rig_rows(&again, 1);
	rig.sqlstate = "23505";
	again.idempotency_key = NULL;
	again.calls = CREATE "fresh name=CRM scopes=1 bot=- max=25)";
	rig_rows(&again, 1);
	rig_end();
}

static void
listed(void)
{
	static const struct rig_row rows[] = {
	    {"one key", api_keys_list, .status = 200,
		.calls = "api_key_store_list( after=- limit=50)",
		.says = "{\"keys\":[" SHAPE "}],\"nextCursor\":null}"},
	};

	begin();
	RIG_ROWS(rows);
	RIG_FAILURES(rows);
	rig_pages(&rows[0], "e002");
	rig.key = (struct api_key){.id = {RIG_KEY},
	    .name = "n",
	    .hint = "h",
	    .scopes = "",
	    .bot_user = {RIG_BOB},
	    .created_ms = RIG_TIME_MS,
	    .expires_ms = RIG_TIME_MS,
	    .last_used_ms = RIG_TIME_MS};
	CU_ASSERT_EQUAL(rig_call(&rows[0]), ES_OK);
	CU_ASSERT_TRUE(rig_body_contains(
	    "\"scopes\":[],\"botUserId\":\"" RIG_BOB "\",\"createdBy\":"
	    "null,\"createdAt\":\"" RIG_TIME "\",\"expiresAt\":\"" RIG_TIME
	    "\",\"lastUsedAt\":\"" RIG_TIME "\"}"));
	rig_end();
}

static void
revoked(void)
{
	static const struct rig_row rows[] = {
	    {"a key", api_keys_revoke, .params = {RIG_KEY}, .status = 204,
		.calls = CHARGED "; api_key_store_revoke(e001); announce_acl(0001 user=- "
				 "jti=key:" RIG_KEY " version=9)"},
	    {"a malformed id", api_keys_revoke, .params = {"me"}, .rc = ES_NOT_FOUND,
		.calls = CHARGED},
	};
	const int64_t before_ms = clock_wall_ms();

	begin();
	RIG_ROWS(rows);
	/* The revocation is stored for 3,600 s, the lifetime of the longest session that
	 * a ticket of the key can open. */
	CU_ASSERT_EQUAL(rig_call(&rows[0]), ES_OK);
	CU_ASSERT(rig.asked_ms >= before_ms + 3600000);
	CU_ASSERT(rig.asked_ms <= clock_wall_ms() + 3600000);
	RIG_FAILURES(rows);
	rig_end();
}

static CU_TestInfo cases[] = {
    {"a key is created", created},
    {"bad keys are refused", refused},
    {"one answer lists all faults", lists_all_faults},
    {"a key expires at the time of the request",
	a_key_expires_at_the_time_of_the_request},
    {"a repeat does not show the key", repeated},
    {"keys are listed", listed},
    {"a key is revoked", revoked},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/api_keys", cases)
