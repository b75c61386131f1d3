#include "frames/flood.h"

#include "conn/frame_out.h"

#include "core/banned.h"

/* A window above the rate closes the connection with 4103 if BAD_WINDOWS_MAX such windows
 * came directly before it, or if its count is above FLOOD_FACTOR times the rate. */
#define BAD_WINDOWS_MAX 2
#define FLOOD_FACTOR    10
/* Maximum number of refused sends and subscribes in a window; one more closes the
 * connection with 4103. */
#define REFUSED_MAX 1000

/* A rate, and the texts for a client that exceeds it. */
struct flood_rule {
	int64_t max; /* 0: no limit */
	const char *detail, *close_reason;
	enum push_metric metric;
};

static void
flood_next_window(struct rate_window *w, int64_t now_ms, int64_t max)
{
	if (now_ms - w->since_ms < FLOOD_WINDOW_MS)
		return;
	w->bad = w->n > max ? w->bad + 1 : 0;
	if (now_ms - w->since_ms >= 2 * FLOOD_WINDOW_MS)
		w->bad = 0;
	w->since_ms = now_ms;
	w->n = 0;
}

static enum es_code
flood_count(struct conn *c, struct rate_window *w, const struct flood_rule *rule,
    struct es_err *err)
{
	const struct loop_env *env = c->conns->env;

	flood_next_window(w, env->now_ms, rule->max);
	if (rule->max == 0 || ++w->n <= rule->max)
		return ES_OK;
	metrics_add(env->metrics, rule->metric, 1);
	IGNORE(es_fail(err, ES_RATE_LIMITED, "more than %lld %s", (long long)rule->max,
	    rule->detail));
	err->retry_after_ms = (long)(w->since_ms + FLOOD_WINDOW_MS - env->now_ms);
	return ES_RATE_LIMITED;
}

static void
flood_close_far_above(
    struct conn *c, const struct rate_window *w, const struct flood_rule *rule)
{
	if (w->bad >= BAD_WINDOWS_MAX || w->n > rule->max * FLOOD_FACTOR)
		conn_close(c, CLOSE_RATE, rule->close_reason);
}

bool
flood_within_rate(struct conn *c, const char *type, const char *id)
{
	const struct flood_rule rule = {.max = c->conns->env->conf->frame_rate,
	    .detail = "frames in 10 s (messages, edits, deletes and reactions are "
		      "counted apart)",
	    .close_reason = "too many frames",
	    .metric = PM_RATE_LIMITED_FRAMES};
	struct es_err err;

	if (flood_count(c, &c->in.frames, &rule, &err) == ES_OK)
		return true;
	frame_out_error(c, type, id, NULL, &err);
	flood_close_far_above(c, &c->in.frames, &rule);
	return false;
}

bool
flood_free_ping(struct conn *c)
{
	const int64_t now_ms = c->conns->env->now_ms;

	if (now_ms < c->in.free_ping_at_ms)
		return false;
	c->in.free_ping_at_ms = now_ms + FLOOD_FREE_PING_MS;
	return true;
}

enum es_code
flood_count_subscribe(struct conn *c, struct es_err *err)
{
	const struct flood_rule rule = {.max = c->conns->env->conf->subscribe_rate,
	    .detail = "channels in subscribe and sync frames in 10 s",
	    .close_reason = "too many channels in subscribe and sync frames",
	    .metric = PM_RATE_LIMITED_SUBSCRIBES};
	const enum es_code rc = flood_count(c, &c->in.subscribes, &rule, err);

	if (rc != ES_OK)
		flood_close_far_above(c, &c->in.subscribes, &rule);
	return rc;
}

void
flood_count_refused(struct conn *c)
{
	const int64_t now_ms = c->conns->env->now_ms;

	if (now_ms - c->in.refused.since_ms >= FLOOD_WINDOW_MS)
		c->in.refused = (struct rate_window){.since_ms = now_ms};
	if (++c->in.refused.n > REFUSED_MAX)
		conn_close(c, CLOSE_RATE, "too many refused send or subscribe frames");
}
