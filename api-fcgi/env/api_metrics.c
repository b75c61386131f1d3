#include "env/api_metrics.h"

#include <stdio.h>
#include <string.h>

#include "core/check.h"

#include "core/banned.h"

#define ROUTERS_MAX 2
#define ROUTES_MAX  80 /* of all routers together, and one row for no route */
#define LABELS_MAX  160
#define CLASSES     4 /* 2xx to 5xx */

static const double edges[] = {.001, .0025, .005, .01, .025, .05, .1, .2, .4, .8, 1.6, 5};

/* metrics_open() keeps pointers to these strings and rows. The master writes them once,
 * before the fork. */
static struct metric table[API_METRIC_COUNT + ROUTES_MAX * (CLASSES + 1)];
static char labels[ROUTES_MAX * (CLASSES + 1)][LABELS_MAX];
static const struct router *routers[ROUTERS_MAX];
static size_t n_routers;
static unsigned n_rows; /* routes, and one row for no route */

static const struct metric singles[] = {
    [API_RATE_LIMITED_USER] = {METRIC_COUNTER, "echostream_rate_limited_total",
	"scope=\"user\"", "Requests refused by a rate limit.", NULL, 0},
    [API_RATE_LIMITED_TENANT] = {METRIC_COUNTER, "echostream_rate_limited_total",
	"scope=\"tenant\"", "Requests refused by a rate limit.", NULL, 0},
    [API_SEND_COMMITTED] = {METRIC_COUNTER, "echostream_api_sends_total",
	"result=\"committed\"", "Sends, by the answer to the sender.", NULL, 0},
    [API_SEND_REPEAT] = {METRIC_COUNTER, "echostream_api_sends_total",
	"result=\"repeat\"", "Sends, by the answer to the sender.", NULL, 0},
    [API_SEND_REFUSED] = {METRIC_COUNTER, "echostream_api_sends_total",
	"result=\"refused\"", "Sends, by the answer to the sender.", NULL, 0},
    [API_SEND_ACCEPTED] = {METRIC_COUNTER, "echostream_api_sends_total",
	"result=\"accepted\"", "Sends, by the answer to the sender.", NULL, 0},
    [API_SEND_TIMEOUTS] = {METRIC_COUNTER, "echostream_api_send_timeouts_total", NULL,
	"Sends without an outcome before the time-out.", NULL, 0},
    [API_PUBLISH_FAILURES] = {METRIC_COUNTER, "echostream_api_publish_failures_total",
	NULL, "Committed events that could not be published; push-server heals them.",
	NULL, 0},
    [API_TRACE_EXPORTED] = {METRIC_COUNTER, "echostream_trace_spans_exported_total", NULL,
	"Spans of traces that the collector has taken.", NULL, 0},
    [API_TRACE_DROPPED] = {METRIC_COUNTER, "echostream_trace_spans_dropped_total", NULL,
	"Spans of traces that were dropped, because the collector was slow, unreachable, "
	"or refused them.",
	NULL, 0},
};

/* Returns NULL for the index after the last route: that row counts the requests that
 * match no route. */
static const struct http_route *
api_metrics_route_at(unsigned i)
{
	for (size_t r = 0; r < n_routers; r++) {
		if (i < routers[r]->n)
			return &routers[r]->routes[i];
		i -= (unsigned)routers[r]->n;
	}
	return NULL;
}

static unsigned
api_metrics_route_index(const struct http_route *route)
{
	unsigned i = 0;

	while (i + 1 < n_rows && api_metrics_route_at(i) != route)
		i++;
	return i;
}

static const char *
api_metrics_label(unsigned *used, const struct http_route *route, int status_class)
{
	char *to = labels[(*used)++];
	int n = snprintf(to, LABELS_MAX, "route=\"%s\",method=\"%s\"",
	    route == NULL ? "other" : route->path, route == NULL ? "any" : route->method);

	CHECK(n > 0 && n < LABELS_MAX);
	if (status_class > 0)
		n += snprintf(to + n, LABELS_MAX - (size_t)n, ",status_class=\"%dxx\"",
		    status_class);
	CHECK(n < LABELS_MAX);
	return to;
}

static unsigned
api_metrics_fill_table(void)
{
	unsigned n = 0, used = 0;

	for (; n < API_METRIC_COUNT; n++)
		table[n] = singles[n];
	n_rows = 1;
	for (size_t r = 0; r < n_routers; r++)
		n_rows += (unsigned)routers[r]->n;
	CHECK(n_rows <= ROUTES_MAX);
	for (unsigned i = 0; i < n_rows; i++)
		for (int class = 2; class < 2 + CLASSES; class ++)
			table[n++] = (struct metric){METRIC_COUNTER,
			    "echostream_http_requests_total",
			    api_metrics_label(&used, api_metrics_route_at(i), class),
			    "Requests answered.", NULL, 0};
	for (unsigned i = 0; i < n_rows; i++)
		table[n++] = (struct metric){METRIC_HISTOGRAM,
		    "echostream_http_request_duration_seconds",
		    api_metrics_label(&used, api_metrics_route_at(i), 0),
		    "Time from a request's arrival to its answer.", edges,
		    ES_COUNT(edges)};
	return n;
}

enum es_code
api_metrics_open(const char *path, unsigned slots, const struct router *const of[],
    size_t n, struct metrics **out, struct es_err *err)
{
	CHECK(n <= ROUTERS_MAX);
	memcpy(routers, of, n * sizeof(*of));
	n_routers = n;
	return metrics_open(path, table, api_metrics_fill_table(), slots, out, err);
}

void
api_metrics_count(struct metrics *m, enum api_metric what)
{
	metrics_add(m, what, 1);
}

void
api_metrics_request(
    struct metrics *m, const struct http_route *route, int status, double seconds)
{
	const unsigned i = api_metrics_route_index(route);
	const unsigned class = (unsigned)(status / 100);

	CHECK(class >= 2 && class < 2 + CLASSES);
	metrics_add(m, API_METRIC_COUNT + i * CLASSES + class - 2, 1);
	metrics_observe(m, API_METRIC_COUNT + n_rows * CLASSES + i, seconds);
}

void
api_metrics_server_errors(unsigned *first, unsigned *n, unsigned *step)
{
	*first = API_METRIC_COUNT + CLASSES - 1;
	*n = n_rows;
	*step = CLASSES;
}
