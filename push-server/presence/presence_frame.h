/* The frames of presence: a change to those whom it concerns, a snapshot to one reader.
 */
#ifndef PUSH_PRESENCE_FRAME_H
#define PUSH_PRESENCE_FRAME_H

#include "presence/presence_state.h"

#define PRESENCE_FRAME_USERS 500 /* of one frame of a snapshot; more go into several */
/* A reader whose buffer of changes was full gets a snapshot instead, at most this often.
 */
#define PRESENCE_SNAPSHOT_MS 1000

/* A change of this person. A reader that takes no more changes now gets a snapshot. */
void presence_frame_change(
    struct presence_tenant *pt, const struct presence_person *person);
/* A snapshot at the end of this turn. */
void presence_frame_want(struct presence_conn *pc);
/* End of a turn: send the snapshots that are due. */
void presence_frame_turn(struct presence *p);
/* Later ones become due. */
void presence_frame_tick(struct presence *p);

#endif
