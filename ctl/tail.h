/* The channels that `tail` follows, and what each frame of the server means to it. */
#ifndef CTL_TAIL_H
#define CTL_TAIL_H

#include "ctl_run.h"
#include "ws_client.h"

struct tail_channel {
	const char *id, *name;
	int64_t after;  /* newest number seen; -1: none yet */
	char epoch[64]; /* of that number */
	bool refused;
};

struct tail {
	const struct ctl *ctl;
	struct tail_channel *channels;
	size_t n;
};

/* Subscribe to all, after what was seen last. */
void tail_subscribe(struct tail *t, struct ws_client *ws);
/* One message of the server; prints what there is to print. false: none of the channels
 * can be followed any more. */
bool tail_frame(struct tail *t, const char *text, size_t len) ES_MUST_CHECK;

#endif
