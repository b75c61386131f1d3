/* A rate limit and what a check of it says. */
#ifndef LIMITS_LIMIT_H
#define LIMITS_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

/* Clients and operators write 0 for "nothing passes" and null for "no limit". In these
 * structs a quota of 0 is no limit, and LIMIT_NOTHING lets nothing pass. */
#define LIMIT_NOTHING (-1)
/* The quota for a number that was written; below 0: null. */
int64_t limit_quota(int64_t written);

/* quota events in window_ms, of which burst may come at once; a cost above burst never
 * passes. An event's share of the window is rounded down to whole microseconds. */
#define LIMIT_POLICY_MAX 32
struct limit {
	const char *policy; /* "user-send", "tenant-send": names one counter */
	int64_t quota, window_ms, burst;
};

struct limit_state {
	const char *policy;
	int64_t quota, window_ms;
	int64_t remaining;      /* events that would pass now; -1: no limit */
	int64_t reset_ms;       /* until remaining is full again */
	int64_t retry_after_ms; /* above 0 only when this limit refused */
};

struct limit_result {
	bool allowed;
	bool local; /* counted in this process only, since Redis was away */
	struct limit_state user, tenant;
};

/* True when a limit lets nothing pass: *out refuses, and no counter need be asked. */
bool limit_closed(const struct limit *user_limit, const struct limit *tenant_limit,
    struct limit_result *out);

/* One process's part of a limit, rounded up. */
struct limit limit_share(const struct limit *limit, unsigned processes);

#endif
