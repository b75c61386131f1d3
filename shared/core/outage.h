/* Outages of the services that a program needs. All processes of a program report their
 * failures here, and together they log one line when an outage begins, one when its cause
 * changes, and one when it is over; not one for each request. */
#ifndef CORE_OUTAGE_H
#define CORE_OUTAGE_H

#include "core/err.h"

enum outage_of { OUTAGE_POSTGRES, OUTAGE_REDIS, OUTAGE_QUEUE, OUTAGE_KINDS };

/* A process that can't connect tries again within 5 s (the longest back-off), so an
 * outage without a failure for this long is over. */
#define OUTAGE_QUIET_MS 6000
/* Two causes that alternate must not fill the log. */
#define OUTAGE_TOLD_MS 10000

/* Call it in the master before the fork: workers share what it makes. A process that
 * never called it has outages of its own. */
void outage_init(void);

/* A call to the service failed. Logs the first failure of an outage. */
void outage_failed(enum outage_of what, const struct es_err *err);

/* A failure whose service only the error tells: PostgreSQL's has an SQLSTATE or a text
 * that begins with "database", Redis's text begins with "Redis", and others are the
 * queue's. */
void outage_failed_call(const struct es_err *err);

/* The program's own regular check of the service succeeded. Ends the outage when no
 * process has failed for OUTAGE_QUIET_MS, and logs its length. */
void outage_worked(enum outage_of what);

/* The result of the regular check: one of the above. */
void outage_checked(enum outage_of what, enum es_code rc, const struct es_err *err);

#endif
