#include "conn/reconnect_advice.h"

#include "conn/conn.h"

#include "core/banned.h"

int64_t
reconnect_advice_spread_ms(const struct conns *t)
{
	const struct push_conf *conf = t->env->conf;
	const int64_t fair_ms =
	    conf->reconnect_min_ms + (int64_t)t->n * 1000 / conf->reconnect_per_s;

	return fair_ms < conf->reconnect_max_ms ? fair_ms : conf->reconnect_max_ms;
}

int64_t
reconnect_advice_retry_ms(const struct conns *t)
{
	/* after 62 tries the upper limit applies */
	return clock_backoff_ms(
	    62, t->env->conf->reconnect_min_ms, 2 * reconnect_advice_spread_ms(t));
}
