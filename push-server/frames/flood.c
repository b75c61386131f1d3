#include "frames/flood.h"

#include "conn/frame_out.h"

#include "core/banned.h"

#define BAD_WINDOWS_MAX 2    /* in sequence above the rate: 4103 */
#define FLOOD_FACTOR    10   /* in one window: 4103 at once */
#define REFUSED_MAX     1000 /* sends over their limit in one window: 4103 */

static void
flood_next_window(struct conn *c, int64_t now_ms, int64_t max)
{
	if (now_ms - c->in.window_ms < FLOOD_WINDOW_MS)
		return;
	c->in.bad_windows = c->in.in_window > max ? c->in.bad_windows + 1 : 0;
	if (now_ms - c->in.window_ms >= 2 * FLOOD_WINDOW_MS)
		c->in.bad_windows = 0;
	c->in.window_ms = now_ms;
	c->in.in_window = 0;
}

bool
flood_within_rate(struct conn *c, const char *type, const char *id)
{
	const struct loop_env *env = c->conns->env;
	const int64_t max = env->conf->frame_rate;
	struct es_err err;

	flood_next_window(c, env->now_ms, max);
	if (max == 0 || ++c->in.in_window <= max)
		return true;
	metrics_add(env->metrics, PM_RATE_LIMITED_FRAMES, 1);
	IGNORE(es_fail(
	    &err, ES_RATE_LIMITED, "%lld frames in 10 s, besides send", (long long)max));
	err.retry_after_ms = (long)(c->in.window_ms + FLOOD_WINDOW_MS - env->now_ms);
	frame_out_error(c, type, id, NULL, &err);
	if (c->in.bad_windows >= BAD_WINDOWS_MAX || c->in.in_window > max * FLOOD_FACTOR)
		conn_close(c, CLOSE_RATE, "too many frames");
	return false;
}

void
flood_count_refused(struct conn *c)
{
	const int64_t now_ms = c->conns->env->now_ms;

	if (now_ms - c->in.refused_ms >= FLOOD_WINDOW_MS) {
		c->in.refused_ms = now_ms;
		c->in.refused = 0;
	}
	if (++c->in.refused > REFUSED_MAX)
		conn_close(c, CLOSE_RATE, "too many messages");
}
