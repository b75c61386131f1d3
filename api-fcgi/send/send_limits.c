#include "send/send_limits.h"

#include "guard/guard_ahead.h"
#include "guard/rate_limit.h"
#include "store/tenant_settings.h"

#include "core/banned.h"

static struct limit
send_limits_user_limit(const struct api *api, const struct http_req *req)
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
send_limits_tenant_limit(const struct http_req *req)
{
	const int64_t quota = limit_quota(req->who.max_messages_per_second);

	return (struct limit){.policy = "tenant-send",
	    .quota = quota,
	    .window_ms = 1000,
	    .burst = 2 * quota};
}

enum es_code
send_limits_charge(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	const struct limit user = send_limits_user_limit(api, req),
			   tenant = send_limits_tenant_limit(req);
	struct limit_result result;

	TRY(limits_check(api->redis, api->limits_local, (unsigned)api->conf->send_workers,
	    &req->who.actor.tenant, &req->who.actor.user, &user, &tenant, 1, req->arena,
	    &result, err));
	rate_limit_set_headers(req, res, &result);
	if (result.allowed)
		return ES_OK;
	guard_ahead_pause(api);
	return rate_limit_refuse(api, &result, "messages", res, err);
}
