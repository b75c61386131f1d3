/* Tenants, by their operator and by their owner: limits, settings, the first token. */
#include <stdio.h>
#include <string.h>

#include "auth/token.h"
#include "core/clock.h"
#include "cunit_main.h"
#include "handlers/handlers.h"
#include "http/field_check.h"
#include "rig.h"

#include "core/banned.h"

#define TENANT .params = {RIG_TENANT}
#define ACL    "; announce_acl(0001 user=- jti=- version=9)"
#define SHAPE \
	"\"tenantId\":\"" RIG_TENANT "\",\"name\":\"Acme\",\"createdAt\":\"" RIG_TIME \
	"\",\"maxChannels\":10,\"maxMessagesPerSecond\":20,\"status\":\"active\"," \
	"\"settings\":{}"
#define WHOLE "{" SHAPE "}"
#define BASE \
	"\"name\":\"Acme\",\"adminEmail\":\"a@example.test\",\"adminDisplayName\":" \
	"\"Alice\""
#define CREATE(limits, settings) \
	"tenant_store_create(fresh name=Acme " limits " settings=" settings \
	" email=a@example.test admin=Alice); token_store_issue_s(0001 a001)"
#define LOCATION "/api/v1/admin/tenants/" RIG_TENANT

static const struct token_key key = {
    .kid = "hs1", .alg = TOKEN_HS256, .verify = "0123456789abcdef0123456789abcdef"};

static void
begin(void)
{
	rig_begin();
	rig.conf.auth.token_ttl_s = 3600;
	rig.issue_s = clock_wall_ms() / 1000;
	rig.api.tokens = (struct token_rules){.keys = &key,
	    .n_keys = 1,
	    .issuer = "echostream",
	    .audience = "echostream",
	    .minted_at_database_time = true};
}

static void
run(const struct rig_row rows[], size_t n)
{
	begin();
	rig_rows(rows, n);
	rig_rows_failures(rows, n);
	rig_end();
}

static const struct rig_row made[] = {
    {"the defaults", tenants_create, .body = "{" BASE "}", .status = 201,
	.calls = CREATE("channels=-1 messages=-1", "-"), .location = LOCATION},
    {"names of one letter", tenants_create,
	.body = "{\"name\":\"A\",\"adminEmail\":\"a@e\",\"adminDisplayName\":\"B\"}",
	.status = 201,
	.calls = "tenant_store_create(fresh name=A channels=-1 messages=-1 settings=- "
		 "email=a@e admin=B); token_store_issue_s(0001 a001)",
	.location = LOCATION},
    {"no limits", tenants_create,
	.body = "{" BASE ",\"maxChannels\":null,\"maxMessagesPerSecond\":null}",
	.status = 201, .calls = CREATE("channels=-2 messages=-2", "-"),
	.location = LOCATION},
    {"limits of 0", tenants_create,
	.body = "{" BASE ",\"maxChannels\":0,\"maxMessagesPerSecond\":0}", .status = 201,
	.calls = CREATE("channels=0 messages=0", "-"), .location = LOCATION},
    {"the largest limits", tenants_create,
	.body = "{" BASE ",\"maxChannels\":1000000,\"maxMessagesPerSecond\":1000000}",
	.status = 201, .calls = CREATE("channels=1000000 messages=1000000", "-"),
	.location = LOCATION},
    {"empty settings", tenants_create, .body = "{" BASE ",\"settings\":{}}",
	.status = 201, .calls = CREATE("channels=-1 messages=-1", "{}"),
	.location = LOCATION},
    {"settings that the operator sets", tenants_create,
	.body = "{" BASE ",\"settings\":{\"userSendLimit\":5}}", .status = 201,
	.calls = CREATE("channels=-1 messages=-1", "{\"user_send_limit\":5}"),
	.location = LOCATION},
};

