#include "limits/limits.h"

#include "core/clock.h"

#include "core/banned.h"

enum es_code
limits_check(struct redis *r, struct limits_local *local, unsigned processes,
    const struct tenant_id *tenant, const struct user_id *user,
    const struct limit *user_limit, const struct limit *tenant_limit, int64_t cost,
    struct arena *a, struct limit_result *out, struct es_err *err)
{
	struct limits_request req;
	struct redis_value v;
	struct limit user_share, tenant_share;
	enum es_code rc;

	if (limit_closed(user_limit, tenant_limit, out))
		return ES_OK;
	limits_request_init(&req, tenant, user, user_limit, tenant_limit, cost);
	rc = redis_eval(
	    r, &limits_redis_script, a, &v, err, LIMITS_REDIS_KEYS, req.argc, req.argv);
	if (rc == ES_OK)
		return limits_redis_decode(&v, user_limit, tenant_limit, out, err);
	if (rc != ES_UNAVAILABLE)
		return rc;
	user_share = limit_share(user_limit, processes);
	tenant_share = limit_share(tenant_limit, processes);
	limits_local_check(
	    local, tenant, user, &user_share, &tenant_share, cost, clock_mono_ms(), out);
	return ES_OK;
}
