#include "limits/limit.h"

#include "core/check.h"

#include "core/banned.h"

int64_t
limit_quota(int64_t written)
{
	return written > 0 ? written : written == 0 ? LIMIT_NOTHING : 0;
}

/* The state of a limit that allows no event: 0 of 0 remain. The client may try again
 * after a window, because an operator may have changed the limit. */
static struct limit_state
limit_closed_state(const struct limit *limit)
{
	if (limit->quota != LIMIT_NOTHING)
		return (struct limit_state){.policy = limit->policy, .remaining = -1};
	return (struct limit_state){.policy = limit->policy,
	    .quota = LIMIT_NOTHING,
	    .window_ms = limit->window_ms,
	    .retry_after_ms = limit->window_ms};
}

bool
limit_closed(const struct limit *user_limit, const struct limit *tenant_limit,
    struct limit_result *out)
{
	if (user_limit->quota != LIMIT_NOTHING && tenant_limit->quota != LIMIT_NOTHING)
		return false;
	*out = (struct limit_result){.user = limit_closed_state(user_limit),
	    .tenant = limit_closed_state(tenant_limit)};
	return true;
}

struct limit
limit_share(const struct limit *limit, unsigned processes)
{
	struct limit share = *limit;

	CHECK(processes > 0);
	if (limit->quota == 0)
		return share;
	share.quota = (limit->quota + processes - 1) / processes;
	share.burst = (limit->burst + processes - 1) / processes;
	return share;
}
