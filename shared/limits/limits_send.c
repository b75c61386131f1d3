/* The check of a limit in two steps: send, then receive. */
#include "limits/limits.h"

#include "core/banned.h"

static const struct limit limits_send_none = {.policy = "none"};

bool
limits_send(struct redis *r, const struct tenant_id *tenant, const struct user_id *user,
    const struct limit *user_limit, struct arena *a)
{
	struct limits_request req;
	struct limit_result closed;
	struct es_err err;

	if (limit_closed(user_limit, &limits_send_none, &closed))
		return false;
	limits_request_init(&req, tenant, user, user_limit, &limits_send_none, 1);
	return redis_eval_send(r, &limits_redis_script, a, &err, LIMITS_REDIS_KEYS,
		   req.argc, req.argv) == ES_OK;
}

bool
limits_receive(struct redis *r, const struct limit *user_limit, struct arena *a,
    struct limit_result *out)
{
	struct redis_value v;
	struct es_err err;

	return redis_eval_receive(r, a, &v, &err) == ES_OK &&
	       limits_redis_decode(&v, user_limit, &limits_send_none, out, &err) == ES_OK;
}
