/* Users: the calls of the store, the members that only admins see, and the hints to
 * push-servers for each change. */
#include <stdio.h>
#include <string.h>

#include "cunit_main.h"
#include "handlers/handlers.h"
#include "http/field_check.h"
#include "rig.h"

#include "core/banned.h"

#define OF_BOB .params = {RIG_BOB}
#define ACL    "; announce_acl(0001 user=a002 jti=- version=9)"
#define GONE   "; announce_user_offline(a002)"
#define SHAPE(email, external_id, receipts) \
	"\",\"email\":" email ",\"displayName\":\"Bob\",\"role\":\"member\"," \
	"\"status\":\"active\",\"externalId\":" external_id \
	",\"readReceipts\":" receipts ",\"createdAt\":\"" RIG_TIME "\"}"
#define WHOLE  "{\"userId\":\"" RIG_BOB SHAPE("\"b@example.test\"", "\"ext-7\"", "true")
#define HIDDEN "{\"userId\":\"" RIG_BOB SHAPE("null", "null", "null")

static void
run(const struct rig_row rows[], size_t n)
{
	rig_begin();
	rig_rows(rows, n);
	rig_rows_failures(rows, n);
	rig_end();
}

/* Only admins and the user itself see the e-mail address and the external id. */
static void
read_one(void)
{
	static const struct rig_row rows[] = {
	    {"by an admin", users_get, "admin", OF_BOB, .status = 200,
		.calls = "user_store_get(a002)", .says = WHOLE},
	    {"by an owner", users_get, "owner", OF_BOB, .status = 200,
		.calls = "user_store_get(a002)", .says = WHOLE},
	    {"by a member", users_get, OF_BOB, .status = 200,
		.calls = "user_store_get(a002)", .says = HIDDEN},
	    {"oneself", users_get, .params = {"me"}, .status = 200,
		.calls = "user_store_get(a001)",
		.says = "{\"userId\":\"" RIG_ALICE SHAPE(
		    "\"b@example.test\"", "\"ext-7\"", "true")},
	    {"me", users_me, .status = 200, .calls = "user_store_get(a001)",
		.says = "{\"userId\":\"" RIG_ALICE SHAPE(
		    "\"b@example.test\"", "\"ext-7\"", "true")},
	    {"a malformed id", users_get, .params = {"bob"}, .rc = ES_NOT_FOUND},
	};

	run(rows, ES_COUNT(rows));
}

static const struct rig_row made[] = {
    {"by address and name", users_create, "admin",
	.body = "{\"email\":\" b@example.test\",\"displayName\":\"Bob \"}", .status = 201,
	.calls = "user_store_create(fresh email=b@example.test name=Bob role=- ext=-)",
	.says = WHOLE, .location = "/api/v1/users/" RIG_BOB},
    {"by a name of one letter", users_create, "admin",
	.body = "{\"email\":\"b@e\",\"displayName\":\"B\"}", .status = 201,
	.calls = "user_store_create(fresh email=b@e name=B role=- ext=-)", .says = WHOLE,
	.location = "/api/v1/users/" RIG_BOB},
    {"with all members", users_create, "admin",
	.body = "{\"email\":\"b@example.test\",\"displayName\":\"Bob\",\"role\":\"bot\","
		"\"externalId\":\"e1\"}",
	.status = 201,
	.calls = "user_store_create(fresh email=b@example.test name=Bob role=bot ext=e1)",
	.says = WHOLE, .location = "/api/v1/users/" RIG_BOB},
    {"no address", users_create, "admin", .body = "{\"displayName\":\"Bob\"}",
	.rc = ES_INVALID, .field = "email"},
    {"no name", users_create, "admin", .body = "{\"email\":\"b@example.test\"}",
	.rc = ES_INVALID, .field = "displayName"},
    {"an empty external id", users_create, "admin",
	.body = "{\"email\":\"b@example.test\",\"displayName\":\"Bob\","
		"\"externalId\":\"\"}",
	.rc = ES_INVALID, .field = "externalId"},
    {"an unknown role", users_create, "admin",
	.body = "{\"email\":\"b@example.test\",\"displayName\":\"Bob\",\"role\":\"god\"}",
	.rc = ES_INVALID, .field = "role"},
    {"no body", users_create, "admin", .rc = ES_BAD_REQUEST},
};

static void
created(void)
{
	run(made, ES_COUNT(made));
}

static void
lists_all_faults(void)
{
	static const char body[] =
	    "{\"email\":\"b\",\"displayName\":\"\",\"role\":\"god\"}";
	static const struct rig_row rows[] = {
	    {"of a creation", users_create, "admin", .body = body, .rc = ES_INVALID,
		.field = "email"},
	    {"of a change", users_patch, "admin", OF_BOB, .body = body, .rc = ES_INVALID,
		.field = "email"},
	};

	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		rig_begin();
		rig_rows(&rows[i], 1);
		CU_ASSERT_EQUAL_FATAL(rig.faults.n, 3);
		CU_ASSERT_STRING_EQUAL(rig.faults.items[1].field, "displayName");
		CU_ASSERT_STRING_EQUAL(rig.faults.items[2].field, "role");
	}
	rig_end();
}

#define PATCH "user_store_patch(a002 "

/* A new role or name is announced. An e-mail address or an external id is not, because
 * push-servers do not use them. */
