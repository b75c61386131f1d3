/* The cost of a request that is not a send, and limits for requests without a good
 * token. */
#include <stdlib.h>
#include <string.h>

#include "crypto/keyed_hash.h"
#include "cunit_main.h"
#include "env/api_metrics.h"
#include "guard/request_limits.h"
#include "handlers/handlers.h"
#include "routes.h"
#include "send/message_send.h"

#include "core/banned.h"

static const struct api_conf conf = {.api_workers = 2,
    .user_read = 10,
    .user_write = 4,
    .user_request_window_s = 10,
    .user_create = 2,
    .user_create_window_s = 60,
    .address_failures = 4,
    .address_failures_window_s = 60};
static struct limit asked;
static struct redis_value reply[7]; /* [0]: allowed */
static unsigned calls;
static long long cost;
static bool redis_away, sent, answer_lost;
static struct arena *mem;
static struct http_req request;
static struct http_res answer;
static struct es_err fault;
static struct api the_api;

enum es_code
redis_eval(struct redis *r, struct redis_script *script, struct arena *a,
    struct redis_value *out, struct es_err *err, size_t n_keys, size_t argc,
    const struct redis_arg argv[])
{
	(void)r, (void)script, (void)a, (void)n_keys;
	CU_ASSERT_EQUAL(argc, LIMITS_REDIS_ARGS - 3);
	calls++;
	asked.quota = strtoll(argv[3].data, NULL, 10);
	cost = strtoll(argv[2].data, NULL, 10);
	if (redis_away)
		return es_fail(err, ES_UNAVAILABLE, "away");
	*out = (struct redis_value){.kind = REDIS_ARRAY, .n = 7, .items = reply};
	return ES_OK;
}

enum es_code
redis_eval_send(struct redis *r, const struct redis_script *script, struct arena *a,
    struct es_err *err, size_t n_keys, size_t argc, const struct redis_arg argv[])
{
	(void)r, (void)script, (void)a, (void)n_keys, (void)argc;
	CU_ASSERT_FALSE(sent);
	if (redis_away)
		return es_fail(err, ES_UNAVAILABLE, "away");
	CU_ASSERT_PTR_NOT_NULL(strstr(argv[0].data, "{t}:u:u:user-read"));
	CU_ASSERT_STRING_EQUAL(argv[2].data, "1");
	return sent = true, ES_OK;
}

enum es_code
redis_eval_receive(
    struct redis *r, struct arena *a, struct redis_value *out, struct es_err *err)
{
	(void)r, (void)a;
	CU_ASSERT_TRUE(sent);
	sent = false;
	if (answer_lost)
		return es_fail(err, ES_NOT_FOUND, "lost");
	*out = (struct redis_value){.kind = REDIS_ARRAY, .n = 7, .items = reply};
	return ES_OK;
}

void
api_metrics_count(struct metrics *m, enum api_metric what)
{
	(void)m, (void)what;
}

static void
begin(void)
{
	keyed_hash_draw();
	mem = arena_new();
	calls = 0;
	redis_away = answer_lost = false;
	for (size_t i = 0; i < 7; i++)
		reply[i] = (struct redis_value){.kind = REDIS_INT, .num = i == 0};
	the_api = (struct api){.conf = &conf, .limits_local = limits_local_new(100)};
	request = (struct http_req){.arena = mem,
	    .headers = {.address = "192.0.2.1"},
	    .claims = {.tenant = {"t"}, .user = {"u"}},
	    .who = {.actor = {.tenant = {"t"}, .user = {"u"}}}};
}

static void
end(void)
{
	limits_local_free(&the_api.limits_local);
	arena_free(&mem);
}

static enum es_code
charge(const char *method, http_handler *handler, enum http_scope scope)
{
	const struct http_route route = {method, "/x", scope, handler, 0};

	http_res_init(&answer, mem);
	return request_limits_charge(
	    &the_api, &request, routes_request_kind(&route), &answer, &fault);
}

static void
classes(void)
{
	begin();
	CU_ASSERT_EQUAL(charge("GET", channels_list, SCOPE_USER), ES_OK);
	CU_ASSERT_EQUAL(asked.quota, 10);
	CU_ASSERT_PTR_NOT_NULL(strstr(
	    http_header_get(&answer, "RateLimit-Policy"), "\"user-read\";q=10;w=10"));
	CU_ASSERT_EQUAL(charge("PATCH", users_patch, SCOPE_USER), ES_OK);
	CU_ASSERT_EQUAL(asked.quota, 4);
	CU_ASSERT_EQUAL(charge("POST", channels_create, SCOPE_MEMBER), ES_OK);
	CU_ASSERT_EQUAL(asked.quota, 2);
	CU_ASSERT_EQUAL(calls, 3);
	CU_ASSERT_EQUAL(charge("POST", message_send, SCOPE_USER), ES_OK);
	CU_ASSERT_EQUAL(charge("GET", tenants_list, SCOPE_OPERATOR), ES_OK);
	CU_ASSERT_EQUAL(charge("GET", health_healthz, SCOPE_PUBLIC), ES_OK);
	CU_ASSERT_EQUAL(calls, 3);
	CU_ASSERT_PTR_NULL(http_header_get(&answer, "RateLimit-Policy"));
	end();
}

