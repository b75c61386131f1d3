/* A request counts by its route, its method and the class of its status. */
#include <stdio.h>
#include <string.h>

#include "cunit_main.h"
#include "env/api_metrics.h"
#include "routes.h"

#include "core/banned.h"

static const struct router *const tables[] = {&api_router, &health_router};
static struct metrics *metrics;
static struct arena *mem;

static void
begin(void)
{
	struct es_err err;

	mem = arena_new();
	CU_ASSERT_EQUAL_FATAL(
	    api_metrics_open(NULL, 1, tables, ES_COUNT(tables), &metrics, &err), ES_OK);
	metrics_use_slot(metrics, 0);
}

static void
end(void)
{
	metrics_close(&metrics);
	arena_free(&mem);
}

/* Returns true when the line is in the metrics that a scrape reads. */
static bool
shows(const char *line)
{
	struct text t;

	text_init(&t, mem, 4UL * 1024 * 1024);
	metrics_render(metrics, &t);
	return strstr(t.data, arena_printf(mem, "\n%s\n", line)) != NULL;
}

static const char *
requests(const char *path, const char *method, int class, int n)
{
	return arena_printf(mem,
	    "echostream_http_requests_total{route=\"%s\",method=\"%s\",status_class=\"%"
	    "dxx"
	    "\"} %d",
	    path, method, class, n);
}

static const char *
durations(const char *path, const char *method, int n)
{
	return arena_printf(mem,
	    "echostream_http_request_duration_seconds_count{route=\"%s\",method=\"%s\"} "
	    "%d",
	    path, method, n);
}

/* Counts each route of both tables once in each class; no other counter changes. */
static void
each_route(void)
{
	for (size_t t = 0; t < ES_COUNT(tables); t++)
		for (size_t i = 0; i < tables[t]->n; i++) {
			const struct http_route *route = &tables[t]->routes[i];
			const int class = 2 + (int)(i % 4);

			begin();
			api_metrics_request(metrics, route, class * 100 + 99, .3);
			for (int other = 2; other <= 5; other++)
				CU_ASSERT_TRUE(shows(requests(
				    route->path, route->method, other, other == class)));
			CU_ASSERT_TRUE(shows(durations(route->path, route->method, 1)));
			CU_ASSERT_TRUE(shows(requests("other", "any", class, 0)));
			end();
		}
}

static void
a_request_without_a_route_counts_as_other(void)
{
	static const struct http_route in_no_table = {
	    .method = "GET", .path = "/in/no/table"};

	begin();
	api_metrics_request(metrics, NULL, 404, .001);
	CU_ASSERT_TRUE(shows(requests("other", "any", 4, 1)));
	CU_ASSERT_TRUE(shows(durations("other", "any", 1)));
	api_metrics_request(metrics, &in_no_table, 404, .001);
	CU_ASSERT_TRUE(shows(requests("other", "any", 4, 2)));
	end();
}

static void
time_taken(void)
{
	static const char bucket[] =
	    "echostream_http_request_duration_seconds_bucket{route=\"other\",method="
	    "\"any\",le=\"%s\"} %d";

	begin();
	api_metrics_request(metrics, NULL, 200, .15);
	CU_ASSERT_TRUE(shows(arena_printf(mem, bucket, "0.1", 0)));
	CU_ASSERT_TRUE(shows(arena_printf(mem, bucket, "0.2", 1)));
	end();
}

/* api_metrics_server_errors() returns the counters of 5xx answers. */
static void
server_errors(void)
{
	unsigned first, n, step;
	int64_t sum = 0;

	begin();
	api_metrics_server_errors(&first, &n, &step);
	for (int class = 2; class <= 5; class ++) {
		api_metrics_request(metrics, &api_router.routes[0], class * 100, .1);
		api_metrics_request(metrics, NULL, class * 100, .1);
	}
	for (size_t i = 0; i < n; i++)
		sum += metrics_sum(metrics, first + (unsigned)i * step);
	CU_ASSERT_EQUAL(sum, 2);
	end();
}

static void
singles(void)
{
	static const char *const lines[API_METRIC_COUNT] = {
	    [API_RATE_LIMITED_USER] = "echostream_rate_limited_total{scope=\"user\"} 1",
	    [API_RATE_LIMITED_TENANT] =
		"echostream_rate_limited_total{scope=\"tenant\"} 1",
	    [API_SEND_COMMITTED] = "echostream_api_sends_total{result=\"committed\"} 1",
	    [API_SEND_REPEAT] = "echostream_api_sends_total{result=\"repeat\"} 1",
	    [API_SEND_REFUSED] = "echostream_api_sends_total{result=\"refused\"} 1",
	    [API_SEND_ACCEPTED] = "echostream_api_sends_total{result=\"accepted\"} 1",
	    [API_SEND_TIMEOUTS] = "echostream_api_send_timeouts_total 1",
	    [API_PUBLISH_FAILURES] = "echostream_api_publish_failures_total 1",
	    [API_TRACE_EXPORTED] = "echostream_trace_spans_exported_total 1",
	    [API_TRACE_DROPPED] = "echostream_trace_spans_dropped_total 1",
	};

	for (unsigned i = 0; i < API_METRIC_COUNT; i++) {
		begin();
		api_metrics_count(metrics, (enum api_metric)i);
		for (unsigned k = 0; k < API_METRIC_COUNT; k++)
			CU_ASSERT_EQUAL(shows(lines[k]), i == k);
		end();
	}
}

static CU_TestInfo cases[] = {
    {"each route counts by the class of the status", each_route},
    {"a request without a route counts as other",
	a_request_without_a_route_counts_as_other},
    {"the duration counts in its bucket", time_taken},
    {"each event counts in one counter", singles},
    {"the errors of the server are 5xx", server_errors},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/api_metrics", cases)
