#include "comeback.h"

#include "worker.h"

#include "core/banned.h"

int64_t
comeback_spread_ms(const struct worker *w)
{
	const struct push_conf *conf = w->conf;
	const int64_t fair_ms =
	    conf->comeback_min_ms + (int64_t)w->conns.n * 1000 / conf->comeback_per_s;

	return fair_ms < conf->comeback_max_ms ? fair_ms : conf->comeback_max_ms;
}

int64_t
comeback_retry_ms(const struct worker *w)
{
	return clock_backoff_ms(62, w->conf->comeback_min_ms, 2 * comeback_spread_ms(w));
}
