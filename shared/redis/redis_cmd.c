/* Commands on one blocking connection, which is opened when a command needs it. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "core/clock.h"
#include "redis/redis_private.h"

#include "core/banned.h"

#define HOLD_OFF_MS 1000

struct redis {
	struct arena *arena; /* owns the strings of url */
	struct redis_url url;
	int64_t timeout_ms;
	redisContext *conn; /* NULL while down */
	/* after a connect that timed out: do not connect before this time */
	int64_t next_dial_ms;
	int64_t budget_ms; /* rest of the budget, see redis_budget() */
	size_t unread;     /* replies between redis_pipeline_send() and its read */
	char why[200];     /* error of the last connect that failed */
};

enum es_code
redis_open(const char *url, int64_t timeout_ms, struct redis **out, struct es_err *err)
{
	struct arena *a = arena_new();
	struct redis *r = mem_new(1, sizeof(*r));
	const enum es_code rc = redis_url_parse(url, a, &r->url, err);

	r->arena = a;
	r->timeout_ms = timeout_ms;
	r->budget_ms = INT64_MAX;
	if (rc != ES_OK)
		redis_close(&r);
	else
		*out = r;
	return rc;
}

static void
redis_cmd_hang_up(struct redis *r)
{
	if (r->conn != NULL)
		redisFree(r->conn);
	r->conn = NULL;
	r->unread = 0;
}

void
redis_close(struct redis **r)
{
	if (*r == NULL)
		return;
	redis_cmd_hang_up(*r);
	arena_free(&(*r)->arena);
	free(*r);
	*r = NULL;
}

void
redis_budget(struct redis *r, int64_t ms)
{
	r->budget_ms = ms;
}

int64_t
redis_budget_left(const struct redis *r)
{
	return r->budget_ms;
}

static int64_t
redis_cmd_time_limit_ms(const struct redis *r)
{
	return r->budget_ms < r->timeout_ms ? r->budget_ms : r->timeout_ms;
}

static void
redis_cmd_charge_budget(struct redis *r, int64_t ms)
{
	if (r->budget_ms != INT64_MAX)
		r->budget_ms = ms < r->budget_ms ? r->budget_ms - ms : 0;
}

static enum es_code
redis_cmd_dial(struct redis *r, struct es_err *err)
{
	const int64_t start_ms = clock_mono_ms();
	enum es_code rc;

	if (start_ms < r->next_dial_ms)
		return es_fail(err, ES_UNAVAILABLE, "%s", r->why);
	rc = redis_conn_open(&r->url, redis_cmd_time_limit_ms(r), &r->conn, err);
	if (rc != ES_OK)
		memcpy(r->why, err->text, sizeof(r->why));
	if (rc != ES_OK && clock_mono_ms() - start_ms >= r->timeout_ms / 2)
		r->next_dial_ms = clock_mono_ms() + HOLD_OFF_MS;
	return rc;
}

static enum es_code
redis_cmd_read_all(struct redis *r, int64_t deadline_ms, struct arena *a, size_t n,
    struct redis_value out[], struct es_err *err)
{
	for (size_t i = 0; i < n; i++) {
		redisReply *reply;

		TRY(redis_conn_read(r->conn, deadline_ms, &reply, err));
		if (reply == NULL)
			return es_fail(err, ES_UNAVAILABLE, "Redis: no answer in time");
		redis_value_copy(reply, a, &out[i]);
		freeReplyObject(reply);
	}
	return ES_OK;
}

static enum es_code
redis_cmd_write_all(struct redis *r, int64_t deadline_ms, struct arena *a,
    const struct redis_call calls[], size_t n, struct es_err *err)
{
	if (r->conn != NULL && (r->unread > 0 || redis_conn_stale(r->conn)))
		redis_cmd_hang_up(r);
	if (r->conn == NULL)
		TRY(redis_cmd_dial(r, err));
	for (size_t i = 0; i < n; i++) {
		const char **data;
		size_t *len;

		redis_args_split(calls[i].argc, calls[i].argv, a, &data, &len);
		if (redisAppendCommandArgv(r->conn, (int)calls[i].argc, data, len) !=
		    REDIS_OK)
			return es_fail(err, ES_UNAVAILABLE, "Redis: out of memory");
	}
	return redis_conn_flush(r->conn, deadline_ms, err);
}

/* Closes the connection after a failure, which leaves replies unread, and after a reply
 * of a replica. */
