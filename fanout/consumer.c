#include "consumer_private.h"

#include "core/clock.h"
#include "core/log.h"
#include "core/outage.h"
#include "event/event.h"

#include "core/banned.h"

/* A quarter of FANOUT_BEAT_LIFE_MS, so that a lost heartbeat does no harm. */
#define BEAT_MS 500

/* Halve after every kind of failure. A request that was too large for the time-out or for
 * memory would fail again, and on a slow link it fails like a lost connection. Halving
 * without need costs only a few small batches. */
size_t
consumer_halve(size_t asked, size_t failed)
{
	const size_t half = (failed < asked ? failed : asked) / 2;

	return half > 0 ? half : 1;
}

size_t
consumer_double(size_t asked, size_t max)
{
	return asked < max / 2 ? asked * 2 : max;
}

void
consumer_back_off(
    struct consumer *w, int64_t since_ms, const char *what, const struct es_err *err)
{
	const int64_t pause_ms =
	    clock_backoff_ms(w->failures, BACKOFF_MIN_MS, BACKOFF_MAX_MS);
	const int64_t left_ms = since_ms + pause_ms - clock_mono_ms();
	const int64_t ms = left_ms > BACKOFF_MIN_MS ? left_ms : BACKOFF_MIN_MS;

	outage_report_failed_call(err);
	log_debug(what, LOG_ERR_FIELDS(err), LOG_INT("tries", w->failures + 1),
	    LOG_INT("again_in_ms", ms));
	w->failures++;
	clock_sleep_ms(ms);
}

void
consumer_beat(struct consumer *w)
{
	const int64_t now = clock_mono_ms();
	struct redis_value v;
	struct es_err err;

	metrics_beat(w->metrics);
	if (now < w->beat_at_ms || w->failures > 0)
		return;
	w->beat_at_ms = now + BEAT_MS;
	/* Ignore a failure: the next heartbeat follows half a second later, and outage.c
	 * reports an outage of Redis. */
	IGNORE(redis_text(w->redis, w->arena, &v, &err, "SET", KEY_FANOUT_BEAT, "1", "PX",
	    FANOUT_BEAT_LIFE_MS, NULL));
}

struct batch_ctx
consumer_batch_ctx(const struct consumer *w)
{
	return (struct batch_ctx){.max_messages = (size_t)w->conf->batch_max,
	    .max_bytes = (size_t)w->conf->batch_bytes,
	    .pg = w->pg,
	    .redis = w->redis,
	    .metrics = w->metrics,
	    .trace = w->trace};
}
