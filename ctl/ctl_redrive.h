/* echostreamctl queue dead redrive: puts dead letters into the queue again. */
#ifndef CTL_CTL_REDRIVE_H
#define CTL_CTL_REDRIVE_H

#include "ctl_run.h"

#define REDRIVE_IDS_MAX 100 /* of one call; --all has no limit */

/* The words of c are: redrive ID..., or only redrive with the option --all. Returns the
 * exit status: CTL_FAILED when a letter could not be sent. */
int ctl_redrive(struct ctl *c);

#endif
