/* A rate limit, and the result of a check. */
#ifndef LIMITS_LIMIT_H
#define LIMITS_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

/* Clients and operators write 0 for "no event is allowed" and null for "no limit". In
 * these structs the quota 0 means no limit, and LIMIT_NOTHING allows no event. */
#define LIMIT_NOTHING (-1)
/* Returns the quota for a number that a client or operator wrote; a negative number
 * stands for null. */
int64_t limit_quota(int64_t written);

/* Allows quota events in window_ms, burst of them at the same moment. A check whose cost
 * is above burst is always refused. The time of one event, window_ms / quota, is rounded
 * down to whole microseconds, but is at least 1 us. */
#define LIMIT_POLICY_MAX 32
struct limit {
	const char *policy; /* names the counter: "user-send", "tenant-send" */
	int64_t quota, window_ms, burst;
};

struct limit_state {
	const char *policy;
	int64_t quota, window_ms;
	int64_t remaining;      /* events that would be allowed now; -1: no limit */
	int64_t reset_ms;       /* time until remaining is full again */
	int64_t retry_after_ms; /* above 0 only when this limit refuses the event */
};

struct limit_result {
	bool allowed;
	bool local; /* Redis could not be reached: this process counted alone */
	struct limit_state user, tenant;
};

/* True when one of the limits allows no event. Then *out is a refusal, and the caller
 * need not charge a counter. */
bool limit_closed(const struct limit *user_limit, const struct limit *tenant_limit,
    struct limit_result *out);

/* The share of one process in a limit, rounded up. */
struct limit limit_share(const struct limit *limit, unsigned processes);

#endif
