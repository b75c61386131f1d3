/* A worker's presence with a clock, clients and a Redis of our own. */
#ifndef TESTS_PRESENCE_RIG_H
#define TESTS_PRESENCE_RIG_H

#include "fake_presence.h"
#include "presence/presence_state.h"

#define PRIG_LINES 3000

/* What a client heard of presence; long frames are cut. */
struct prig_tape {
	char lines[PRIG_LINES][400];
	unsigned n;
};

extern struct outside prig_out;
extern struct fake_worker prig_worker;
extern struct prig_tape prig_tapes[FAKE_CONNS];

void prig_begin(void);
/* Closes what is open. */
void prig_end(void);
/* A client of that user of prig_out, with an empty tape. */
struct fake_conn *prig_join(int user);
/* Until nothing is under way. */
void prig_settle(void);
/* Time goes by, tick by tick. */
void prig_pass(int64_t ms);
/* Frames {"type":"presence"} of that user with that status. */
unsigned prig_told(const struct fake_conn *f, int user, enum presence_status status);
/* Frames that have the text. */
unsigned prig_frames(const struct fake_conn *f, const char *text);
void prig_stranger(unsigned i, char out_id[ES_UUID_TEXT]);
/* Strangers from..below take that status, one message each. */
void prig_crowd(unsigned from, unsigned below, enum presence_status status);
struct presence_tenant *prig_tenant(const struct fake_conn *f);
/* Watches one stranger and expects one snapshot, which names it. */
void prig_watch(struct fake_conn *w, unsigned stranger);

#endif
