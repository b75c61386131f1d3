/* Fixture: a worker's presence with fake clients, a fake Redis and a clock that the test
 * moves. */
#ifndef TESTS_PRESENCE_RIG_H
#define TESTS_PRESENCE_RIG_H

#include "fake_presence.h"
#include "presence/presence_state.h"

#define PRIG_LINES 3000

/* The presence frames that a client received; long frames are cut. */
struct prig_tape {
	char lines[PRIG_LINES][400];
	unsigned n;
};

extern struct outside prig_out;
extern struct fake_worker prig_worker;
extern struct prig_tape prig_tapes[FAKE_CONNS];

void prig_begin(void);
/* Closes all clients, and frees the worker. */
void prig_end(void);
/* Connects a client of prig_out.users[user], with an empty tape. */
struct fake_conn *prig_join(int user);
/* Delivers commands, answers and messages until none is under way. */
void prig_settle(void);
/* Moves the clock by ms, with all ticks that are due. */
void prig_pass(int64_t ms);
/* The number of frames {"type":"presence"} with this user and this status. */
unsigned prig_told(const struct fake_conn *f, int user, enum presence_status status);
/* The number of frames that contain the text. */
unsigned prig_frames(const struct fake_conn *f, const char *text);
void prig_stranger(unsigned i, char out_id[ES_UUID_TEXT]);
/* Publishes this status of the strangers `from` to `below` - 1, one message each. */
void prig_crowd(unsigned from, unsigned below, enum presence_status status);
struct presence_tenant *prig_tenant(const struct fake_conn *f);
/* Watches one stranger and expects one snapshot, which names it. */
void prig_watch(struct fake_conn *w, unsigned stranger);

#endif
