/* A client that checks every frame: the next frame of a channel must be the next event of
 * the channel's history, or a gap that covers it. */
#ifndef TESTS_CLIENT_MODEL_H
#define TESTS_CLIENT_MODEL_H

#include "fake_outside.h"

#define LIMIT          30 /* maximum number of events to replay; beyond it a gap follows */
#define MODEL_REQUESTS 8  /* maximum number of unanswered requests for a channel */

/* A channel that does not exist: every frame about it must be an error. */
#define MODEL_UNKNOWN_CHANNEL "01900000-0000-7000-8000-00000000dead"

/* A subscribe without an answer yet. */
struct model_request {
	unsigned id;
	int64_t after; /* -1: the request has no `after` */
	bool wild;     /* `after` is above the head or of another epoch, so that a reset
	                * may follow */
};

/* What a client knows of one channel. */
struct model_channel {
	bool joined;
	bool gap_due;   /* the last ack replayed nothing, so a gap must follow */
	bool may_reset; /* the last answer was to a wild request */
	unsigned n;     /* entries of asked, the oldest first */
	struct model_request asked[MODEL_REQUESTS];
	int64_t at;   /* last number received, by an event or a gap */
	bool end_due; /* the error not_found came: `unsubscribed` must follow */
};

struct client {
	int user;
	unsigned write, channel; /* of the last event */
	struct model_channel channels[OUT_CHANNELS];
};

extern struct outside out;
/* received deletions of messages, and texts that were null because of them */
extern unsigned model_deleted, model_tombstones;
extern unsigned model_ended; /* received `unsubscribed` frames */
extern unsigned model_events, model_gaps, model_resets, model_faults;
/* Events that follow another channel's event in the same write. */
extern unsigned model_mixed;
extern char model_first_fault[400];

/* Notes a subscribe that the client sends. */
void model_subscribe(struct model_channel *known, unsigned id, int64_t after, bool wild);
/* Checks a frame that the client receives. f->model is a struct client. */
void model_receive(struct fake_conn *f, const char *json);
void model_fault(const char *what, const char *json, int64_t at);

#endif
