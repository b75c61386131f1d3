/* The JSON of resources. */
#include <string.h>

#include "cunit_main.h"
#include "http/json_shape.h"

#include "core/banned.h"

#define ALICE "01900000-0000-7000-8000-00000000a001"
#define BOB   "01900000-0000-7000-8000-00000000a002"

static struct arena *mem;
static struct text out;
static struct json_write w;

static void
begin(void)
{
	mem = arena_new();
	text_init(&out, mem, 4096);
	jw_init(&w, &out);
	jw_object(&w, NULL);
}

static void
ends_as(const char *json)
{
	jw_object_end(&w);
	CU_ASSERT_STRING_EQUAL(out.data, json);
	arena_free(&mem);
}

static void
a_user_s_address_is_for_admins_and_the_user(void)
{
	static const struct {
		const char *role, *user;
		bool shown;
	} readers[] = {{"owner", BOB, true}, {"admin", BOB, true}, {"member", BOB, false},
	    {"guest", BOB, false}, {"bot", BOB, false}, {"guest", ALICE, true}};
	const struct user user = {.id = {ALICE},
	    .email = "a@x.test",
	    .display_name = "Alice",
	    .role = "member",
	    .status = "active",
	    .external_id = "x-1",
	    .created_ms = 1000};

	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
		struct actor reader = {.role = readers[i].role};

		memcpy(reader.user.text, readers[i].user, sizeof(ALICE));
		begin();
		json_shape_user(&w, &user, &reader);
		ends_as(readers[i].shown
			    ? "{\"userId\":\"" ALICE "\",\"email\":\"a@x.test\","
			      "\"displayName\":\"Alice\",\"role\":\"member\","
			      "\"status\":\"active\",\"externalId\":\"x-1\","
			      "\"readReceipts\":false,"
			      "\"createdAt\":\"1970-01-01T00:00:01.000Z\"}"
			    : "{\"userId\":\"" ALICE "\",\"email\":null,"
			      "\"displayName\":\"Alice\",\"role\":\"member\","
			      "\"status\":\"active\",\"externalId\":null,"
			      "\"readReceipts\":null,"
			      "\"createdAt\":\"1970-01-01T00:00:01.000Z\"}");
	}
}

static void
zero_is_null(void)
{
	begin();
	json_shape_time(&w, "never", 0);
	json_shape_number(&w, "none", 0);
	json_shape_number(&w, "one", 1);
	ends_as("{\"never\":null,\"none\":null,\"one\":1}");
}

static CU_TestInfo cases[] = {
    {"only admins and the user see the user's address",
	a_user_s_address_is_for_admins_and_the_user},
    {"0 is null", zero_is_null},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/json_shape", cases)
