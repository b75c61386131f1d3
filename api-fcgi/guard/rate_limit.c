#include "guard/rate_limit.h"

#include "env/api_metrics.h"

#include "core/banned.h"

static int64_t
rate_limit_seconds_up(int64_t ms)
{
	return (ms + 999) / 1000;
}

static int64_t
rate_limit_quota_shown(const struct limit_state *s)
{
	return s->quota == LIMIT_NOTHING ? 0 : s->quota;
}

/* Adds one limit to both headers. A quota of 0 is no limit and is left out. */
static void
rate_limit_add_state(
    struct text *policies, struct text *states, const struct limit_state *s)
{
	const char *comma = policies->len > 0 ? ", " : "";
	const int64_t quota = rate_limit_quota_shown(s);
	const int64_t left = s->remaining < quota ? s->remaining : quota;

	if (s->quota == 0)
		return;
	text_addf(policies, "%s\"%s\";q=%lld;w=%lld", comma, s->policy, (long long)quota,
	    (long long)rate_limit_seconds_up(s->window_ms));
	text_addf(states, "%s\"%s\";r=%lld;t=%lld", comma, s->policy, (long long)left,
	    (long long)rate_limit_seconds_up(s->reset_ms));
}

void
rate_limit_set_headers(
    const struct http_req *req, struct http_res *res, const struct limit_result *result)
{
	struct text policies, states;

	text_init(&policies, req->arena, 256);
	text_init(&states, req->arena, 256);
	rate_limit_add_state(&policies, &states, &result->user);
	rate_limit_add_state(&policies, &states, &result->tenant);
	if (policies.len == 0)
		return;
	http_header(res, "RateLimit-Policy", policies.data);
	http_header(res, "RateLimit", states.data);
}

enum es_code
rate_limit_refuse(struct api *api, const struct limit_result *result, const char *things,
    struct http_res *res, struct es_err *err)
{
	const bool by_user = result->user.retry_after_ms >= result->tenant.retry_after_ms;
	const struct limit_state *s = by_user ? &result->user : &result->tenant;
	const enum es_code rc = es_fail(err, ES_RATE_LIMITED,
	    "more than %lld %s in %lld s from one %s",
	    (long long)rate_limit_quota_shown(s), things,
	    (long long)rate_limit_seconds_up(s->window_ms), by_user ? "user" : "tenant");

	err->retry_after_ms = (long)(s->retry_after_ms > 0 ? s->retry_after_ms : 1);
	res->policy = s->policy;
	api_metrics_count(
	    api->metrics, by_user ? API_RATE_LIMITED_USER : API_RATE_LIMITED_TENANT);
	return rc;
}
