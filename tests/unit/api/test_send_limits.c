/* The limits of each caller, and their headers. */
#include <string.h>

#include "cunit_main.h"
#include "env/api_metrics.h"
#include "send/send_limits.h"

#include "core/banned.h"

static struct limit asked_user, asked_tenant;
static struct limit_result result;
static int counted[API_METRIC_COUNT];
static struct arena *mem;
static struct http_req request;
static struct http_res answer;
static struct es_err fault;
static struct api the_api;
static struct send_charge of_message;

enum es_code
limits_check(struct redis *r, struct limits_local *local, unsigned processes,
    const struct tenant_id *tenant, const struct user_id *user,
    const struct limit *user_limit, const struct limit *tenant_limit, int64_t cost,
    struct arena *a, struct limit_result *out, struct es_err *err)
{
	(void)r;
	(void)local;
	(void)processes;
	(void)tenant;
	(void)user;
	(void)a;
	(void)err;
	CU_ASSERT_EQUAL(cost, 1);
	asked_user = *user_limit;
	asked_tenant = *tenant_limit;
	*out = result;
	return ES_OK;
}

void
api_metrics_count(struct metrics *m, enum api_metric what)
{
	(void)m;
	counted[what]++;
}

static enum es_code
charge(const char *settings)
{
	static const struct api_conf conf = {
	    .user_send = 20, .user_send_window_s = 10, .send_workers = 4};

	request = (struct http_req){
	    .arena = mem, .who = {.max_messages_per_second = 50, .settings = settings}};
	http_res_init(&answer, mem);
	the_api.conf = &conf;
	return send_limits_begin(&the_api, &request, &answer, &of_message, &fault);
}

static void
begin(void)
{
	mem = arena_new();
	memset(&the_api, 0, sizeof(the_api));
	memset(counted, 0, sizeof(counted));
	result = (struct limit_result){.allowed = true,
	    .user = {.policy = "user-send",
		.quota = 20,
		.window_ms = 10000,
		.remaining = 19,
		.reset_ms = 500},
	    .tenant = {.policy = "tenant-send",
		.quota = 50,
		.window_ms = 1000,
		.remaining = 99,
		.reset_ms = 20}};
}

static void
which_limit(void)
{
	begin();
	CU_ASSERT_EQUAL(charge("{}"), ES_OK);
	CU_ASSERT_EQUAL(asked_user.quota, 20);
	CU_ASSERT_EQUAL(asked_user.burst, 20);
	CU_ASSERT_EQUAL(asked_user.window_ms, 10000);
	CU_ASSERT_EQUAL(asked_tenant.quota, 50);
	CU_ASSERT_EQUAL(asked_tenant.burst, 100);
	CU_ASSERT_EQUAL(asked_tenant.window_ms, 1000);
	CU_ASSERT_EQUAL(
	    charge("{\"user_send_limit\":5000,\"user_send_window_s\":1}"), ES_OK);
	CU_ASSERT_EQUAL(asked_user.quota, 5000);
	CU_ASSERT_EQUAL(asked_user.window_ms, 1000);
	arena_free(&mem);
}

static void
the_headers_show_limits_and_rest(void)
{
	begin();
	CU_ASSERT_EQUAL(charge("{}"), ES_OK);
	CU_ASSERT_STRING_EQUAL(http_header_get(&answer, "RateLimit-Policy"),
	    "\"user-send\";q=20;w=10, \"tenant-send\";q=50;w=1");
	CU_ASSERT_STRING_EQUAL(http_header_get(&answer, "RateLimit"),
	    "\"user-send\";r=19;t=1, \"tenant-send\";r=50;t=1");
	result.user.quota = 0;
	CU_ASSERT_EQUAL(charge("{}"), ES_OK);
	CU_ASSERT_STRING_EQUAL(
	    http_header_get(&answer, "RateLimit-Policy"), "\"tenant-send\";q=50;w=1");
	result.tenant.quota = 0;
	CU_ASSERT_EQUAL(charge("{}"), ES_OK);
	CU_ASSERT_PTR_NULL(http_header_get(&answer, "RateLimit-Policy"));
	arena_free(&mem);
}

