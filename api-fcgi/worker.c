#include "worker.h"

#include <signal.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/outage.h"
#include "crypto/keyed_hash.h"

#include "connect.h"
#include "dispatch.h"
#include "env/api_metrics.h"
#include "env/budget.h"
#include "guard/jwks_reader.h"
#include "handlers/handlers.h"
#include "http/fcgi_io.h"
#include "http/listen.h"

#include "core/banned.h"

#define IDLE_WAIT_MS 1000 /* an idle worker updates its heartbeat this often */
#define SLOW_MS      1000 /* a request that takes longer is logged */
#define STOP_LOOK_MS 20   /* a busy worker looks for a pending signal this often */

static volatile sig_atomic_t stopped;

static void
worker_on_stop(int sig)
{
	(void)sig;
	stopped = 1;
}

/* Blocks SIGTERM and SIGINT except while the worker waits for a request (*while_waiting
 * is the mask during the wait). A signal that arrives between the check of `stopped` and
 * the wait is then delivered in the wait and not lost. */
static void
worker_signals_init(sigset_t *while_waiting)
{
	struct sigaction stop = {.sa_handler = worker_on_stop},
			 ignore = {.sa_handler = SIG_IGN};
	sigset_t held;

	(void)sigaction(SIGTERM, &stop, NULL);
	(void)sigaction(SIGINT, &stop, NULL);
	(void)sigaction(SIGHUP, &ignore, NULL);
	(void)sigaction(SIGPIPE, &ignore, NULL);
	(void)sigaction(SIGUSR1, &ignore, NULL); /* libfcgi would stop accepting */
	sigemptyset(&held);
	sigaddset(&held, SIGTERM);
	sigaddset(&held, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &held, while_waiting);
	sigdelset(while_waiting, SIGTERM);
	sigdelset(while_waiting, SIGINT);
}

/* Checks pending signals, too. On a busy worker the wait returns immediately with the
 * next request and never delivers the signal. The check is a system call, so a busy
 * worker makes it every STOP_LOOK_MS only; an idle one gets the signal in the wait. */
static bool
worker_stop_asked(void)
{
	static int64_t next_look_ms;
	const int64_t now_ms = clock_mono_ms();
	sigset_t pending;

	if (stopped || now_ms < next_look_ms)
		return stopped;
	next_look_ms = now_ms + STOP_LOOK_MS;
	return sigpending(&pending) == 0 && (sigismember(&pending, SIGTERM) == 1 ||
						sigismember(&pending, SIGINT) == 1);
}

/* Logs a failed request. An unavailable service is logged once per outage, not once per
 * request. A 500 is a fault of a statement or of this program; the answer gives the
 * client the request id of this line. */
static void
worker_log_failure(const struct http_req *req, const struct http_res *res,
    const struct dispatch_result *result, int64_t took_ms)
{
	if (result->err == NULL)
		return; /* /readyz answers 503 without an error */
	if (res->status != 500) {
		outage_report_failed_call(result->err);
		return;
	}
	log_error("request failed", LOG_STR("rid", req->request_id),
	    LOG_FILLED("tenant", req->who.actor.tenant.text),
	    LOG_STR("method", req->method),
	    LOG_STR("route", result->route == NULL ? NULL : result->route->path),
	    LOG_INT("status", res->status), LOG_STR("code", es_code_name(result->code)),
	    LOG_ERR_FIELDS(result->err), LOG_STR("traceparent", req->traceparent),
	    LOG_INT("dur_ms", took_ms));
}

static void
worker_log_slow(const struct http_req *req, const struct http_res *res,
    const struct dispatch_result *result, int64_t took_ms)
{
	const struct log_field fields[] = {
	    LOG_STR("rid", req->request_id),
	    LOG_STR("tenant", req->who.actor.tenant.text[0] == '\0'
				  ? NULL
				  : req->who.actor.tenant.text),
	    LOG_STR("method", req->method),
	    LOG_STR("route", result->route == NULL ? NULL : result->route->path),
	    LOG_INT("status", res->status),
	    LOG_STR("code", es_code_name(result->code)),
	    LOG_STR("traceparent", req->traceparent),
	    LOG_INT("dur_ms", took_ms),
	};

	log_write(LOG_WARN, "request was slow", fields, ES_COUNT(fields));
}

/* Begins the span of a request: in the trace of the caller, else in that of a load
 * balancer of AWS. */
