/* Outages of the services that a program needs. All processes of a program report their
 * failures here, and together they log one line when an outage begins, one when its cause
 * changes, and one when it is over, instead of one for each request. */
#ifndef CORE_OUTAGE_H
#define CORE_OUTAGE_H

#include "core/err.h"

enum outage_of { OUTAGE_POSTGRES, OUTAGE_REDIS, OUTAGE_QUEUE, OUTAGE_KINDS };

/* A process that can't connect tries again within 5 s (the longest back-off), so an
 * outage without a failure for this long is over. */
#define OUTAGE_QUIET_MS 6000
/* Minimum time between two log lines, so that two alternating causes don't fill the
 * log. */
#define OUTAGE_LOG_EVERY_MS 10000

/* Call in the master before the fork, so that all its workers share one state. A process
 * that never calls it logs its own outages. */
void outage_init(void);

/* Reports that a call to the service failed. Logs the first failure of an outage. */
void outage_report_failure(enum outage_of what, const struct es_err *err);

/* Like outage_report_failure(), but finds the service by the error: PostgreSQL when err
 * has an SQLSTATE or its text begins with "database", "the database" or "too many
 * statements"; Redis when its text begins with "Redis"; else the queue. */
void outage_report_failed_call(const struct es_err *err);

/* Reports that the program's own regular check of the service succeeded. Ends the outage
 * when no process has reported a failure for OUTAGE_QUIET_MS, and logs its length. */
void outage_report_success(enum outage_of what);

/* Reports the result of the regular check, a success or a failure. */
void outage_report_check(enum outage_of what, enum es_code rc, const struct es_err *err);

#endif
