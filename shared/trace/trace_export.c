#include "trace/trace_export.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/check.h"
#include "core/clock.h"
#include "core/log.h"
#include "trace/trace_waiting.h"
#include "json/json_write.h"

#include "core/banned.h"

#define BACKOFF_MIN_MS 500
#define BACKOFF_MAX_MS 30000

static volatile sig_atomic_t stopping;

static void
trace_export_on_term(int sig)
{
	(void)sig;
	stopping = 1;
}

struct exporter {
	const struct trace_export *conf;
	int fd;
	struct trace_waiting *waiting;
	char line[TRACE_LINE_MAX]; /* a line whose rest is not read yet */
	size_t line_len;
	int64_t post_at_ms; /* CLOCK_MONOTONIC: when the next request is due */
	unsigned tries;     /* requests that failed in a row */
	int64_t end_ms;     /* when the exporter ends; 0: SIGTERM has not come */
};

/* True after SIGTERM. SIGTERM is blocked outside ppoll(), and a busy exporter does not
 * call ppoll(), so look at the pending signals, too. */
static bool
trace_export_is_ending(struct exporter *e)
{
	sigset_t pending;

	sigemptyset(&pending);
	(void)sigpending(&pending);
	if (e->end_ms == 0 && (stopping || sigismember(&pending, SIGTERM) == 1))
		e->end_ms = clock_mono_ms() + TRACE_LAST_MS;
	return e->end_ms != 0;
}

static bool
trace_export_is_over(void *ctx)
{
	struct exporter *e = ctx;

	return trace_export_is_ending(e) && clock_mono_ms() >= e->end_ms;
}

static void
trace_export_count_dropped(const struct exporter *e, int64_t n)
{
	metrics_add(e->conf->metrics, e->conf->dropped, (uint64_t)n);
}

/* An exporter that was killed may have read the beginning of a line. The next exporter
 * then reads only the rest of the line. The collector would refuse all spans of a request
 * with such a rest. */
static bool
trace_export_is_whole(const char *line, size_t len)
{
	const size_t begin = sizeof(TRACE_LINE_BEGIN) - 1;

	return len > begin && memcmp(line, TRACE_LINE_BEGIN, begin) == 0;
}

static void
trace_export_take_line(struct exporter *e, const char *line, size_t len)
{
	if (trace_waiting_n(e->waiting) == 0 && e->tries == 0)
		e->post_at_ms = clock_mono_ms() + TRACE_BATCH_MS;
	if (!trace_export_is_whole(line, len) ||
	    !trace_waiting_add(e->waiting, line, len))
		trace_export_count_dropped(e, 1);
}

/* Joins the pieces of lines that read(2) has cut. */
static void
trace_export_take_bytes(struct exporter *e, const char *data, size_t n)
{
	while (n > 0) {
		const char *end = memchr(data, '\n', n);
		const size_t piece = end != NULL ? (size_t)(end - data) : n;

		CHECK(e->line_len + piece <= sizeof(e->line));
		memcpy(e->line + e->line_len, data, piece);
		e->line_len += piece;
		if (end == NULL)
			return;
		trace_export_take_line(e, e->line, e->line_len);
		e->line_len = 0;
		data += piece + 1;
		n -= piece + 1;
	}
}

/* Empties the pipe. */
static void
trace_export_read(struct exporter *e)
{
	char data[16384];
	ssize_t n;

	while ((n = read(e->fd, data, sizeof(data))) > 0)
		trace_export_take_bytes(e, data, (size_t)n);
}

static void
trace_export_put_text(struct json_write *w, const char *key, const char *value)
{
	jw_object(w, NULL);
	jw_string(w, "key", key);
	jw_object(w, "value");
	jw_string(w, "stringValue", value);
	jw_object_end(w);
	jw_object_end(w);
}

/* ExportTraceServiceRequest (opentelemetry/proto/collector/trace/v1). */
static void
trace_export_put_request(const struct exporter *e, size_t n, struct text *out)
{
	struct json_write w;
	char host[256] = "";

	(void)gethostname(host, sizeof(host) - 1);
	jw_init(&w, out);
	jw_object(&w, NULL);
	jw_array(&w, "resourceSpans");
	jw_object(&w, NULL);
	jw_object(&w, "resource");
	jw_array(&w, "attributes");
	trace_export_put_text(&w, "service.name", e->conf->service);
	trace_export_put_text(&w, "service.version", ES_VERSION);
	trace_export_put_text(&w, "host.name", host);
	jw_array_end(&w);
	jw_object_end(&w);
	jw_array(&w, "scopeSpans");
	jw_object(&w, NULL);
	jw_object(&w, "scope");
	jw_string(&w, "name", "echostream");
	jw_object_end(&w);
	text_addf(out, ",\"spans\":[");
	trace_waiting_put(e->waiting, n, out);
	text_addf(out, "]}]}]}");
}

/* Spans stay at the head of the queue until the collector has taken them. */
static void
trace_export_retry_later(struct exporter *e, const struct trace_post_result *r)
{
	int64_t wait_ms = clock_backoff_ms(e->tries, BACKOFF_MIN_MS, BACKOFF_MAX_MS);

	if (r->retry_after_ms > wait_ms)
		wait_ms = r->retry_after_ms;
	if (e->tries++ == 0)
		log_warn("the trace collector is unavailable", LOG_STR("reason", r->why));
	e->post_at_ms = clock_mono_ms() + wait_ms;
}

/* A collector that refuses a request counts as available. */
static void
trace_export_answered(struct exporter *e)
{
	if (e->tries > 0)
		log_info("the trace collector is available again",
		    LOG_INT("requests_failed", e->tries));
	e->tries = 0;
}