static enum es_code
redis_cmd_close_if_bad(
    struct redis *r, enum es_code rc, const struct redis_value values[], size_t n)
{
	for (size_t i = 0; i < n && rc == ES_OK && r->conn != NULL; i++)
		if (redis_value_read_only(&values[i]))
			redis_cmd_hang_up(r);
	if (rc != ES_OK)
		redis_cmd_hang_up(r);
	return rc;
}

static enum es_code
redis_cmd_send_and_read(struct redis *r, int64_t wait_ms, struct arena *a,
    const struct redis_call calls[], size_t n, struct redis_value out[],
    struct es_err *err)
{
	const int64_t flush_ms = clock_mono_ms() + redis_cmd_time_limit_ms(r);
	enum es_code rc = redis_cmd_write_all(r, flush_ms, a, calls, n, err);

	if (rc == ES_OK)
		rc = redis_cmd_read_all(r, flush_ms + wait_ms, a, n, out, err);
	return redis_cmd_close_if_bad(r, rc, out, n);
}

static enum es_code
redis_cmd_check_budget(const struct redis *r, struct es_err *err)
{
	if (r->budget_ms <= 0)
		return es_fail(err, ES_UNAVAILABLE,
		    "Redis: the request has used up its time for Redis");
	return ES_OK;
}

static enum es_code
redis_cmd_exchange(struct redis *r, int64_t wait_ms, struct arena *a,
    const struct redis_call calls[], size_t n, struct redis_value out[],
    struct es_err *err)
{
	const int64_t start_ms = clock_mono_ms();
	enum es_code rc;

	TRY(redis_cmd_check_budget(r, err));
	rc = redis_cmd_send_and_read(r, wait_ms, a, calls, n, out, err);
	redis_cmd_charge_budget(r, clock_mono_ms() - start_ms);
	return rc;
}

enum es_code
redis_pipeline_send(struct redis *r, struct arena *a, const struct redis_call calls[],
    size_t n, struct es_err *err)
{
	const int64_t start_ms = clock_mono_ms();
	enum es_code rc;

	TRY(redis_cmd_check_budget(r, err));
	rc = redis_cmd_write_all(
	    r, start_ms + redis_cmd_time_limit_ms(r), a, calls, n, err);
	redis_cmd_charge_budget(r, clock_mono_ms() - start_ms);
	if (rc == ES_OK)
		r->unread = n;
	return redis_cmd_close_if_bad(r, rc, NULL, 0);
}

/* Only the wait of this call counts against the budget, not the caller's work since the
 * commands were sent. */
enum es_code
redis_pipeline_read(
    struct redis *r, struct arena *a, struct redis_value out[], struct es_err *err)
{
	const int64_t start_ms = clock_mono_ms();
	const size_t n = r->unread;
	enum es_code rc;

	if (n == 0)
		return es_fail(err, ES_UNAVAILABLE, "Redis: connection lost");
	r->unread = 0;
	rc = redis_cmd_read_all(r, start_ms + redis_cmd_time_limit_ms(r), a, n, out, err);
	redis_cmd_charge_budget(r, clock_mono_ms() - start_ms);
	return redis_cmd_close_if_bad(r, rc, out, n);
}

enum es_code
redis_pipeline(struct redis *r, struct arena *a, const struct redis_call calls[],
    size_t n, struct redis_value out[], struct es_err *err)
{
	return n == 0 ? ES_OK : redis_cmd_exchange(r, 0, a, calls, n, out, err);
}

enum es_code
redis_cmd_wait(struct redis *r, int64_t wait_ms, struct arena *a, struct redis_value *out,
    struct es_err *err, size_t argc, const struct redis_arg argv[])
{
	const struct redis_call call = {.argc = argc, .argv = argv};
	struct redis_value value;

	TRY(redis_cmd_exchange(r, wait_ms, a, &call, 1, &value, err));
	TRY(redis_value_check(&value, err));
	*out = value;
	return ES_OK;
}

enum es_code
redis_cmd(struct redis *r, struct arena *a, struct redis_value *out, struct es_err *err,
    size_t argc, const struct redis_arg argv[])
{
	return redis_cmd_wait(r, 0, a, out, err, argc, argv);
}

enum es_code
redis_text(
    struct redis *r, struct arena *a, struct redis_value *out, struct es_err *err, ...)
{
	const struct redis_arg *argv;
	size_t argc;
	va_list ap;

	va_start(ap, err);
	argv = redis_args_list(ap, a, &argc);
	va_end(ap);
	return redis_cmd(r, a, out, err, argc, argv);
}
