/* echostreamctl queue dead redrive: dead letters go into the queue again. */
#ifndef CTL_CTL_REDRIVE_H
#define CTL_CTL_REDRIVE_H

#include "ctl_run.h"

#define REDRIVE_IDS_MAX 100 /* of one call; --all has no limit */

/* words: redrive ID... or, with the option --all, redrive alone. Returns the exit status:
 * CTL_FAILED when a letter could not be sent. */
int ctl_redrive(struct ctl *c);

#endif
