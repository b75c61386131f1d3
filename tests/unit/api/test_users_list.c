/* GET /users: its filters, the roles that may use them, and the link that keeps them. */
#include <stdio.h>
#include <string.h>

#include "cunit_main.h"
#include "handlers/handlers.h"
#include "http/field_check.h"
#include "rig.h"

#include "core/banned.h"

#define LIST(filter) "user_store_list(" filter " after=- limit=50)"
#define ALL          LIST("email=- ext=- name=- role=- status=-")

static const struct rig_row listed[] = {
    {"all", users_list, .status = 200, .calls = ALL,
	.says = "{\"users\":[{\"userId\":\"01900000-0000-7000-8000-00000000a001\","
		"\"email\":\"b@example.test\",\"displayName\":\"Bob\",\"role\":"
		"\"member\",\"status\":\"active\",\"externalId\":\"ext-7\","
		"\"readReceipts\":true,\"createdAt\":\"" RIG_TIME
		"\"}],\"nextCursor\":null}"},
    {"by name", users_list, .query = "q=Bo", .status = 200,
	.calls = LIST("email=- ext=- name=Bo role=- status=-")},
    {"by one letter", users_list, .query = "q=B", .status = 200,
	.calls = LIST("email=- ext=- name=B role=- status=-")},
    {"by an external id of one letter", users_list, "admin", .query = "externalId=e",
	.status = 200, .calls = LIST("email=- ext=e name=- role=- status=-")},
    {"by role and status", users_list, .query = "role=bot&status=deleted", .status = 200,
	.calls = LIST("email=- ext=- name=- role=bot status=deleted")},
    {"by address", users_list, "admin", .query = "email=b%40example.test", .status = 200,
	.calls = LIST("email=b@example.test ext=- name=- role=- status=-")},
    {"by external id", users_list, "owner", .query = "externalId=e1&role=owner",
	.status = 200, .calls = LIST("email=- ext=e1 name=- role=owner status=-")},
};

static void
the_store_gets_the_filters(void)
{
	rig_begin();
	RIG_ROWS(listed);
	RIG_FAILURES(listed);
	rig_end();
}

static void
pages(void)
{
	rig_begin();
	for (size_t i = 0; i < ES_COUNT(listed); i++)
		rig_pages(&listed[i], "a002");
	rig_end();
}

/* A cursor is valid only with the filter of its page. */
static void
a_cursor_of_another_filter_is_refused(void)
{
	struct rig_row row = {.handler = users_list, .query = "q=Bo"};
	char query[256];
	const char *cursor;

	rig_begin();
	rig.more = true;
	CU_ASSERT_EQUAL(rig_call(&row), ES_OK);
	cursor = strstr(rig.res.body.data, "\"nextCursor\":\"");
	CU_ASSERT_PTR_NOT_NULL_FATAL(cursor);
	cursor += 14;
	(void)snprintf(
	    query, sizeof(query), "q=Al&cursor=%.*s", (int)strcspn(cursor, "\""), cursor);
	row.query = query;
	CU_ASSERT_EQUAL(rig_call(&row), ES_BAD_CURSOR);
	query[2] = 'B';
	query[3] = 'o';
	CU_ASSERT_EQUAL(rig_call(&row), ES_OK);
	rig_end();
}

static const struct rig_row refused[] = {
    {"an address, by a member", users_list, .query = "email=b%40example.test",
	.rc = ES_FORBIDDEN, .field = "?email"},
    {"an external id, by a member", users_list, .query = "externalId=e1",
	.rc = ES_FORBIDDEN, .field = "?externalId"},
    {"address and name", users_list, "admin", .query = "email=b%40example.test&q=B",
	.rc = ES_BAD_REQUEST, .field = "?q"},
    {"address and external id", users_list, "admin",
	.query = "email=b%40example.test&externalId=e1", .rc = ES_BAD_REQUEST,
	.field = "?externalId"},
    {"name and external id", users_list, "admin", .query = "q=B&externalId=e1",
	.rc = ES_BAD_REQUEST, .field = "?q"},
    {"an empty external id", users_list, "admin",
	.query = "externalId=", .rc = ES_BAD_REQUEST, .field = "?externalId"},
    {"an empty name", users_list, .query = "q=", .rc = ES_BAD_REQUEST, .field = "?q"},
    {"an empty address", users_list, "admin", .query = "email=", .rc = ES_BAD_REQUEST,
	.field = "?email"},
    {"an unknown role", users_list, .query = "role=god", .rc = ES_BAD_REQUEST,
	.field = "?role"},
    {"an unknown status", users_list, .query = "status=gone", .rc = ES_BAD_REQUEST,
	.field = "?status"},
};

static void
bad_filters(void)
{
	rig_begin();
	RIG_ROWS(refused);
	rig_end();
}

static void
each_filter_has_a_maximum_length(void)
{
	static const struct {
		const char *name;
		size_t max;
	} rows[] = {{"q", DISPLAY_NAME_MAX}, {"email", EMAIL_MAX}, {"externalId", 255}};

	rig_begin();
	for (size_t i = 0; i < ES_COUNT(rows); i++)
		for (size_t over = 0; over < 2; over++) {
			char text[400], query[440];
			const struct rig_row row = {
			    .handler = users_list, .role = "admin", .query = query};

			CU_ASSERT_FATAL(rows[i].max + over < sizeof(text));
			memset(text, 'x', rows[i].max + over);
			text[rows[i].max + over] = '\0';
			(void)snprintf(query, sizeof(query), "%s=%s", rows[i].name, text);
			CU_ASSERT_EQUAL(rig_call(&row), over ? ES_BAD_REQUEST : ES_OK);
			if (over)
				CU_ASSERT_STRING_EQUAL(rig.err.field + 1, rows[i].name);
		}
	rig_end();
}

static CU_TestInfo cases[] = {
    {"the store gets the filters", the_store_gets_the_filters},
    {"pages", pages},
    {"a cursor of another filter is refused", a_cursor_of_another_filter_is_refused},
    {"bad filters are refused", bad_filters},
    {"each filter has a maximum length", each_filter_has_a_maximum_length},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/users_list", cases)
