#include "conn/reconnect_advice.h"

#include "worker/worker.h"

#include "core/banned.h"

int64_t
reconnect_advice_spread_ms(const struct worker *w)
{
	const struct push_conf *conf = w->conf;
	const int64_t fair_ms =
	    conf->reconnect_min_ms + (int64_t)w->conns.n * 1000 / conf->reconnect_per_s;

	return fair_ms < conf->reconnect_max_ms ? fair_ms : conf->reconnect_max_ms;
}

int64_t
reconnect_advice_retry_ms(const struct worker *w)
{
	return clock_backoff_ms(62, w->conf->reconnect_min_ms, 2 * reconnect_advice_spread_ms(w));
}
