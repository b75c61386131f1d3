/* The line in CloudWatch's embedded metric format: its form, and what each kind of row
 * counts. */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/metrics.h"
#include "cunit_main.h"
#include "emf/emf.h"

static const double edges[] = {0.1, 0.2, 0.4};

enum { OK, BAD, OPEN, TIME };

static const struct metric table[] = {
    [OK] = {METRIC_COUNTER, "t_hits_total", "code=\"ok\"", "Hits.", NULL, 0},
    [BAD] = {METRIC_COUNTER, "t_hits_total", "code=\"bad\"", "Hits.", NULL, 0},
    [OPEN] = {METRIC_GAUGE, "t_open", NULL, "Open things.", NULL, 0},
    [TIME] = {METRIC_HISTOGRAM, "t_time_seconds", NULL, "Time.", edges, 3},
};

static const struct emf_row rows[] = {
    {"Open", "Count", EMF_GAUGE, OPEN, 1, 1},
    {"Hits", "Count", EMF_GROWTH, OK, 2, 1},
    {"P95", "Milliseconds", EMF_P95_MS, TIME, 1, 1},
};

static struct metrics *metrics;

static struct emf *
make(const char *deployment, int64_t period_ms)
{
	struct es_err err;

	CU_ASSERT_EQUAL_FATAL(metrics_open(NULL, table, 4, 1, &metrics, &err), ES_OK);
	metrics_use_slot(metrics, 0);
	metrics_add(metrics, OK, 1000); /* before emf_new(), so no period counts it */
	metrics_observe(metrics, TIME, 0.15);
	return emf_new(metrics, rows, 3, "test", deployment, period_ms);
}

static void
end(struct emf *e)
{
	emf_free(&e);
	metrics_close(&metrics);
}

/* Makes emf_write() write its line into a pipe, and returns the parsed line. */
static struct json_object *
write_and_parse(struct emf *e)
{
	char line[4097];
	struct json_object *got;
	int fds[2];
	ssize_t n;

	CU_ASSERT_EQUAL_FATAL(pipe(fds), 0);
	emf_write(e, fds[1]);
	n = read(fds[0], line, sizeof(line) - 1);
	(void)close(fds[0]);
	(void)close(fds[1]);
	CU_ASSERT_FATAL(n > 0);
	line[n] = '\0';
	CU_ASSERT_PTR_EQUAL(strchr(line, '\n'), line + n - 1);
	got = json_tokener_parse(line);
	CU_ASSERT_PTR_NOT_NULL_FATAL(got);
	return got;
}

static struct json_object *
at(struct json_object *from, const char *key)
{
	return json_object_object_get(from, key);
}

static void
names_each_metric_for_cloudwatch(void)
{
	struct emf *e = make("blue \"1\"", 60000);
	struct json_object *line, *directive;

	metrics_observe(metrics, TIME, 0.15);
	line = write_and_parse(e);
	directive =
	    json_object_array_get_idx(at(at(line, "_aws"), "CloudWatchMetrics"), 0);
	CU_ASSERT_STRING_EQUAL(
	    json_object_to_json_string_ext(directive, JSON_C_TO_STRING_PLAIN),
	    "{\"Namespace\":\"EchoStream\",\"Dimensions\":[[\"Deployment\"]],\"Metrics\":"
	    "[{\"Name\":\"Open\",\"Unit\":\"Count\"},{\"Name\":\"Hits\",\"Unit\":"
	    "\"Count\"},"
	    "{\"Name\":\"P95\",\"Unit\":\"Milliseconds\"}]}");
	CU_ASSERT(
	    json_object_get_int64(at(at(line, "_aws"), "Timestamp")) > 1700000000000);
	CU_ASSERT_STRING_EQUAL(
	    json_object_get_string(at(line, "Deployment")), "blue \"1\"");
	CU_ASSERT_STRING_EQUAL(json_object_get_string(at(line, "svc")), "test");
	json_object_put(line);
	end(e);
}

static void
counts_the_period_only(void)
{
	struct emf *e = make("d", 60000);
	struct json_object *line;

	metrics_gauge_set(metrics, OPEN, 5);
	metrics_add(metrics, OK, 2);
	metrics_add(metrics, BAD, 3);
	line = write_and_parse(e);
	CU_ASSERT_EQUAL(json_object_get_int64(at(line, "Open")), 5);
	CU_ASSERT_EQUAL(json_object_get_int64(at(line, "Hits")), 5);
	json_object_put(line);
	metrics_add(metrics, BAD, 1);
	line = write_and_parse(e);
	CU_ASSERT_EQUAL(json_object_get_int64(at(line, "Open")), 5);
	CU_ASSERT_EQUAL(json_object_get_int64(at(line, "Hits")), 1);
	json_object_put(line);
	end(e);
}

/* All 20 observations are in the bucket from 0.1 s to 0.2 s. The 95th percentile is the
 * 19th observation, and 19/20 of the bucket's width is at 0.195 s. */
static void
reports_the_percentile_of_the_period(void)
{
	struct emf *e = make("d", 60000);
	struct json_object *line;

	for (int i = 0; i < 20; i++)
		metrics_observe(metrics, TIME, 0.11);
	line = write_and_parse(e);
	CU_ASSERT_EQUAL(json_object_get_int64(at(line, "P95")), 195);
	json_object_put(line);
	metrics_observe(metrics, TIME, 9);
	line = write_and_parse(e);
	CU_ASSERT_EQUAL(json_object_get_int64(at(line, "P95")), 400);
	json_object_put(line);
	line = write_and_parse(e);
	CU_ASSERT_PTR_NULL(at(line, "P95"));
	CU_ASSERT_PTR_NULL(strstr(json_object_to_json_string(line), "P95"));
	json_object_put(line);
	end(e);
}

static void
is_due_after_a_period(void)
{
	struct emf *e = make("d", 60000);

	CU_ASSERT_FALSE(emf_due(e));
	end(e);
	e = make("d", 0);
	CU_ASSERT_TRUE(emf_due(e));
	end(e);
}

/* The longest name that ES_METRICS_EMF_DEPLOYMENT accepts. JSON escapes each character of
 * this name. */
static void
writes_the_longest_deployment(void)
{
	char name[256] = "";
	struct emf *e;
	struct json_object *line;

	memset(name, '"', sizeof(name) - 1);
	e = make(name, 60000);
	line = write_and_parse(e);
	CU_ASSERT_STRING_EQUAL(json_object_get_string(at(line, "Deployment")), name);
	json_object_put(line);
	end(e);
}

static CU_TestInfo cases[] = {
    {"names each metric for CloudWatch", names_each_metric_for_cloudwatch},
    {"counts only what happened in the period", counts_the_period_only},
    {"reports the percentile of the period", reports_the_percentile_of_the_period},
    {"is due after a period", is_due_after_a_period},
    {"writes the longest deployment", writes_the_longest_deployment},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("emf", cases)
