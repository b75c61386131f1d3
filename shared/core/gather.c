#include "core/gather.h"

#include "core/check.h"

#include "core/banned.h"

#define ONE 1000 /* one arrival, in the unit of gather.level */
/* Time over which the arrivals are counted: long enough that 250 a second, arriving at
 * random, are no storm; short enough that a storm of 1,000 clients is noticed. */
#define OVER_MS 250
/* The level that n arrivals a second reach. */
#define LEVEL(n) ((int64_t)(n)*ONE * OVER_MS / 1000)

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
	/* The condition also empties the level at the first call, when level_ms is 0. */
	g->level -= passed_ms >= OVER_MS ? g->level : g->level * passed_ms / OVER_MS;
	if (g->level <= LEVEL(GATHER_CALM))
		g->storm = false;
}

/* The level is limited, so that a storm is over a second after its last arrival, however
 * large it was. */
void
gather_count_arrival(struct gather *g, int64_t now_ms)
{
	const int64_t full = LEVEL(GATHER_STORM);

	gather_leak(g, now_ms);
	g->level = g->level + ONE < full ? g->level + ONE : full;
	g->storm = g->storm || g->level == full;
	g->arrived++;
}

static void
gather_note(struct gather *g, size_t waiting, int64_t now_ms)
{
	if (g->waiting == 0)
		g->first_ms = now_ms;
	if (waiting > g->waiting)
		g->grown_ms = now_ms;
	g->waiting = waiting;
}

int64_t
gather_due_ms(const struct gather *g)
{
	const int64_t wait_ms = g->storm ? GATHER_STORM_WAIT_MS : GATHER_WAIT_MS;
	const int64_t pause_ms = g->storm ? GATHER_STORM_PAUSE_MS : GATHER_PAUSE_MS;
	int64_t late_ms, still_ms;

	if (g->waiting == 0)
		return INT64_MAX;
	if (g->limits.hurried || g->level <= LEVEL(GATHER_CALM))
		return g->under_way == 0 ? g->first_ms : g->sent_ms + GATHER_PAUSE_MS;
	if (g->arrived >= GATHER_MANY && g->under_way == 0)
		return g->first_ms;
	late_ms = g->first_ms + wait_ms;
	still_ms = g->grown_ms + pause_ms;
	return late_ms < still_ms ? late_ms : still_ms;
}

size_t
gather_due(struct gather *g, size_t waiting, int64_t now_ms)
{
	gather_leak(g, now_ms);
	gather_note(g, waiting, now_ms);
	if (waiting >= g->limits.batch)
		return g->limits.batch;
	return now_ms < gather_due_ms(g) ? 0 : waiting;
}

void
gather_sent(struct gather *g, int64_t now_ms)
{
	g->under_way++;
	g->sent_ms = now_ms;
	g->arrived = 0;
	g->waiting = 0; /* the next gather_due() counts what is left */
}

void
gather_answered(struct gather *g)
{
	CHECK(g->under_way > 0);
	g->under_way--;
}
