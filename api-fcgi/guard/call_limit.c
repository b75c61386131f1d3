#include "guard/call_limit.h"

#include <string.h>

#include "core/banned.h"

enum es_code
call_limit_charge(struct api *api, const struct http_req *req, const char *policy,
    int64_t per_minute, struct http_res *res, struct es_err *err)
{
	const struct limit limit = {.policy = policy,
	    .quota = per_minute,
	    .window_ms = CALL_LIMIT_WINDOW_MS,
	    .burst = per_minute};
	const struct limit no_tenant_limit = {.policy = policy};
	const bool is_key = strcmp(req->who.actor.user.text, ACTOR_NOBODY) == 0;
	struct user_id caller = req->who.actor.user;
	struct limit_result result;

	if (is_key) /* an API key that acts for no user */
		memcpy(caller.text, req->key.id.text, sizeof(caller.text));
	TRY(limits_check(api->redis, api->limits_local, (unsigned)api->conf->api_workers,
	    &req->who.actor.tenant, &caller, &limit, &no_tenant_limit, 1, req->arena,
	    &result, err));
	if (result.allowed)
		return ES_OK;
	res->policy = policy;
	(void)es_fail(err, ES_RATE_LIMITED, "%lld calls a minute for one caller",
	    (long long)per_minute);
	err->retry_after_ms =
	    (long)(result.user.retry_after_ms > 0 ? result.user.retry_after_ms : 1);
	return ES_RATE_LIMITED;
}
