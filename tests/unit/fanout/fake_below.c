/* Calls of fanout_ops.c whose effect its tests do not check. */
#include "conf/conf_common.h"
#include "core/metrics.h"

bool
conf_pooled(const char *database_pooler)
{
	(void)database_pooler;
	return false;
}

void
metrics_beat(struct metrics *m)
{
	(void)m;
}
