/* A client that checks every frame: the next frame of a channel must be the next event of
 * the channel's history, or a gap that fits. */
#ifndef TESTS_EAR_H
#define TESTS_EAR_H

#include "fake_outside.h"

#define LIMIT     30 /* events to replay; more give a gap */
#define EAR_ASKED 8  /* requests for one channel without an answer, at most */

/* A channel that does not exist: every frame about it must be an error. */
#define EAR_UNKNOWN "01900000-0000-7000-8000-00000000dead"

/* A subscribe without an answer yet. */
struct ear_asked {
	unsigned id;
	int64_t after; /* -1: the request has no `after` */
	bool wild;     /* `after` is above the head or of another epoch: may reset */
};

/* What a client knows of one channel. */
struct ear {
	bool joined;
	bool gap_due;   /* the last ack has replayed nothing: a gap must follow */
	bool may_reset; /* the last answer was to a wild request */
	unsigned n;     /* entries of asked, the oldest first */
	struct ear_asked asked[EAR_ASKED];
	int64_t at; /* last number received, by an event or a gap */
};

struct client {
	int user;
	unsigned write, channel; /* of the event heard last */
	struct ear ears[OUT_CHANNELS];
};

extern struct outside out;
extern unsigned ear_events, ear_gaps, ear_resets, ear_wrong;
extern unsigned ear_mixed;    /* events that one write put after another channel's */
extern char ear_trouble[400]; /* the first complaint */

/* Note a subscribe that the client sends. */
void ear_ask(struct ear *ear, unsigned id, int64_t after, bool wild);
/* Check a frame that the client receives. f->model is a struct client. */
void ear_hear(struct fake_conn *f, const char *json);
void ear_complain(const char *what, const char *json, int64_t at);

#endif
