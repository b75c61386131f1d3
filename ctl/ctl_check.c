/* echostreamctl check: checks that each service and program answers and can work. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "conf/conf_common.h"
#include "core/clock.h"
#include "redis/redis.h"
#include "store/db_store.h"
#include "json/json_write.h"

#include "ctl_print.h"
#include "ctl_queue.h"

#include "core/banned.h"

/* Returns NULL when the check passes, else the text of the fault. */
typedef const char *check_fn(struct ctl *c);

static const char *
ctl_check_reason(struct ctl *c, enum es_code rc, const struct es_err *err)
{
	char *reason;

	if (rc == ES_OK)
		return NULL;
	reason = arena_alloc(c->arena, ES_REASON_MAX);
	es_err_reason(err, reason);
	return reason;
}

static const char *
ctl_check_postgres(struct ctl *c)
{
	const struct pg_settings settings = {.url = c->conf.database_url,
	    .application_name = "echostreamctl",
	    .connect_timeout_ms = c->opt.timeout_ms,
	    .statement_timeout_ms = c->opt.timeout_ms,
	    .pooled = conf_pooled(c->conf.database_pooler)};
	struct es_err err;
	struct pg *pg = NULL;
	enum es_code rc;

	if (*c->conf.database_url == '\0')
		return "ES_DATABASE_URL is not set";
	rc = pg_open(&settings, &pg, &err);
	if (rc == ES_OK)
		rc = db_store_ready(pg, c->arena, &err);
	pg_close(&pg);
	return ctl_check_reason(c, rc, &err);
}

static const char *
ctl_check_redis(struct ctl *c)
{
	struct redis_value v;
	struct es_err err;
	struct redis *r = NULL;
	enum es_code rc;

	if (*c->conf.redis_url == '\0')
		return "ES_REDIS_URL is not set";
	rc = redis_open(c->conf.redis_url, c->opt.timeout_ms, &r, &err);
	if (rc == ES_OK)
		rc = redis_text(r, c->arena, &v, &err, "PING", NULL);
	redis_close(&r);
	return ctl_check_reason(c, rc, &err);
}

static const char *
ctl_check_queue(struct ctl *c)
{
	struct es_err err;
	struct queue *q = NULL;
	enum es_code rc = ES_INVALID;

	if (*c->conf.redis_url == '\0')
		return "ES_REDIS_URL is not set";
	if (ctl_queue_open(c, &q, &err))
		rc = queue_check(q, &err);
	queue_close(&q);
	return ctl_check_reason(c, rc, &err);
}

/* Reads readyz through lighttpd, which forwards it for clients of this machine only. */
static const char *
ctl_check_readyz(struct ctl *c, const char *path)
{
	struct ctl_answer answer;

	if (!ctl_rest(c, "", "GET", path, NULL, &answer))
		return arena_printf(c->arena, "no answer from %s%s", c->conf.url, path);
	if (answer.status == 200)
		return NULL;
	if (answer.status == 503 && answer.len > 0)
		return arena_printf(c->arena, "not ready: %.*s",
		    (int)strcspn(answer.body, "\r\n"), answer.body);
	return arena_printf(
	    c->arena, "%s answered with HTTP status %ld", path, answer.status);
}

static const char *
ctl_check_api(struct ctl *c)
{
	return ctl_check_readyz(c, "/readyz");
}

static const char *
ctl_check_push(struct ctl *c)
{
	return ctl_check_readyz(c, "/push/readyz");
}

static const char *
ctl_check_fanout(struct ctl *c)
{
	return ctl_check_readyz(c, "/fanout/readyz");
}

static const struct {
	const char *name;
	check_fn *run;
} checks[] = {
    {"postgres", ctl_check_postgres},
    {"redis", ctl_check_redis},
    {"queue", ctl_check_queue},
    {"api", ctl_check_api},
    {"push", ctl_check_push},
    {"fanout", ctl_check_fanout},
};

static void
ctl_check_print(struct ctl *c, const char *name, const char *fault, int64_t ms)
{
	struct json_write w;
	struct text t;

	if (!c->opt.json) {
		if (fault != NULL)
			(void)printf(
			    "FAILED  %-8s  %s\n", name, ctl_escape(c->arena, fault));
		else if (!c->opt.quiet)
			(void)printf("ok      %-8s  %" PRId64 " ms\n", name, ms);
		return;
	}
	text_init(&t, c->arena, 1 << 16);
	jw_init(&w, &t);
	jw_object(&w, NULL);
	jw_string(&w, "check", name);
	jw_bool(&w, "ok", fault == NULL);
	jw_int(&w, "ms", ms);
	if (fault != NULL)
		jw_string(&w, "detail", fault);
	jw_object_end(&w);
	(void)puts(t.data);
}

static int
ctl_check_all(struct ctl *c)
{
	const char *wanted = c->n_words > 0 ? c->words[0] : "all";
	int status = CTL_OK, n = 0;

	for (size_t i = 0; i < ES_COUNT(checks); i++) {
		const int64_t start_ms = clock_mono_ms();
		const char *fault;

		if (strcmp(wanted, "all") != 0 && strcmp(wanted, checks[i].name) != 0)
			continue;
		fault = checks[i].run(c);
		ctl_check_print(c, checks[i].name, fault, clock_mono_ms() - start_ms);
		if (fault != NULL)
			status = CTL_FAILED;
		n++;
	}
	if (n == 0)
		return ctl_usage(c, "unknown check: %s", wanted);
	return status;
}

static int
ctl_check_run(int argc, char **argv)
{
	static const struct ctl_spec spec = {"check", "", 0, 1, "CHECK", ctl_check_all};

	return ctl_run(&spec, argc, argv);
}

static const struct ctl_verb verbs[] = {
    {"", "[all|postgres|redis|queue|api|push|fanout]",
	"check each service; prints a line for each, exit 1 when one fails",
	ctl_check_run},
};

const struct ctl_noun ctl_check = {"check", verbs, ES_COUNT(verbs)};