/* The charge is sent before the guard knows whether the user is allowed. */
static void
charges_ahead(void)
{
	begin();
	request_limits_begin(&the_api, &request, REQUEST_READ);
	CU_ASSERT_TRUE(sent);
	CU_ASSERT_EQUAL(charge("GET", channels_list, SCOPE_USER), ES_OK);
	CU_ASSERT_FALSE(sent);
	CU_ASSERT_EQUAL(calls, 0);

	/* it can refuse; then nothing is charged ahead for a while */
	reply[0].num = 0;
	request_limits_begin(&the_api, &request, REQUEST_READ);
	CU_ASSERT_EQUAL(charge("GET", channels_list, SCOPE_USER), ES_RATE_LIMITED);
	request_limits_begin(&the_api, &request, REQUEST_READ);
	CU_ASSERT_FALSE(sent);
	the_api.ahead_after_ms = 0;

	/* without an answer the charge is sent again, and Redis decides */
	answer_lost = true;
	request_limits_begin(&the_api, &request, REQUEST_READ);
	CU_ASSERT_EQUAL(charge("GET", channels_list, SCOPE_USER), ES_RATE_LIMITED);
	CU_ASSERT_EQUAL(calls, 1);

	/* nothing is sent when there is nothing to charge, and while Redis is away */
	request_limits_begin(&the_api, &request, REQUEST_UNCOUNTED);
	CU_ASSERT_FALSE(sent);
	the_api.ahead_after_ms = 0;
	redis_away = true;
	request_limits_begin(&the_api, &request, REQUEST_READ);
	CU_ASSERT_EQUAL(charge("GET", channels_list, SCOPE_USER), ES_OK);
	CU_ASSERT_EQUAL(calls, 2);
	end();
}

/* A revoked token must not use up the limit of its user. */
static void
gives_back(void)
{
	begin();
	request_limits_give_back(&the_api, &request, REQUEST_READ);
	CU_ASSERT_EQUAL(calls, 0); /* nothing was charged */

	request_limits_begin(&the_api, &request, REQUEST_READ);
	request_limits_give_back(&the_api, &request, REQUEST_READ);
	CU_ASSERT_EQUAL(calls, 1);
	CU_ASSERT_EQUAL(cost, -1);
	request_limits_begin(&the_api, &request, REQUEST_READ);
	CU_ASSERT_FALSE(sent); /* a flood of such tokens costs one such round trip */
	the_api.ahead_after_ms = 0;

	reply[0].num = 0; /* the limit has refused the request and charged nothing */
	request_limits_begin(&the_api, &request, REQUEST_READ);
	request_limits_give_back(&the_api, &request, REQUEST_READ);
	CU_ASSERT_EQUAL(calls, 1);
	end();
}

/* Calls of an API key that acts for no user are counted by the id of the key. */
static void
keys(void)
{
	begin();
	memcpy(request.who.actor.user.text, ACTOR_NOBODY, sizeof(ACTOR_NOBODY));
	memcpy(request.key.id.text, "k1", 3);
	CU_ASSERT_STRING_EQUAL(http_caller(&request), "k1");
	redis_away = true;
	for (int i = 0; i < 5; i++)
		CU_ASSERT_EQUAL(charge("GET", channels_list, SCOPE_USER), ES_OK);
	CU_ASSERT_EQUAL(charge("GET", channels_list, SCOPE_USER), ES_RATE_LIMITED);
	memcpy(request.key.id.text, "k2", 3);
	CU_ASSERT_EQUAL(charge("GET", channels_list, SCOPE_USER), ES_OK);
	end();
}

/* The limit is 10 reads of a user in two processes, so this process allows 5. */
static void
without_redis(void)
{
	begin();
	redis_away = true;
	for (int i = 0; i < 5; i++)
		CU_ASSERT_EQUAL(charge("GET", channels_list, SCOPE_USER), ES_OK);
	CU_ASSERT_EQUAL(charge("GET", channels_list, SCOPE_USER), ES_RATE_LIMITED);
	CU_ASSERT_STRING_EQUAL(answer.policy, "user-read");
	CU_ASSERT(fault.retry_after_ms > 0);
	CU_ASSERT_EQUAL(calls, 1); /* the other requests did not wait for Redis */
	end();
}

static void
requests_without_token(void)
{
	begin();
	http_res_init(&answer, mem);
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(request_limits_count_failure(&the_api, &request,
				    ES_UNAUTHENTICATED, &answer, &fault),
		    ES_UNAUTHENTICATED);
	CU_ASSERT_EQUAL(request_limits_count_failure(
			    &the_api, &request, ES_UNAUTHENTICATED, &answer, &fault),
	    ES_RATE_LIMITED);
	CU_ASSERT(fault.retry_after_ms > 0);
	request.headers.address = "192.0.2.2";
	CU_ASSERT_EQUAL(request_limits_count_failure(
			    &the_api, &request, ES_TOKEN_EXPIRED, &answer, &fault),
	    ES_TOKEN_EXPIRED);
	CU_ASSERT_EQUAL(calls, 0);
	end();
}

static CU_TestInfo cases[] = {
    {"reads, changes and creations have limits of their own", classes},
    {"a request is charged ahead of its check", charges_ahead},
    {"the charge of a refused caller is given back", gives_back},
    {"a key that acts for no user has its own count", keys},
    {"without Redis this process counts its share", without_redis},
    {"the limit of an address without a good token", requests_without_token},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/request_limits", cases)
