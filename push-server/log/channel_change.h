/* The part of a channel_updated event that changes rights. */
#ifndef PUSH_CHANNEL_CHANGE_H
#define PUSH_CHANNEL_CHANGE_H

#include <stdbool.h>

#include "event/event.h"

struct channel_change {
	bool turns;      /* the channel turns private or public */
	bool is_private; /* when it turns */
	bool posting;    /* the posting policy changes */
	bool admins_post;
};

/* Of a payload that can't be read, nothing changes. Scratch goes to a. */
struct channel_change channel_change_of(const struct event *ev, struct arena *a);

#endif
