/* The metrics of echostream-api. Each route has a counter for each class of status, and a
 * histogram of its duration. */
#ifndef API_API_METRICS_H
#define API_API_METRICS_H

#include "core/metrics.h"
#include "http/router.h"

enum api_metric {
	API_RATE_LIMITED_USER,
	API_RATE_LIMITED_TENANT,
	API_SEND_COMMITTED,
	API_SEND_REPEAT,
	API_SEND_REFUSED,
	API_SEND_ACCEPTED, /* answered 202 */
	API_SEND_TIMEOUTS,
	API_PUBLISH_FAILURES,
	API_TRACE_EXPORTED,
	API_TRACE_DROPPED,
	API_METRIC_COUNT
};

/* Creates the counters of all routes of the n routers. The master calls this once, before
 * it forks. The routers and their routes must live as long as the process. path: file
 * that keeps the counters, or NULL for memory only; slots: number of worker processes.
 * The caller releases *out with metrics_close(). Returns the errors of metrics_open(). */
enum es_code api_metrics_open(const char *path, unsigned slots,
    const struct router *const of[], size_t n, struct metrics **out,
    struct es_err *err) ES_MUST_CHECK;

/* Adds 1 to a counter. */
void api_metrics_count(struct metrics *m, enum api_metric what);
/* Counts a request by its status and its duration in seconds. route NULL: no route
 * matched. */
void api_metrics_request(
    struct metrics *m, const struct http_route *route, int status, double seconds);
/* Reports the n counters of answers with a status 5xx: first, first + step, and so on. */
void api_metrics_server_errors(unsigned *first, unsigned *n, unsigned *step);

#endif
