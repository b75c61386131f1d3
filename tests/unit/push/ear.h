/* A client that believes nothing: whatever it hears of a channel has to be the next event
 * of its history, or a gap that fits. */
#ifndef TESTS_EAR_H
#define TESTS_EAR_H

#include "fake_outside.h"

#define LIMIT     30 /* events before a gap */
#define EAR_ASKED 8  /* requests of one channel at a time */

/* A channel that does not exist: all that is heard of it is an error. */
#define EAR_UNKNOWN "01900000-0000-7000-8000-00000000dead"

/* A subscribe that is not answered yet. */
struct ear_asked {
	unsigned id;
	int64_t after; /* -1: none was sent */
	bool wild;     /* above the head, or of another epoch: a reset is right */
};

/* What a client knows of one channel. */
struct ear {
	bool joined;
	bool gap_due;   /* an ack has said that less is replayed than asked for */
	bool may_reset; /* the request answered last was wild */
	unsigned n;     /* of asked, the oldest first */
	struct ear_asked asked[EAR_ASKED];
	int64_t at; /* last number heard of */
};

struct client {
	int user;
	unsigned write, channel; /* of the event heard last */
	struct ear ears[OUT_CHANNELS];
};

extern struct outside out;
extern unsigned ear_events, ear_gaps, ear_resets, ear_wrong;
extern unsigned ear_mixed;    /* events behind one of another channel, by one write */
extern char ear_trouble[400]; /* the first complaint */

/* The client sends a subscribe. */
void ear_ask(struct ear *ear, unsigned id, int64_t after, bool wild);
/* f->model is a struct client. */
void ear_hear(struct fake_conn *f, const char *json);
void ear_complain(const char *what, const char *json, int64_t at);

#endif
