/* Who lost the membership of a channel, at which number: nothing later of a private
 * channel goes to that user. */
#ifndef PUSH_REMOVAL_H
#define PUSH_REMOVAL_H

#include <stdbool.h>
#include <stdint.h>

#include "event/event.h"

struct removal {
	struct user_id user;
	int64_t seq;
};

/* True when the event takes a membership away; fills out. Scratch goes to a. */
bool removal_of(
    const struct event *ev, struct arena *a, struct removal *out) ES_MUST_CHECK;

/* The last removals of a channel. */
#define REMOVALS_KEPT 16
struct removals {
	struct removal last[REMOVALS_KEPT];
	unsigned n, next;
	int64_t forgotten; /* up to this number some may be missing */
};

/* Most channels never remove a member: *r is NULL until the first one is added. */
void removals_add(struct removals **r, const struct removal *one);
/* Takes NULL; leaves NULL. */
void removals_free(struct removals **r);
/* The smallest number above `above` at which the user was removed; else INT64_MAX. False
 * when that is not known any more. r may be NULL. */
bool removals_find(const struct removals *r, const struct user_id *user, int64_t above,
    int64_t *out) ES_MUST_CHECK;

#endif
