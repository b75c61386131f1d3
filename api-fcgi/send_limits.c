#include "send_limits.h"

#include "api_metrics.h"
#include "store/tenant_settings.h"

#include "core/banned.h"

static struct limit
user_limit(const struct api *api, const struct http_req *req)
{
	struct limit l = {
	    .policy = "user-send", .window_ms = api->conf->user_send_window_s * 1000};
	struct tenant_settings own;
	struct es_err err;

	if (tenant_settings_parse(req->who.settings, req->arena, &own, &err) != ES_OK)
		own = (struct tenant_settings){
		    .user_send_limit = -1, .user_send_window_s = -1};
	l.quota = limit_quota(tenant_settings_user_send(&own, api->conf->user_send));
	if (own.user_send_window_s > 0)
		l.window_ms = own.user_send_window_s * 1000;
	l.burst = l.quota;
	return l;
}

static struct limit
tenant_limit(const struct http_req *req)
{
	const int64_t quota = limit_quota(req->who.max_messages_per_second);

	return (struct limit){.policy = "tenant-send",
	    .quota = quota,
	    .window_ms = 1000,
	    .burst = 2 * quota};
}

static int64_t
seconds_up(int64_t ms)
{
	return (ms + 999) / 1000;
}

static int64_t
send_limits_shown(const struct limit_state *s)
{
	return s->quota == LIMIT_NOTHING ? 0 : s->quota;
}

/* A quota of 0 is no limit: nothing to tell. */
static void
tell(struct text *policies, struct text *states, const struct limit_state *s)
{
	const char *comma = policies->len > 0 ? ", " : "";

	if (s->quota == 0)
		return;
	text_addf(policies, "%s\"%s\";q=%lld;w=%lld", comma, s->policy,
	    (long long)send_limits_shown(s), (long long)seconds_up(s->window_ms));
	text_addf(states, "%s\"%s\";r=%lld;t=%lld", comma, s->policy,
	    (long long)s->remaining, (long long)seconds_up(s->reset_ms));
}

static enum es_code
refuse(struct api *api, const struct limit_result *result, struct http_res *res,
    struct es_err *err)
{
	const bool by_user = result->user.retry_after_ms >= result->tenant.retry_after_ms;
	const struct limit_state *s = by_user ? &result->user : &result->tenant;
	const enum es_code rc =
	    es_fail(err, ES_RATE_LIMITED, "more than %lld messages in %lld s from one %s",
		(long long)send_limits_shown(s), (long long)seconds_up(s->window_ms),
		by_user ? "user" : "tenant");

	err->retry_after_ms = (long)(s->retry_after_ms > 0 ? s->retry_after_ms : 1);
	res->policy = s->policy;
	api_metrics_count(
	    api->metrics, by_user ? API_RATE_LIMITED_USER : API_RATE_LIMITED_TENANT);
	return rc;
}

enum es_code
send_limits_charge(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	const struct limit user = user_limit(api, req), tenant = tenant_limit(req);
	struct limit_result result;
	struct text policies, states;

	TRY(limits_check(api->redis, api->limits_local, (unsigned)api->conf->send_workers,
	    &req->who.actor.tenant, &req->who.actor.user, &user, &tenant, 1, req->arena,
	    &result, err));
	text_init(&policies, req->arena, 256);
	text_init(&states, req->arena, 256);
	tell(&policies, &states, &result.user);
	tell(&policies, &states, &result.tenant);
	if (policies.len > 0) {
		http_header(res, "RateLimit-Policy", policies.data);
		http_header(res, "RateLimit", states.data);
	}
	return result.allowed ? ES_OK : refuse(api, &result, res, err);
}