static const struct rig_row not_made[] = {
    {"no name", tenants_create,
	.body = "{\"adminEmail\":\"a@example.test\",\"adminDisplayName\":\"Alice\"}",
	.rc = ES_INVALID, .field = "name"},
    {"no address", tenants_create,
	.body = "{\"name\":\"Acme\",\"adminDisplayName\":\"Alice\"}", .rc = ES_INVALID,
	.field = "adminEmail"},
    {"no name of the admin", tenants_create,
	.body = "{\"name\":\"Acme\",\"adminEmail\":\"a@example.test\"}", .rc = ES_INVALID,
	.field = "adminDisplayName"},
    {"a malformed address", tenants_create,
	.body = "{\"name\":\"Acme\",\"adminEmail\":\"a\",\"adminDisplayName\":\"A\"}",
	.rc = ES_INVALID, .field = "adminEmail"},
    {"too many channels", tenants_create, .body = "{" BASE ",\"maxChannels\":1000001}",
	.rc = ES_INVALID, .field = "maxChannels"},
    {"too many messages", tenants_create,
	.body = "{" BASE ",\"maxMessagesPerSecond\":1000001}", .rc = ES_INVALID,
	.field = "maxMessagesPerSecond"},
    {"a negative limit of channels", tenants_create,
	.body = "{" BASE ",\"maxChannels\":-1}", .rc = ES_INVALID,
	.field = "maxChannels"},
    {"settings that are no object", tenants_create, .body = "{" BASE ",\"settings\":[1]}",
	.rc = ES_INVALID, .field = "settings"},
    {"an unknown setting", tenants_create, .body = "{" BASE ",\"settings\":{\"x\":1}}",
	.rc = ES_INVALID, .field = "settings/x"},
    {"no body", tenants_create, .rc = ES_BAD_REQUEST},
};

static void
created(void)
{
	run(made, ES_COUNT(made));
	begin();
	RIG_ROWS(not_made);
	rig_end();
}

/* The iat of the admin's token comes from the database's clock. The token's lifetime
 * comes from the installation's settings. */
static void
the_admin_of_a_new_tenant_gets_a_token(void)
{
	static const char member[] = "\"token\":\"";
	const struct rig_row row = made[0];
	const int64_t before_s = clock_wall_ms() / 1000;
	struct token_claims claims;
	char end[ES_TIME_TEXT];
	const char *at;

	begin();
	rig.issue_s++;
	rig_rows(&row, 1);
	at = strstr(rig.res.body.data, member);
	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	at = arena_memdup(rig.mem, at + 9, strcspn(at + 9, "\""));
	CU_ASSERT_EQUAL_FATAL(
	    token_verify(&rig.api.tokens, at, rig.issue_s, &claims, &rig.err), ES_OK);
	CU_ASSERT_STRING_EQUAL(claims.tenant.text, RIG_TENANT);
	CU_ASSERT_STRING_EQUAL(claims.user.text, RIG_ALICE);
	CU_ASSERT_EQUAL(claims.issued_s, rig.issue_s);
	CU_ASSERT(claims.expires_s >= before_s + 3600);
	CU_ASSERT(claims.expires_s <= clock_wall_ms() / 1000 + 3600);
	clock_format(claims.expires_s * 1000, end);
	CU_ASSERT_STRING_EQUAL(rig.res.body.data,
	    arena_printf(rig.mem,
		"{" SHAPE ",\"admin\":{\"userId\":\"" RIG_ALICE
		"\",\"email\":\"a@example.test\",\"displayName\":\"Alice\"},"
		"\"token\":\"%s\",\"tokenExpiresAt\":\"%s\"}",
		at, end));
	rig_end();
}

static void
read_and_listed(void)
{
	static const struct rig_row rows[] = {
	    {"one", tenants_get, TENANT, .status = 200, .calls = "tenant_store_get(0001)",
		.says = WHOLE},
	    {"a malformed id", tenants_get, .params = {"acme"}, .rc = ES_NOT_FOUND},
	    {"the caller's", tenant_own_get, .status = 200,
		.calls = "tenant_store_get(0001)", .says = WHOLE},
	    {"all", tenants_list, .status = 200,
		.calls = "tenant_store_list( after=- limit=50)",
		.says = "{\"tenants\":[" WHOLE "],\"nextCursor\":null}"},
	};

	run(rows, ES_COUNT(rows));
	begin();
	rig_pages(&rows[3], "0002");
	rig.tenant.max_channels = rig.tenant.max_messages_per_second = -2;
	CU_ASSERT_EQUAL(rig_call(&rows[0]), ES_OK);
	CU_ASSERT_TRUE(
	    rig_body_contains("\"maxChannels\":null,\"maxMessagesPerSecond\":null"));
	rig_end();
}

#define PATCH "tenant_store_patch(0001 "

