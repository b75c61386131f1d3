/* Ids in paths. */
#include <string.h>

#include "cunit_main.h"
#include "http/path_param.h"

#include "core/banned.h"

#define ID "01900000-0000-7000-8000-00000000a001"

static struct http_req req = {.who = {.actor = {.user = {ID}}}};
static struct es_err err;

static void
takes_ids_and_nothing_else(void)
{
	static const char *const bad[] = {"", "me2", "01900000", ID "0",
	    "0190000000000-7000-8000-00000000a001",
	    "01900000-0000-7000-8000-00000000a00g"};
	struct channel_id channel;
	struct tenant_id tenant;
	struct user_id user;
	struct uuid key;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		req.params[1] = bad[i];
		CU_ASSERT_EQUAL(
		    path_param_channel(&req, 1, &channel, &err), ES_NOT_FOUND);
		CU_ASSERT_EQUAL(path_param_user(&req, 1, &user, &err), ES_NOT_FOUND);
		CU_ASSERT_EQUAL(path_param_tenant(&req, 1, &tenant, &err), ES_NOT_FOUND);
		CU_ASSERT_EQUAL(path_param_key(&req, 1, &key, &err), ES_NOT_FOUND);
	}
	req.params[1] = ID;
	CU_ASSERT_EQUAL(path_param_channel(&req, 1, &channel, &err), ES_OK);
	CU_ASSERT_STRING_EQUAL(channel.text, ID);
	CU_ASSERT_EQUAL(path_param_user(&req, 1, &user, &err), ES_OK);
	CU_ASSERT_STRING_EQUAL(user.text, ID);
	CU_ASSERT_EQUAL(path_param_tenant(&req, 1, &tenant, &err), ES_OK);
	CU_ASSERT_STRING_EQUAL(tenant.text, ID);
	CU_ASSERT_EQUAL(path_param_key(&req, 1, &key, &err), ES_OK);
	CU_ASSERT_STRING_EQUAL(key.text, ID);
}

static void
me_is_the_caller(void)
{
	struct user_id user;
	struct channel_id channel;

	req.params[0] = "me";
	CU_ASSERT_EQUAL(path_param_user(&req, 0, &user, &err), ES_OK);
	CU_ASSERT_STRING_EQUAL(user.text, ID);
	CU_ASSERT_EQUAL(path_param_channel(&req, 0, &channel, &err), ES_NOT_FOUND);
}

static CU_TestInfo cases[] = {
    {"takes ids and nothing else", takes_ids_and_nothing_else},
    {"\"me\" is the caller", me_is_the_caller},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/path_param", cases)
