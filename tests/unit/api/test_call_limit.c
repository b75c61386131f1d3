/* Tests the cost of a call and the answer of a refusal. The counters are in limits.c. */
#include <string.h>

#include "cunit_main.h"
#include "guard/call_limit.h"

#include "core/banned.h"

#define TENANT "01900000-0000-7000-8000-000000000001"
#define ALICE  "01900000-0000-7000-8000-00000000a001"

static const struct api_conf conf = {.api_workers = 4};
static bool allowed;
static int64_t wait_ms;
static struct limit charged, also;
static enum es_code says;

enum es_code
limits_check(struct redis *r, struct limits_local *local, unsigned processes,
    const struct tenant_id *tenant, const struct user_id *user,
    const struct limit *user_limit, const struct limit *tenant_limit, int64_t cost,
    struct arena *a, struct limit_result *out, struct es_err *err)
{
	(void)r, (void)local, (void)a;
	CU_ASSERT_EQUAL(processes, 4);
	CU_ASSERT_STRING_EQUAL(tenant->text, TENANT);
	CU_ASSERT_STRING_EQUAL(user->text, ALICE);
	CU_ASSERT_EQUAL(cost, 1);
	charged = *user_limit;
	also = *tenant_limit;
	*out = (struct limit_result){
	    .allowed = allowed, .user = {.retry_after_ms = wait_ms}};
	return says == ES_OK ? ES_OK : es_fail(err, says, "no");
}

static enum es_code
charge(struct http_res *res, struct es_err *err)
{
	const struct http_req req = {
	    .who = {.actor = {.tenant = {TENANT}, .user = {ALICE}}}};
	struct api api = {.conf = &conf};

	*res = (struct http_res){0};
	return call_limit_charge(&api, &req, "user-x", 30, res, err);
}

static void
counts_a_minute(void)
{
	struct http_res res;
	struct es_err err;

	allowed = true;
	CU_ASSERT_EQUAL(charge(&res, &err), ES_OK);
	CU_ASSERT_STRING_EQUAL(charged.policy, "user-x");
	CU_ASSERT_EQUAL(charged.quota, 30);
	CU_ASSERT_EQUAL(charged.burst, 30);
	CU_ASSERT_EQUAL(charged.window_ms, 60000);
	CU_ASSERT_EQUAL(also.quota, 0); /* the tenant has no own limit */
	CU_ASSERT_PTR_NULL(res.policy);
}

static void
sets_retry_after(void)
{
	struct http_res res;
	struct es_err err;

	allowed = false;
	wait_ms = 2000;
	CU_ASSERT_EQUAL(charge(&res, &err), ES_RATE_LIMITED);
	CU_ASSERT_EQUAL(err.code, ES_RATE_LIMITED);
	CU_ASSERT_EQUAL(err.retry_after_ms, 2000);
	CU_ASSERT_STRING_EQUAL(res.policy, "user-x");
	wait_ms = 0;
	CU_ASSERT_EQUAL(charge(&res, &err), ES_RATE_LIMITED);
	CU_ASSERT_EQUAL(err.retry_after_ms, 1);
	says = ES_INTERNAL;
	CU_ASSERT_EQUAL(charge(&res, &err), ES_INTERNAL);
	says = ES_OK;
}

static CU_TestInfo cases[] = {
    {"counts the calls of a minute", counts_a_minute},
    {"a refusal has Retry-After", sets_retry_after},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/call_limit", cases)
