#include "core/gather.h"

#include "core/check.h"

#include "core/banned.h"

#define ONE 1000 /* one arrival, in the unit of gather.level */
/* As many arrivals as calm_per_s allows in 1/4 s may come at once without delaying a
 * statement. */
#define BURST 4

void
gather_init(struct gather *g, const struct gather_limits *limits)
{
	*g = (struct gather){.limits = *limits, .sent_ms = INT64_MIN / 2};
}

static void
gather_leak(struct gather *g, int64_t now_ms)
{
	const int64_t passed_ms = now_ms - g->level_ms;

	g->level_ms = now_ms;
	/* The condition also empties the bucket at the first call, when level_ms is 0. */
	g->level = passed_ms >= 1500 ? 0 : g->level - passed_ms * g->limits.calm_per_s;
	if (g->level < 0)
		g->level = 0;
}

/* The level is limited to the arrivals of one second. So the bucket is empty about one
 * second after a storm of arrivals, and stays full while the storm lasts. */
void
gather_count_arrival(struct gather *g, int64_t now_ms)
{
	const int64_t full = (g->limits.calm_per_s + 1) * ONE;

	gather_leak(g, now_ms);
	g->level = g->level + ONE < full ? g->level + ONE : full;
}

size_t
gather_due(struct gather *g, size_t waiting, int64_t now_ms)
{
	if (waiting >= g->limits.batch)
		return g->limits.batch;
	if (waiting == 0 || g->under_way > 0)
		return 0;
	gather_leak(g, now_ms);
	if (g->level > g->limits.calm_per_s * ONE / BURST &&
	    now_ms - g->sent_ms < g->limits.wait_ms)
		return 0;
	return waiting;
}

void
gather_sent(struct gather *g, int64_t now_ms)
{
	g->under_way++;
	g->sent_ms = now_ms;
}

void
gather_answered(struct gather *g)
{
	CHECK(g->under_way > 0);
	g->under_way--;
}
