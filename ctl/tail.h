/* The channels that `tail` follows, and the handling of the server's frames. */
#ifndef CTL_TAIL_H
#define CTL_TAIL_H

#include "ctl_run.h"
#include "ws_client.h"

struct tail_channel {
	const char *id, *name;
	int64_t after;  /* highest sequence number seen; -1: none yet */
	char epoch[64]; /* of that number */
	bool refused;
};

struct tail {
	const struct ctl *ctl;
	struct tail_channel *channels;
	size_t n;
};

/* Subscribes to all channels, each after the last message seen. */
void tail_subscribe(struct tail *t, struct ws_client *ws);
/* Handles one frame of the server and prints its message. Returns false when no channel
 * is left to follow. */
bool tail_frame(struct tail *t, const char *text, size_t len) ES_MUST_CHECK;

#endif
