#include "send/send_limits.h"

#include "core/clock.h"
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
		own = (struct tenant_settings){.user_send_limit = -1,
		    .user_send_window_s = -1,
		    .read_receipts = true};
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

/* Tells the client the state of the limits, and refuses the message if they do. */
static enum es_code
send_limits_report(
    struct send_charge *c, const struct limit_result *result, struct es_err *err)
{
	c->due = false;
	rate_limit_set_headers(c->req, c->res, result);
	if (result->allowed)
		return ES_OK;
	guard_ahead_pause(c->api);
	return rate_limit_refuse(c->api, result, "messages", c->res, err);
}

static enum es_code
send_limits_read_verdict(void *ctx, const struct redis_value *verdict, struct es_err *err)
{
	struct send_charge *c = ctx;
	struct limit_result result;

	TRY(limits_redis_decode(verdict, &c->user, &c->tenant, &result, err));
	return send_limits_report(c, &result, err);
}

enum es_code
send_limits_charge(struct send_charge *c, struct es_err *err)
{
	const struct actor *who = &c->req->who.actor;
	struct limit_result result;

	if (!c->due)
		return ES_OK;
	TRY(limits_check(c->api->redis, c->api->limits_local,
	    (unsigned)c->api->conf->send_workers, &who->tenant, &who->user, &c->user,
	    &c->tenant, 1, c->req->arena, &result, err));
	return send_limits_report(c, &result, err);
}

const struct queue_guard *
send_limits_guard(struct send_charge *c)
{
	const struct actor *who = &c->req->who.actor;

	if (!c->due)
		return NULL;
	limits_request_init(
	    &c->request, &who->tenant, &who->user, &c->user, &c->tenant, 1);
	c->guard = (struct queue_guard){.script = &limits_redis_script,
	    .argv = c->request.argv,
	    .n_keys = LIMITS_REDIS_KEYS,
	    .argc = c->request.argc,
	    .read = send_limits_read_verdict,
	    .ctx = c};
	return &c->guard;
}

/* Charges at once after a recent refusal, because the checks before the send then ask
 * PostgreSQL, and a caller above a limit must not cost that. */
enum es_code
send_limits_begin(struct api *api, const struct http_req *req, struct http_res *res,
    struct send_charge *out, struct es_err *err)
{
	struct limit_result closed;

	*out = (struct send_charge){.api = api,
	    .req = req,
	    .res = res,
	    .user = send_limits_user_limit(api, req),
	    .tenant = send_limits_tenant_limit(req),
	    .due = true};
	if (api->queue_guards && clock_mono_ms() >= api->ahead_after_ms &&
	    !limit_closed(&out->user, &out->tenant, &closed))
		return ES_OK;
	return send_limits_charge(out, err);
}