/* A limit of 0 refuses every send, and null means no limit, for users and tenants. */
static void
zero_and_null(void)
{
	begin();
	CU_ASSERT_EQUAL(charge("{\"user_send_limit\":0}"), ES_OK);
	CU_ASSERT_EQUAL(asked_user.quota, LIMIT_NOTHING);
	CU_ASSERT_EQUAL(charge("{\"user_send_limit\":null}"), ES_OK);
	CU_ASSERT_EQUAL(asked_user.quota, 0);
	result.allowed = false;
	result.user = (struct limit_state){.policy = "user-send",
	    .quota = LIMIT_NOTHING,
	    .window_ms = 10000,
	    .retry_after_ms = 10000};
	CU_ASSERT_EQUAL(charge("{\"user_send_limit\":0}"), ES_RATE_LIMITED);
	CU_ASSERT_STRING_EQUAL(fault.text, "more than 0 messages in 10 s from one user");
	CU_ASSERT_PTR_NOT_NULL(strstr(
	    http_header_get(&answer, "RateLimit-Policy"), "\"user-send\";q=0;w=10"));
	arena_free(&mem);
}

static void
refusals(void)
{
	begin();
	result.allowed = false;
	result.user.remaining = 0;
	result.user.retry_after_ms = 1740;
	CU_ASSERT_EQUAL(charge("{}"), ES_RATE_LIMITED);
	CU_ASSERT_EQUAL(fault.retry_after_ms, 1740);
	CU_ASSERT_STRING_EQUAL(answer.policy, "user-send");
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(http_header_get(&answer, "RateLimit"), "\"user-send\";r=0"));
	CU_ASSERT_EQUAL(counted[API_RATE_LIMITED_USER], 1);
	result.user.retry_after_ms = 0;
	result.tenant.retry_after_ms = 30;
	CU_ASSERT_EQUAL(charge("{}"), ES_RATE_LIMITED);
	CU_ASSERT_STRING_EQUAL(answer.policy, "tenant-send");
	CU_ASSERT_EQUAL(fault.retry_after_ms, 30);
	CU_ASSERT_EQUAL(counted[API_RATE_LIMITED_TENANT], 1);
	arena_free(&mem);
}

/* The guard leaves the charge to the send, and reads what the limits said there. */
static void
the_queue_charges(void)
{
	static const struct redis_value pass[] = {{.kind = REDIS_INT, .num = 1},
	    {.kind = REDIS_INT, .num = 7}, {.kind = REDIS_INT}, {.kind = REDIS_INT},
	    {.kind = REDIS_INT, .num = 50}, {.kind = REDIS_INT}, {.kind = REDIS_INT}};
	struct redis_value stop[ES_COUNT(pass)];
	const struct redis_value yes = {.kind = REDIS_ARRAY, .items = pass, .n = 7},
				 no = {.kind = REDIS_ARRAY, .items = stop, .n = 7};
	const struct queue_guard *guard;

	begin();
	the_api.queue_guards = true;
	memcpy(stop, pass, sizeof(stop));
	stop[0].num = 0;
	stop[3].num = 900;
	CU_ASSERT_EQUAL(charge("{}"), ES_OK);
	CU_ASSERT_PTR_NULL(http_header_get(&answer, "RateLimit"));
	guard = send_limits_guard(&of_message);
	CU_ASSERT_PTR_NOT_NULL_FATAL(guard);
	CU_ASSERT_PTR_EQUAL(guard->script, &limits_redis_script);
	CU_ASSERT_EQUAL(guard->argc, 9);
	CU_ASSERT_EQUAL(guard->read(guard->ctx, &yes, &fault), ES_OK);
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(http_header_get(&answer, "RateLimit"), "\"user-send\";r=7"));
	CU_ASSERT_PTR_NULL(send_limits_guard(&of_message)); /* charged once */
	CU_ASSERT_EQUAL(charge("{}"), ES_OK);
	guard = send_limits_guard(&of_message);
	CU_ASSERT_EQUAL(guard->read(guard->ctx, &no, &fault), ES_RATE_LIMITED);
	CU_ASSERT_EQUAL(fault.retry_after_ms, 900);
	CU_ASSERT_EQUAL(counted[API_RATE_LIMITED_USER], 1);
	/* after a refusal the worker asks first, for a second */
	CU_ASSERT_EQUAL(charge("{}"), ES_OK);
	CU_ASSERT_PTR_NULL(send_limits_guard(&of_message));
	arena_free(&mem);
}

static CU_TestInfo cases[] = {
    {"the tenant's settings come before the program's", which_limit},
    {"the headers show limits and remaining sends", the_headers_show_limits_and_rest},
    {"a limit of 0 refuses every send, null is no limit", zero_and_null},
    {"refusals name the limit", refusals},
    {"the guard of the queue charges instead", the_queue_charges},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/send_limits", cases)
