/* Spans in the pipe: their form, the sampler, and a pipe that nobody reads. */
#include <json-c/json.h>
#include <string.h>
#include <unistd.h>

#include "core/check.h"
#include "cunit_main.h"
#include "trace/trace.h"

#define TRACE_ID "4bf92f3577b34da6a3ce929d0e0e4736"
#define SAMPLED  "00-" TRACE_ID "-00f067aa0ba902b7-01"
#define NOT      "00-" TRACE_ID "-00f067aa0ba902b7-00"

enum { DROPPED, COUNTERS };

static const struct metric table[] = {
    [DROPPED] = {METRIC_COUNTER, "t_dropped_total", NULL, "Dropped.", NULL, 0},
};
static struct metrics *metrics;

static struct trace *
open_trace(int64_t sample_ppm)
{
	struct trace *t = NULL;
	struct es_err err;

	CU_ASSERT_EQUAL_FATAL(
	    metrics_open(NULL, table, COUNTERS, 1, &metrics, &err), ES_OK);
	metrics_use_slot(metrics, 0);
	CU_ASSERT_EQUAL_FATAL(trace_open(sample_ppm, metrics, DROPPED, &t, &err), ES_OK);
	return t;
}

static void
close_trace(struct trace *t)
{
	trace_close(&t);
	metrics_close(&metrics);
}

static struct trace_context
context_of(const char *traceparent)
{
	struct trace_context c;

	IGNORE(trace_context_parse(traceparent, &c));
	return c;
}

/* Keeps only the read end of the pipe, and parses the one line in the pipe. */
static struct json_object *
read_line(struct trace *t)
{
	char line[TRACE_LINE_MAX + 1];
	const ssize_t n = read(trace_keep_reader(t), line, sizeof(line) - 1);
	struct json_object *got;

	CU_ASSERT_FATAL(n > 1);
	line[n] = '\0';
	CU_ASSERT_PTR_EQUAL(strchr(line, '\n'), line + n - 1);
	got = json_tokener_parse(line);
	CU_ASSERT_PTR_NOT_NULL_FATAL(got);
	return got;
}

static const char *
text(struct json_object *o, const char *key)
{
	return json_object_get_string(json_object_object_get(o, key));
}