static void
changed(void)
{
	static const struct rig_row rows[] = {
	    {"the role", users_patch, "admin", OF_BOB, .body = "{\"role\":\"admin\"}",
		.status = 200, .calls = PATCH "email=- name=- role=admin ext=-)" ACL,
		.says = WHOLE},
	    {"the name", users_patch, "admin", OF_BOB,
		.body = "{\"displayName\":\"Rob\"}", .status = 200,
		.calls = PATCH "email=- name=Rob role=- ext=-)" ACL},
	    {"a name of a letter", users_patch, "admin", OF_BOB,
		.body = "{\"displayName\":\"R\"}", .status = 200,
		.calls = PATCH "email=- name=R role=- ext=-)" ACL},
	    {"no body", users_patch, "admin", OF_BOB, .rc = ES_BAD_REQUEST},
	    {"the address", users_patch, "admin", OF_BOB,
		.body = "{\"email\":\"c@example.test\"}", .status = 200,
		.calls = PATCH "email=c@example.test name=- role=- ext=-)"},
	    {"the external id", users_patch, "admin", OF_BOB,
		.body = "{\"externalId\":\"e2\"}", .status = 200,
		.calls = PATCH "email=- name=- role=- ext=e2)"},
	    {"null as the external id", users_patch, "admin", OF_BOB,
		.body = "{\"externalId\":null}", .status = 200,
		.calls = PATCH "email=- name=- role=- ext=)"},
	    {"an empty external id", users_patch, "admin", OF_BOB,
		.body = "{\"externalId\":\"\"}", .status = 200,
		.calls = PATCH "email=- name=- role=- ext=)"},
	    {"oneself", users_patch, .params = {"me"}, .body = "{}", .status = 200,
		.calls = "user_store_patch(a001 email=- name=- role=- ext=-)"},
	    {"receipts", users_patch, .params = {"me"},
		.body = "{\"readReceipts\":false}", .status = 200,
		.calls = "user_store_patch(a001 email=- name=- role=- ext=- "
			 "receipts=false); announce_acl(0001 user=a001 jti=- version=9)"},
	    {"null as the name", users_patch, "admin", OF_BOB,
		.body = "{\"displayName\":null}", .rc = ES_INVALID,
		.field = "displayName"},
	    {"a malformed id", users_patch, .params = {"bob"}, .body = "{}",
		.rc = ES_NOT_FOUND},
	};

	run(rows, ES_COUNT(rows));
}

/* The handler announces first the events of channels that get another owner, then the new
 * version of rights, then the end of the presence. */
static void
status_changed(void)
{
	static struct event handed[3];
	static const struct rig_row rows[] = {
	    {"deactivated", users_deactivate, "admin", OF_BOB, .status = 200,
		.calls = "user_store_deactivate(a002); announce_events(3)" ACL GONE,
		.says = WHOLE},
	    {"reactivated", users_reactivate, "admin", OF_BOB, .status = 200,
		.calls = "user_store_reactivate(a002)" ACL, .says = WHOLE},
	    {"deleted", users_delete, "admin", OF_BOB, .status = 204,
		.calls = "user_store_delete(a002); announce_events(3)" ACL GONE},
	    {"deactivated: a malformed id", users_deactivate, .params = {"x"},
		.rc = ES_NOT_FOUND},
	    {"reactivated: a malformed id", users_reactivate, .params = {"x"},
		.rc = ES_NOT_FOUND},
	    {"deleted: a malformed id", users_delete, .params = {"x"},
		.rc = ES_NOT_FOUND},
	};

	rig_begin();
	rig.events = (struct event_list){handed, ES_COUNT(handed)};
	RIG_ROWS(rows);
	RIG_FAILURES(rows);
	rig_end();
}

/* Tries each field at its maximum length and one character longer. */
static void
each_field_has_a_maximum_length(void)
{
	static const struct {
		const char *field, *end; /* end: the last characters of the text */
		size_t max;
	} rows[] = {
	    {"email", "@e.test", EMAIL_MAX},
	    {"displayName", "", DISPLAY_NAME_MAX},
	    {"externalId", "", 255},
	};

	rig_begin();
	for (size_t i = 0; i < ES_COUNT(rows); i++)
		for (size_t over = 0; over < 2; over++) {
			const size_t n = rows[i].max + over - strlen(rows[i].end);
			char text[400], body[800];
			const struct rig_row row = {
			    .handler = users_patch, OF_BOB, .body = body};

			CU_ASSERT_FATAL(n < sizeof(text));
			memset(text, 'x', n);
			text[n] = '\0';
			(void)snprintf(body, sizeof(body), "{\"%s\":\"%s%s\"}",
			    rows[i].field, text, rows[i].end);
			CU_ASSERT_EQUAL(rig_call(&row), over ? ES_INVALID : ES_OK);
			if (over)
				CU_ASSERT_STRING_EQUAL(rig.err.field, rows[i].field);
		}
	rig_end();
}

static CU_TestInfo cases[] = {
    {"a user is read", read_one},
    {"a user is created", created},
    {"one answer lists all faults", lists_all_faults},
    {"a user is changed", changed},
    {"the status of a user changes", status_changed},
    {"address, name and external id have maximum lengths",
	each_field_has_a_maximum_length},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/users", cases)
