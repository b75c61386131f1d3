/* The frames of presence: changes for all clients that need them, and snapshots for one
 * client. */
#ifndef PUSH_PRESENCE_FRAME_H
#define PUSH_PRESENCE_FRAME_H

#include "presence/presence_state.h"

/* maximum number of users in one frame of a snapshot; a larger snapshot takes several
 * frames */
#define PRESENCE_FRAME_USERS 500
/* Delay of the snapshot for a client whose buffer of changes was full, so that one
 * snapshot replaces many changes. */
#define PRESENCE_SNAPSHOT_MS 1000

/* Send this person's status to the clients that need it. A client whose buffer is full
 * gets a snapshot later. */
void presence_frame_change(
    struct presence_tenant *pt, const struct presence_person *person);
/* Send a snapshot at the end of this turn. */
void presence_frame_want(struct presence_conn *pc);
/* End of a turn: send the snapshots that are due. */
void presence_frame_turn(struct presence *p);
/* Move the delayed snapshots whose time has come to presence->snapshots. */
void presence_frame_tick(struct presence *p);

#endif