static void
changed(void)
{
	static const struct rig_row rows[] = {
	    {"its name", tenants_patch, TENANT, .body = "{\"name\":\"New\"}",
		.status = 200,
		.calls = PATCH "name=New channels=-1 messages=-1 settings=-)" ACL,
		.says = WHOLE},
	    {"a name of a letter", tenants_patch, TENANT, .body = "{\"name\":\"N\"}",
		.status = 200,
		.calls = PATCH "name=N channels=-1 messages=-1 settings=-)" ACL},
	    {"no body", tenants_patch, TENANT, .rc = ES_BAD_REQUEST},
	    {"its limits", tenants_patch, TENANT,
		.body = "{\"maxChannels\":3,\"maxMessagesPerSecond\":4}", .status = 200,
		.calls = PATCH "name=- channels=3 messages=4 settings=-)" ACL},
	    {"null as the limits", tenants_patch, TENANT,
		.body = "{\"maxChannels\":null,\"maxMessagesPerSecond\":null}",
		.status = 200,
		.calls = PATCH "name=- channels=-2 messages=-2 settings=-)" ACL},
	    {"its settings", tenants_patch, TENANT,
		.body = "{\"settings\":{\"userSendLimit\":null}}", .status = 200,
		.calls = PATCH "name=- channels=-1 messages=-1 "
			       "settings={\"user_send_limit\":null})" ACL},
	    {"empty settings", tenants_patch, TENANT, .body = "{\"settings\":{}}",
		.status = 200,
		.calls = PATCH "name=- channels=-1 messages=-1 settings={})" ACL},
	    {"an empty name", tenants_patch, TENANT, .body = "{\"name\":\"\"}",
		.rc = ES_INVALID, .field = "name"},
	    {"a limit beyond the largest", tenants_patch, TENANT,
		.body = "{\"maxChannels\":1000001}", .rc = ES_INVALID,
		.field = "maxChannels"},
	    {"settings that are no object", tenants_patch, TENANT,
		.body = "{\"settings\":\"x\"}", .rc = ES_INVALID, .field = "settings"},
	    {"a malformed id", tenants_patch, .params = {"acme"}, .body = "{}",
		.rc = ES_NOT_FOUND},
	};

	run(rows, ES_COUNT(rows));
}

static void
suspended(void)
{
	static const struct rig_row rows[] = {
	    {"suspended", tenants_suspend, TENANT, .status = 200,
		.calls =
		    "tenant_store_suspend(0001)" ACL "; announce_tenant_offline(0001)",
		.says = WHOLE},
	    {"resumed", tenants_resume, TENANT, .status = 200,
		.calls = "tenant_store_resume(0001)" ACL, .says = WHOLE},
	    {"suspended: a malformed id", tenants_suspend, .params = {"x"},
		.rc = ES_NOT_FOUND},
	    {"resumed: a malformed id", tenants_resume, .params = {"x"},
		.rc = ES_NOT_FOUND},
	};

	run(rows, ES_COUNT(rows));
}

/* An owner sets which web apps may use the tenant, and nothing else. */
static void
changed_by_its_owner(void)
{
	static const struct rig_row rows[] = {
	    {"the origins", tenant_own_patch, "owner",
		.body =
		    "{\"settings\":{\"allowedOrigins\":[\"https://App.example.test\"]}}",
		.status = 200,
		.calls =
		    PATCH "name=- channels=-1 messages=-1 settings="
			  "{\"allowed_origins\":[\"https://app.example.test\"]})" ACL,
		.says = WHOLE},
	    {"empty settings", tenant_own_patch, "owner", .body = "{\"settings\":{}}",
		.status = 200,
		.calls = PATCH "name=- channels=-1 messages=-1 settings={})" ACL},
	    {"a limit that only the operator sets", tenant_own_patch, "owner",
		.body = "{\"settings\":{\"userSendLimit\":5}}", .rc = ES_INVALID,
		.field = "settings/userSendLimit"},
	    {"no body", tenant_own_patch, "owner", .rc = ES_BAD_REQUEST},
	    {"no settings", tenant_own_patch, "owner", .body = "{}", .rc = ES_INVALID,
		.field = "settings"},
	    {"settings that are no object", tenant_own_patch, "owner",
		.body = "{\"settings\":[1]}", .rc = ES_INVALID, .field = "settings"},
	    {"its name", tenant_own_patch, "owner",
		.body = "{\"settings\":{},\"name\":\"x\"}", .rc = ES_INVALID,
		.field = "name"},
	};

	run(rows, ES_COUNT(rows));
}

static CU_TestInfo cases[] = {
    {"a tenant is created", created},
    {"the admin of a new tenant gets a token", the_admin_of_a_new_tenant_gets_a_token},
    {"tenants are read and listed", read_and_listed},
    {"a tenant is changed", changed},
    {"a tenant is suspended and resumed", suspended},
    {"a tenant is changed by its owner", changed_by_its_owner},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/tenants", cases)