static void
a_span_is_a_line(void)
{
	static const struct trace_attr attrs[] = {
	    TRACE_TEXT("route", "/a \"b\""), TRACE_NUMBER("status", 201)};
	struct trace *t = open_trace(0);
	const struct trace_context caller = context_of(SAMPLED);
	struct trace_span s;
	struct json_object *line;

	trace_begin(t, &caller, &s);
	CU_ASSERT_TRUE(s.sampled);
	trace_end(t, &s, "GET /a", TRACE_SERVER, attrs, 2, "unavailable");
	line = read_line(t);
	CU_ASSERT_STRING_EQUAL(text(line, "traceId"), TRACE_ID);
	CU_ASSERT_STRING_EQUAL(text(line, "parentSpanId"), "00f067aa0ba902b7");
	CU_ASSERT_STRING_EQUAL(text(line, "spanId"), s.context.parent);
	CU_ASSERT_STRING_NOT_EQUAL(s.context.parent, "00f067aa0ba902b7");
	CU_ASSERT_STRING_EQUAL(text(line, "name"), "GET /a");
	CU_ASSERT_STRING_EQUAL(text(line, "kind"), "2");
	CU_ASSERT_EQUAL(strlen(text(line, "startTimeUnixNano")), 19);
	CU_ASSERT_TRUE(
	    strcmp(text(line, "startTimeUnixNano"), text(line, "endTimeUnixNano")) <= 0);
	CU_ASSERT_STRING_EQUAL(
	    json_object_to_json_string_ext(json_object_object_get(line, "attributes"),
		JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
	    "[{\"key\":\"route\",\"value\":{\"stringValue\":\"/a \\\"b\\\"\"}},"
	    "{\"key\":\"status\",\"value\":{\"intValue\":\"201\"}}]");
	CU_ASSERT_STRING_EQUAL(
	    json_object_to_json_string_ext(
		json_object_object_get(line, "status"), JSON_C_TO_STRING_PLAIN),
	    "{\"code\":2,\"message\":\"unavailable\"}");
	json_object_put(line);
	close_trace(t);
}

static void
the_caller_decides_whether_a_trace_is_sampled(void)
{
	struct trace *never = open_trace(0), *always;
	struct trace_context caller = context_of(NOT);
	struct trace_span s;
	char next[TRACE_PARENT_TEXT];

	close_trace(never);
	always = open_trace(1000000);
	trace_begin(always, &caller, &s);
	CU_ASSERT_FALSE(s.sampled);
	CU_ASSERT_STRING_EQUAL(trace_next(&s, next, NOT), NOT);
	CU_ASSERT_PTR_NULL(trace_next(&s, next, NULL));
	caller = context_of(NULL);
	trace_begin(always, &caller, &s);
	CU_ASSERT_TRUE(s.sampled);
	CU_ASSERT_STRING_EQUAL(s.parent, "");
	CU_ASSERT_EQUAL(strlen(s.context.trace_id), TRACE_ID_HEX);
	CU_ASSERT_TRUE(trace_context_parse(trace_next(&s, next, NOT), &caller));
	CU_ASSERT_STRING_EQUAL(caller.trace_id, s.context.trace_id);
	CU_ASSERT_EQUAL(caller.sampled, TRACE_SAMPLED);
	close_trace(always);
}

/* At a rate of one in ten, 4,000 draws give 201 to 599 traces, except in one run of
 * 10^22. */
static void
the_sampler_keeps_its_rate(void)
{
	const struct trace_context none = context_of(NULL);
	struct trace *t = open_trace(100000);
	struct trace_span s;
	unsigned n = 0;

	for (unsigned i = 0; i < 4000; i++) {
		trace_begin(t, &none, &s);
		n += s.sampled;
	}
	CU_ASSERT_TRUE(n > 200 && n < 600);
	close_trace(t);
	t = open_trace(0);
	for (unsigned i = 0; i < 1000; i++) {
		trace_begin(t, &none, &s);
		CU_ASSERT_FALSE(s.sampled);
	}
	close_trace(t);
}

static void
a_later_step_begins_no_trace(void)
{
	struct trace *t = open_trace(1000000);
	struct trace_span s;

	trace_join(t, NULL, &s);
	CU_ASSERT_FALSE(s.sampled);
	trace_join(t, "no traceparent", &s);
	CU_ASSERT_FALSE(s.sampled);
	trace_join(t, NOT, &s);
	CU_ASSERT_FALSE(s.sampled);
	trace_join(t, SAMPLED, &s);
	CU_ASSERT_TRUE(s.sampled);
	CU_ASSERT_STRING_EQUAL(s.context.trace_id, TRACE_ID);
	close_trace(t);
}

/* A reader that sleeps must not stop a worker. When the pipe is full, trace_end() drops
 * the span. */
static void
a_full_pipe_drops(void)
{
	struct trace *t = open_trace(0);
	struct trace_span s;
	unsigned n = 0;

	trace_join(t, SAMPLED, &s);
	while (metrics_sum(metrics, DROPPED) == 0 && n < 100000) {
		trace_end(t, &s, "x", TRACE_SERVER, NULL, 0, NULL);
		n++;
	}
	CU_ASSERT_TRUE(n > 100 && n < 100000);
	trace_end(t, &s, "x", TRACE_SERVER, NULL, 0, NULL);
	CU_ASSERT_EQUAL(metrics_sum(metrics, DROPPED), 2);
	close_trace(t);
}

static void
a_long_span_drops(void)
{
	struct trace *t = open_trace(0);
	char name[TRACE_LINE_MAX] = "";
	struct trace_span s;

	memset(name, 'n', sizeof(name) - 1);
	trace_join(t, SAMPLED, &s);
	trace_end(t, &s, name, TRACE_SERVER, NULL, 0, NULL);
	CU_ASSERT_EQUAL(metrics_sum(metrics, DROPPED), 1);
	trace_end(t, &s, "x", TRACE_SERVER, NULL, 0, NULL);
	json_object_put(read_line(t));
	close_trace(t);
}

static void
off_is_off(void)
{
	const struct trace_context caller = context_of(SAMPLED);
	char next[TRACE_PARENT_TEXT];
	struct trace_span s;

	trace_begin(NULL, &caller, &s);
	CU_ASSERT_FALSE(s.sampled);
	CU_ASSERT_STRING_EQUAL(trace_next(&s, next, SAMPLED), SAMPLED);
	trace_join(NULL, SAMPLED, &s);
	CU_ASSERT_FALSE(s.sampled);
	trace_end(NULL, &s, "x", TRACE_SERVER, NULL, 0, NULL);
	trace_keep_writer(NULL);
}

static CU_TestInfo cases[] = {
    {"a span is written as one line", a_span_is_a_line},
    {"the caller decides whether a trace is sampled",
	the_caller_decides_whether_a_trace_is_sampled},
    {"the sampler keeps its rate", the_sampler_keeps_its_rate},
    {"a later step begins no trace", a_later_step_begins_no_trace},
    {"a full pipe drops spans and does not block", a_full_pipe_drops},
    {"a span that is too long is dropped", a_long_span_drops},
    {"without ES_TRACE_URL nothing happens", off_is_off},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("trace", cases)