/* Counts at most n rejected spans, because a faulty collector may report more spans than
 * the request had. */
static void
trace_export_done(struct exporter *e, size_t n, const struct trace_post_result *r)
{
	const int64_t rejected = r->rejected < (int64_t)n ? r->rejected : (int64_t)n;

	if (rejected > 0) {
		log_warn(
		    "the trace collector rejected spans", LOG_INT("spans", rejected));
		trace_export_count_dropped(e, rejected);
	}
	metrics_add(e->conf->metrics, e->conf->exported, n - (uint64_t)rejected);
}

/* Returns the time-out of the next request. It is shorter near the end of the exporter,
 * but never 0, because 0 means "no limit" to libcurl. */
static int64_t
trace_export_timeout_ms(const struct exporter *e)
{
	const int64_t left_ms = e->end_ms - clock_mono_ms();

	if (e->end_ms == 0 || left_ms > e->conf->post.timeout_ms)
		return e->conf->post.timeout_ms;
	return left_ms > 0 ? left_ms : 1;
}

static void
trace_export_post(struct exporter *e)
{
	const size_t waiting = trace_waiting_n(e->waiting);
	const size_t n = waiting < TRACE_BATCH_MAX ? waiting : TRACE_BATCH_MAX;
	struct trace_post_settings settings = e->conf->post;
	struct arena *a = arena_new();
	struct trace_post_result r;
	struct text body;

	settings.give_up = trace_export_is_over;
	settings.ctx = e;
	settings.timeout_ms = trace_export_timeout_ms(e);
	text_init(&body, a, (TRACE_BATCH_MAX + 1) * TRACE_LINE_MAX);
	trace_export_put_request(e, n, &body);
	CHECK(!body.overflow);
	trace_post(&settings, &body, &r);
	arena_free(&a);
	if (r.end == TRACE_POST_RETRY) {
		trace_export_retry_later(e, &r);
		return;
	}
	trace_export_answered(e);
	if (r.end == TRACE_POST_REFUSED) {
		log_warn("the trace collector refused spans", LOG_STR("reason", r.why),
		    LOG_INT("spans", (int64_t)n));
		trace_export_count_dropped(e, (int64_t)n);
	} else {
		trace_export_done(e, n, &r);
	}
	trace_waiting_drop(e->waiting, n);
	e->post_at_ms = clock_mono_ms() + TRACE_BATCH_MS;
}

/* A full batch is due immediately, except after a failure. A full queue that is shorter
 * than a batch counts as a full batch, because it takes no further spans. */
static bool
trace_export_due(const struct exporter *e)
{
	const size_t n = trace_waiting_n(e->waiting), max = e->conf->waiting_max;
	const size_t full = max < TRACE_BATCH_MAX ? max : TRACE_BATCH_MAX;

	return n > 0 &&
	       ((n >= full && e->tries == 0) || clock_mono_ms() >= e->post_at_ms);
}

/* Waits for spans, for the next request, or for SIGTERM, which is unblocked only during
 * this wait. */
static void
trace_export_wait(struct exporter *e, const sigset_t *mask)
{
	struct pollfd fd = {.fd = e->fd, .events = POLLIN};
	const bool idle = trace_waiting_n(e->waiting) == 0;
	const int64_t left_ms = e->post_at_ms - clock_mono_ms();
	const struct timespec wait = {
	    .tv_sec = left_ms > 0 ? left_ms / 1000 : 0,
	    .tv_nsec = left_ms > 0 ? left_ms % 1000 * 1000000 : 0,
	};

	if (trace_export_due(e))
		return;
	if (ppoll(&fd, 1, idle ? NULL : &wait, mask) > 0)
		trace_export_read(e);
}

static void
trace_export_last(struct exporter *e)
{
	trace_export_read(e);
	while (trace_waiting_n(e->waiting) > 0) {
		const unsigned failed = e->tries;
		const bool over = trace_export_is_over(e);

		if (!over)
			trace_export_post(e);
		if (over || e->tries > failed) {
			trace_export_count_dropped(
			    e, (int64_t)trace_waiting_n(e->waiting));
			return;
		}
	}
}

/* Blocks SIGTERM; *while_waiting is the mask that unblocks it. */
static void
trace_export_signals(sigset_t *while_waiting)
{
	const struct sigaction term = {.sa_handler = trace_export_on_term};
	sigset_t held;

	(void)sigaction(SIGTERM, &term, NULL);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGUSR1, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	sigemptyset(&held);
	sigaddset(&held, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &held, while_waiting);
	sigdelset(while_waiting, SIGTERM);
}

struct trace_export
trace_export_settings(const struct conf_common *conf, const char *service)
{
	return (struct trace_export){
	    .service = service,
	    .post = {.url = conf->trace_url,
		.headers = conf->trace_headers,
		.timeout_ms = conf->trace_timeout_ms},
	    .waiting_max = (size_t)conf->trace_queue,
	};
}

int
trace_export_run(const struct trace_export *conf, struct trace *t)
{
	struct exporter *e = mem_new(1, sizeof(*e));
	sigset_t while_waiting;

	*e = (struct exporter){.conf = conf,
	    .fd = trace_keep_reader(t),
	    .waiting = trace_waiting_new(conf->waiting_max)};
	trace_export_signals(&while_waiting);
	while (!trace_export_is_ending(e)) {
		trace_export_wait(e, &while_waiting);
		if (!trace_export_is_ending(e) && trace_export_due(e))
			trace_export_post(e);
	}
	trace_export_last(e);
	trace_waiting_free(&e->waiting);
	mem_free(e);
	return 0;
}
