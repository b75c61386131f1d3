#include "trace/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/check.h"
#include "core/clock.h"
#include "crypto/digest.h"
#include "json/json_write.h"

#include "core/banned.h"

/* About 2,000 spans; the maximum that Linux gives by default. */
#define PIPE_BYTES (1 << 20)
#define MILLION    1000000

struct trace {
	int reader, writer; /* -1: closed in this process */
	uint64_t sample_ppm;
	struct metrics *metrics;
	unsigned dropped;
	struct arena *arena;
};

enum es_code
trace_open(int64_t sample_ppm, struct metrics *m, unsigned dropped, struct trace **out,
    struct es_err *err)
{
	struct trace *t;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0)
		return es_fail(err, ES_INVALID, "pipe: %s", strerror(errno));
	/* A system with a lower limit leaves the pipe as it is: fewer spans wait. */
	(void)fcntl(fds[1], F_SETPIPE_SZ, PIPE_BYTES);
	t = mem_new(1, sizeof(*t));
	*t = (struct trace){.reader = fds[0],
	    .writer = fds[1],
	    .sample_ppm = (uint64_t)sample_ppm,
	    .metrics = m,
	    .dropped = dropped,
	    .arena = arena_new()};
	*out = t;
	return ES_OK;
}

static void
trace_close_end(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

void
trace_close(struct trace **t)
{
	if (*t == NULL)
		return;
	trace_close_end(&(*t)->reader);
	trace_close_end(&(*t)->writer);
	arena_free(&(*t)->arena);
	mem_free(*t);
	*t = NULL;
}

int
trace_keep_reader(struct trace *t)
{
	trace_close_end(&t->writer);
	return t->reader;
}

void
trace_keep_writer(struct trace *t)
{
	if (t != NULL)
		trace_close_end(&t->reader);
}

static void
trace_random(void *out, size_t n)
{
	CHECK(getrandom(out, n, 0) == (ssize_t)n);
}

static void
trace_new_id(char *out, size_t n_hex)
{
	unsigned char raw[TRACE_ID_HEX / 2];

	trace_random(raw, n_hex / 2);
	raw[0] |= 1; /* all zero is not an id */
	digest_hex(raw, n_hex / 2, out);
}

static int64_t
trace_wall_us(void)
{
	struct timespec now;

	CHECK(clock_gettime(CLOCK_REALTIME, &now) == 0);
	return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

static void
trace_start(const struct trace_context *caller, struct trace_span *out)
{
	*out = (struct trace_span){
	    .sampled = true,
	    .context = {.sampled = TRACE_SAMPLED},
	    .wall_us = trace_wall_us(),
	    .mono_us = clock_mono_us(),
	};
	if (caller->trace_id[0] != '\0') {
		memcpy(out->context.trace_id, caller->trace_id, sizeof(caller->trace_id));
		memcpy(out->parent, caller->parent, sizeof(caller->parent));
	} else {
		trace_new_id(out->context.trace_id, TRACE_ID_HEX);
	}
	trace_new_id(out->context.parent, TRACE_SPAN_ID_HEX);
}

/* The bias of the remainder is below 2^-44. */
static bool
trace_sample(const struct trace *t)
{
	uint64_t drawn;

	if (t->sample_ppm == 0)
		return false;
	trace_random(&drawn, sizeof(drawn));
	return drawn % MILLION < t->sample_ppm;
}

void
trace_begin(struct trace *t, const struct trace_context *caller, struct trace_span *out)
{
	*out = (struct trace_span){.sampled = false};
	if (t == NULL || caller->sampled == TRACE_NOT_SAMPLED)
		return;
	if (caller->sampled == TRACE_SAMPLED || trace_sample(t))
		trace_start(caller, out);
}

void
trace_join(struct trace *t, const char *traceparent, struct trace_span *out)
{
	struct trace_context caller;

	*out = (struct trace_span){.sampled = false};
	if (t != NULL && trace_context_parse(traceparent, &caller) &&
	    caller.sampled == TRACE_SAMPLED)
		trace_start(&caller, out);
}

const char *
trace_next(const struct trace_span *s, char out[TRACE_PARENT_TEXT], const char *otherwise)
{
	if (!s->sampled)
		return otherwise;
	trace_context_format(&s->context, out);
	return out;
}

/* OTLP/JSON: ids in hex, 64-bit integers as strings, enums as numbers
 * (opentelemetry-proto, docs/specification.md, "JSON Protobuf Encoding"). */
static void
trace_put_attr(struct json_write *w, const struct trace_attr *attr)
{
	char number[24];

	jw_object(w, NULL);
	jw_string(w, "key", attr->key);
	jw_object(w, "value");
	if (attr->text != NULL) {
		jw_string(w, "stringValue", attr->text);
	} else {
		(void)snprintf(number, sizeof(number), "%lld", (long long)attr->number);
		jw_string(w, "intValue", number);
	}
	jw_object_end(w);
	jw_object_end(w);
}

static void
trace_put_time(struct json_write *w, const char *key, int64_t us)
{
	char nanos[32];

	(void)snprintf(nanos, sizeof(nanos), "%lld000", (long long)us);
	jw_string(w, key, nanos);
}

static void
trace_put_span(struct text *out, const struct trace_span *s, const char *name,
    enum trace_kind kind, const struct trace_attr attrs[], size_t n, const char *error)
{
	struct json_write w;

	jw_init(&w, out);
	jw_object(&w, NULL);
	jw_string(&w, "traceId", s->context.trace_id);
	jw_string(&w, "spanId", s->context.parent);
	if (s->parent[0] != '\0')
		jw_string(&w, "parentSpanId", s->parent);
	jw_string(&w, "name", name);
	jw_int(&w, "kind", kind);
	trace_put_time(&w, "startTimeUnixNano", s->wall_us);
	trace_put_time(&w, "endTimeUnixNano", s->wall_us + clock_mono_us() - s->mono_us);
	jw_array(&w, "attributes");
	for (size_t i = 0; i < n; i++)
		trace_put_attr(&w, &attrs[i]);
	jw_array_end(&w);
	jw_object(&w, "status");
	if (error != NULL) {
		jw_int(&w, "code", 2);
		jw_string(&w, "message", error);
	}
	jw_object_end(&w);
	jw_object_end(&w);
	text_add(out, "\n", 1);
}

void
trace_end(struct trace *t, const struct trace_span *s, const char *name,
    enum trace_kind kind, const struct trace_attr attrs[], size_t n, const char *error)
{
	struct text line;

	if (t == NULL || !s->sampled)
		return;
	text_init(&line, t->arena, TRACE_LINE_MAX);
	trace_put_span(&line, s, name, kind, attrs, n, error);
	/* A pipe in non-blocking mode takes PIPE_BUF bytes whole or answers EAGAIN. */
	if (line.overflow || write(t->writer, line.data, line.len) != (ssize_t)line.len)
		metrics_add(t->metrics, t->dropped, 1);
	arena_reset(t->arena);
}
