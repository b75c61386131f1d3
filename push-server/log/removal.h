/* Removals of members from a channel, with the number of the event. The removed user
 * receives no later event of a private channel. */
#ifndef PUSH_REMOVAL_H
#define PUSH_REMOVAL_H

#include <stdbool.h>
#include <stdint.h>

#include "event/event.h"

struct removal {
	struct user_id user;
	int64_t seq;
	bool banned; /* true: the user may not read the channel even if it is public */
	bool left;   /* true: the user has left; false: someone else removed the user */
};

/* True when the event removes a member; sets *out. a is scratch memory. */
bool removal_of(
    const struct event *ev, struct arena *a, struct removal *out) ES_MUST_CHECK;

/* The last removals of a channel. */
#define REMOVALS_KEPT 16
struct removals {
	struct removal last[REMOVALS_KEPT];
	unsigned n, next;
	int64_t forgotten; /* removals up to this number may have been evicted */
};

/* Most channels never remove a member: *r is NULL until the first removal. */
void removals_add(struct removals **r, const struct removal *one);
/* *r may be NULL, and is NULL afterwards. */
void removals_free(struct removals **r);
/* Find the user's removal with the smallest number above `above`; out->seq is INT64_MAX
 * when there is none. Returns false when such a removal may have been evicted. r may be
 * NULL. */
bool removals_find(const struct removals *r, const struct user_id *user, int64_t above,
    bool bans_only, struct removal *out) ES_MUST_CHECK;

#endif
