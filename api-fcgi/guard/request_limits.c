#include "guard/request_limits.h"

#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "crypto/digest.h"
#include "guard/guard_ahead.h"
#include "guard/rate_limit.h"

#include "core/banned.h"

/* While Redis does not answer, a worker lets one request in 5 s wait for Redis. The other
 * requests use the local limits, so that they do not wait too. */
#define REDIS_PAUSE_MS 5000

static const struct limit no_limit = {.policy = "none"};

static struct limit
request_limits_make(const char *policy, int64_t quota, int64_t window_s)
{
	return (struct limit){.policy = policy,
	    .quota = quota,
	    .window_ms = window_s * 1000,
	    .burst = quota};
}

/* Returns the limit for requests of this kind; quota 0: no limit. Sets *things to the
 * noun that the error text uses for such requests. */
static struct limit
request_limits_for_kind(
    const struct api_conf *conf, enum request_kind kind, const char **things)
{
	switch (kind) {
	case REQUEST_CREATION:
		*things = "creations";
		return request_limits_make(
		    "user-create", conf->user_create, conf->user_create_window_s);
	case REQUEST_READ:
		*things = "reads";
		return request_limits_make(
		    "user-read", conf->user_read, conf->user_request_window_s);
	case REQUEST_WRITE:
		*things = "changes";
		return request_limits_make(
		    "user-write", conf->user_write, conf->user_request_window_s);
	case REQUEST_UNCOUNTED:
		break;
	}
	return no_limit;
}

static bool
request_limits_redis_pauses(const struct api *api)
{
	return clock_mono_ms() < api->limits_redis_retry_ms;
}

void
request_limits_begin(struct api *api, const struct http_req *req, enum request_kind kind)
{
	const char *things;
	const struct limit limit = request_limits_for_kind(api->conf, kind, &things);

	api->limit_sent = false;
	if (limit.quota == 0 || request_limits_redis_pauses(api) ||
	    clock_mono_ms() < api->ahead_after_ms)
		return;
	api->limit_sent = limits_send(
	    api->redis, &req->claims.tenant, &req->claims.user, &limit, req->arena);
}

/* Returns false when no charge was sent, or its answer is lost. */
static bool
request_limits_receive(struct api *api, const struct http_req *req,
    const struct limit *limit, struct limit_result *out)
{
	const bool sent = api->limit_sent;

	api->limit_sent = false;
	return sent && limits_receive(api->redis, limit, req->arena, out);
}

void
request_limits_give_back(
    struct api *api, const struct http_req *req, enum request_kind kind)
{
	const char *things;
	const struct limit limit = request_limits_for_kind(api->conf, kind, &things);
	struct limit_result result;
	struct es_err err;

	if (!request_limits_receive(api, req, &limit, &result))
		return;
	guard_ahead_pause(api);
	if (result.allowed)
		IGNORE(limits_check(api->redis, api->limits_local,
		    (unsigned)api->conf->api_workers, &req->claims.tenant,
		    &req->claims.user, &limit, &no_limit, -1, req->arena, &result, &err));
}

enum es_code
request_limits_charge(struct api *api, const struct http_req *req, enum request_kind kind,
    struct http_res *res, struct es_err *err)
{
	const struct actor *who = &req->who.actor;
	const unsigned processes = (unsigned)api->conf->api_workers;
	const char *things = "requests";
	const struct limit limit = request_limits_for_kind(api->conf, kind, &things);
	struct limit_result result;
	struct user_id caller;

	if (limit.quota == 0)
		return ES_OK;
	(void)snprintf(caller.text, sizeof(caller.text), "%s", http_caller(req));
	if (request_limits_receive(api, req, &limit, &result)) {
		/* request_limits_begin() has sent this charge */
	} else if (request_limits_redis_pauses(api)) {
		const struct limit share = limit_share(&limit, processes);

		limits_local_check(api->limits_local, &who->tenant, &caller, &share,
		    &no_limit, 1, clock_mono_ms(), &result);
	} else {
		TRY(limits_check(api->redis, api->limits_local, processes, &who->tenant,
		    &caller, &limit, &no_limit, 1, req->arena, &result, err));
		if (result.local)
			api->limits_redis_retry_ms = clock_mono_ms() + REDIS_PAUSE_MS;
	}
	rate_limit_set_headers(req, res, &result);
	if (result.allowed)
		return ES_OK;
	guard_ahead_pause(api);
	return rate_limit_refuse(api, &result, things, res, err);
}

enum es_code
request_limits_count_failure(struct api *api, const struct http_req *req, enum es_code rc,
    struct http_res *res, struct es_err *err)
{
	static const struct tenant_id nobody = {"-"};
	const struct limit limit = request_limits_make("address-unauthenticated",
	    api->conf->address_failures, api->conf->address_failures_window_s);
	const char *address = req->headers.address != NULL ? req->headers.address : "";
	const struct digest_part part = {address, strlen(address)};
	unsigned char sum[DIGEST_SHA256];
	struct limit_result result;
	struct user_id key = {""};
	struct limit share;

	if (limit.quota == 0)
		return rc;
	digest_sha256(&part, 1, sum);
	digest_hex(sum, 16, key.text);
	share = limit_share(&limit, (unsigned)api->conf->api_workers);
	limits_local_check(api->limits_local, &nobody, &key, &share, &no_limit, 1,
	    clock_mono_ms(), &result);
	if (result.allowed)
		return rc;
	rc = rate_limit_refuse(api, &result, "requests without a valid token", res, err);
	/* The error text names the limit of all processes together, as the setting has
	 * it, and not the smaller share of this process (limit_share()). */
	(void)snprintf(err->text, sizeof(err->text),
	    "more than %lld requests without a valid token in %lld s from one address",
	    (long long)limit.quota, (long long)api->conf->address_failures_window_s);
	return rc;
}
