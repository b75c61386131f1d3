/* A client that believes nothing: whatever it hears of a channel has to be the next event
 * of its history, or a gap that fits. */
#ifndef TESTS_EAR_H
#define TESTS_EAR_H

#include "fake_outside.h"

#define LIMIT 30 /* events before a gap */

/* A channel that does not exist: all that is heard of it is an error. */
#define EAR_UNKNOWN "01900000-0000-7000-8000-00000000dead"

/* What a client knows of one channel. */
struct ear {
	bool asked, joined;
	int64_t after; /* as asked; -1: live only */
	int64_t at;    /* last number heard of */
};

struct client {
	int user;
	unsigned write, channel; /* of the event heard last */
	struct ear ears[OUT_CHANNELS];
};

extern struct outside out;
extern unsigned ear_events, ear_gaps, ear_wrong;
extern unsigned ear_mixed;    /* events behind one of another channel, by one write */
extern char ear_trouble[400]; /* the first complaint */

/* f->model is a struct client. */
void ear_hear(struct fake_conn *f, const char *json);
void ear_complain(const char *what, const char *json, int64_t at);

#endif
