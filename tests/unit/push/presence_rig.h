/* Fixture: a worker's presence with fake clients, a fake Redis and a clock that the test
 * moves. */
#ifndef TESTS_PRESENCE_RIG_H
#define TESTS_PRESENCE_RIG_H

#include "fake_presence.h"
#include "presence/presence_state.h"

#define PRESENCE_RIG_LINES 3000

/* The presence frames that a client received; long frames are cut. */
struct presence_rig_tape {
	char lines[PRESENCE_RIG_LINES][400];
	unsigned n;
};

extern struct outside presence_rig_out;
extern struct fake_worker presence_rig_worker;
extern struct presence_rig_tape presence_rig_tapes[FAKE_CONNS];

void presence_rig_begin(void);
/* Closes all clients, and frees the worker. */
void presence_rig_end(void);
/* Connects a client of presence_rig_out.users[user], with an empty tape. */
struct fake_conn *presence_rig_join(int user);
/* Delivers commands, answers and messages until none is under way. */
void presence_rig_deliver_all(void);
/* Moves the clock by ms, with all ticks that are due. */
void presence_rig_advance(int64_t ms);
/* The number of frames {"type":"presence"} with this user and this status. */
unsigned presence_rig_changes(
    const struct fake_conn *f, int user, enum presence_status status);
/* The number of frames that contain the text. */
unsigned presence_rig_frames(const struct fake_conn *f, const char *text);
/* The id of user i, who has no connection. */
void presence_rig_user_id(unsigned i, char out_id[ES_UUID_TEXT]);
/* Publishes this status of the users `from` to `below` - 1, one message each. */
void presence_rig_publish(unsigned from, unsigned below, enum presence_status status);
struct presence_tenant *presence_rig_tenant(const struct fake_conn *f);
/* Watches one user, and expects one snapshot that names the user. */
void presence_rig_watch(struct fake_conn *w, unsigned user);

#endif
