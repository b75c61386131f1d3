/* The part of a channel_updated event that changes rights. */
#ifndef PUSH_CHANNEL_CHANGE_H
#define PUSH_CHANNEL_CHANGE_H

#include <stdbool.h>

#include "event/event.h"

struct channel_change {
	bool has_private; /* the event sets is_private */
	bool is_private;
	bool has_posting; /* the event sets admins_post */
	bool admins_post;
};

/* A payload that can't be parsed changes nothing. a is scratch memory. */
struct channel_change channel_change_of(const struct event *ev, struct arena *a);

#endif
