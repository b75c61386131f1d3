/* Spans of distributed traces. A worker writes each finished span as a line into a pipe
 * that never blocks it; the exporter of the program (trace_export.h) reads the pipe.
 * Tracing is off when ES_TRACE_URL is not set: the trace is NULL, and all functions do
 * nothing. */
#ifndef TRACE_TRACE_H
#define TRACE_TRACE_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/metrics.h"
#include "trace/trace_context.h"

/* A span's line. A pipe takes lines of this size whole (PIPE_BUF), so the lines of
 * several workers do not mix. */
#define TRACE_LINE_MAX 4096
/* The first bytes of each line. The rest of a line that read(2) has cut never begins with
 * them. */
#define TRACE_LINE_BEGIN "{\"traceId\":"

/* The numbers are those of OTLP (opentelemetry/proto/trace/v1/trace.proto). */
enum trace_kind { TRACE_SERVER = 2, TRACE_PRODUCER = 4, TRACE_CONSUMER = 5 };

struct trace;

/* The pipe of a program and its sampler. sample_ppm: of a million requests that come
 * without a sampling decision, this many begin a trace. dropped: the counter of spans
 * that are dropped because the pipe is full. Call it in the master before any fork. */
enum es_code trace_open(int64_t sample_ppm, struct metrics *m, unsigned dropped,
    struct trace **out, struct es_err *err) ES_MUST_CHECK;
void trace_close(struct trace **t);

/* The exporter keeps the reading end of the pipe, all other processes keep the writing
 * end. */
int trace_keep_reader(struct trace *t);
void trace_keep_writer(struct trace *t);

/* A span that has begun. Zeroed: not sampled, and trace_end() does nothing. */
struct trace_span {
	bool sampled;
	struct trace_context context; /* parent is the id of this span */
	char parent[TRACE_SPAN_ID_HEX + 1];
	int64_t wall_us, mono_us; /* when the span began */
};

/* Begins a span of a request from outside: in the caller's trace, or in a new one when
 * the sampler chooses the request. */
void trace_begin(
    struct trace *t, const struct trace_context *caller, struct trace_span *out);
/* Begins a span in a trace that an earlier step began; not sampled when traceparent is
 * NULL, not valid or not sampled. */
void trace_join(struct trace *t, const char *traceparent, struct trace_span *out);

/* The traceparent for the next step: that of the span when it is sampled, else
 * `otherwise`, which may be NULL. out: the buffer for the text. */
const char *trace_next(
    const struct trace_span *s, char out[TRACE_PARENT_TEXT], const char *otherwise);

struct trace_attr {
	const char *key;
	const char *text; /* NULL: the value is the number */
	int64_t number;
};

#define TRACE_TEXT(k, v)   ((struct trace_attr){.key = (k), .text = (v)})
#define TRACE_NUMBER(k, v) ((struct trace_attr){.key = (k), .number = (v)})

/* Ends the span and hands it to the exporter. error: the text of its status, or NULL.
 * Never waits: when the pipe is full, or the span is longer than TRACE_LINE_MAX, the span
 * is counted and dropped. */
void trace_end(struct trace *t, const struct trace_span *s, const char *name,
    enum trace_kind kind, const struct trace_attr attrs[], size_t n, const char *error);

#endif
