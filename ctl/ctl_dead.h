/* echostreamctl queue dead: the messages that fanout could not commit. */
#ifndef CTL_CTL_DEAD_H
#define CTL_CTL_DEAD_H

#include "ctl_run.h"

/* The words of c are: list [BEFORE], show ID, drop ID, redrive ID... or redrive --all.
 * Returns the exit status. */
int ctl_dead(struct ctl *c);

#endif