static void
worker_begin_span(struct api *api, struct http_req *req)
{
	struct trace_context caller;

	if (!trace_context_parse(req->headers.traceparent, &caller) &&
	    !trace_context_parse_amzn(req->headers.amzn_trace_id, &caller))
		caller = (struct trace_context){.sampled = TRACE_UNDECIDED};
	trace_begin(api->trace, &caller, &req->span);
}

/* Attributes as OpenTelemetry's semantic conventions for HTTP name them. */
static void
worker_end_span(struct api *api, const struct http_req *req, const struct http_res *res,
    const struct dispatch_result *result)
{
	const char *route = result->route == NULL ? "" : result->route->path;
	const char *method = req->method == NULL ? "" : req->method;
	const struct trace_attr attrs[] = {
	    TRACE_TEXT("http.request.method", method),
	    TRACE_TEXT("http.route", route),
	    TRACE_NUMBER("http.response.status_code", res->status),
	    TRACE_TEXT("echostream.tenant", req->who.actor.tenant.text),
	    TRACE_TEXT("echostream.request_id", req->request_id),
	};

	if (req->span.sampled)
		trace_end(api->trace, &req->span,
		    arena_printf(
			req->arena, "%s%s%s", method, *route != '\0' ? " " : "", route),
		    TRACE_SERVER, attrs, ES_COUNT(attrs),
		    res->status >= 500 ? es_code_name(result->code) : NULL);
}

static void
worker_answer(struct api *api, struct fcgi_io *io, struct http_req *req,
    const struct es_err *refused)
{
	const int64_t start_us = clock_mono_us();
	struct dispatch_result result;
	struct http_res res;
	bool head_only;
	int64_t took_us;

	worker_begin_span(api, req);
	dispatch_request(api, req, refused, &res, &result);
	head_only = req->method != NULL && strcmp(req->method, "HEAD") == 0;
	took_us = clock_mono_us() - start_us;
	if (!fcgi_io_answer(io, &res, head_only))
		log_debug("lighttpd closed the connection before the response",
		    LOG_STR("rid", req->request_id));
	worker_end_span(api, req, &res, &result);
	api_metrics_request(
	    api->metrics, result.route, res.status, (double)took_us / 1000000);
	if (res.status >= 500)
		worker_log_failure(req, &res, &result, took_us / 1000);
	else if (took_us >= SLOW_MS * INT64_C(1000))
		worker_log_slow(req, &res, &result, took_us / 1000);
}

/* Serves one request. Returns false when none arrived within wait_ms. */
static bool
worker_serve_next(struct api *api, struct fcgi_io *io, int64_t wait_ms,
    const sigset_t *mask, struct arena *a)
{
	struct es_err err = {0};
	struct http_req req;
	enum fcgi_got got;

	metrics_beat(api->metrics);
	got = fcgi_io_next(io, wait_ms, mask, a, &req, &err);
	budget_start(api);
	if (got != FCGI_GOT_NOTHING)
		worker_answer(api, io, &req, got == FCGI_GOT_REFUSED ? &err : NULL);
	pg_ahead_drop(api->pg);
	arena_reset(a);
	return got != FCGI_GOT_NOTHING;
}

int
worker_run(const struct worker_setup *setup)
{
	const bool is_api_pool = strcmp(setup->pool, "api") == 0;
	const bool is_health_pool = strcmp(setup->pool, "health") == 0;
	struct arena *a = arena_new();
	struct fcgi_io *io;
	sigset_t while_waiting;
	struct es_err err = {0};
	struct api api;

	keyed_hash_draw();
	metrics_use_slot(setup->metrics, setup->slot);
	fcgi_io_init();
	worker_signals_init(&while_waiting);
	if (connect_open(setup, &api, &err) != ES_OK) {
		log_error("worker can't start", LOG_STR("pool", setup->pool),
		    LOG_ERR_FIELDS(&err));
		arena_free(&a);
		return 1;
	}
	io = fcgi_io_new(
	    setup->listen_fd, (size_t)setup->conf->body_max_bytes, setup->conf->stall_ms);
	while (!worker_stop_asked()) {
		(void)worker_serve_next(&api, io, IDLE_WAIT_MS, &while_waiting, a);
		if (is_api_pool)
			jwks_reader_poll(&api);
		if (is_health_pool)
			health_ready_watch(&api);
	}
	while (
	    listen_stopped(setup->listen_fd) && worker_serve_next(&api, io, 0, NULL, a))
		continue;
	fcgi_io_free(&io);
	connect_close(&api);
	arena_free(&a);
	return 0;
}
