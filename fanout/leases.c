#include "leases.h"

#include "core/check.h"
#include "core/log.h"
#include "fanout_metrics.h"

#include "core/banned.h"

void
leases_init(struct leases *l, const char *owner, int64_t lease_ms, unsigned partitions,
    struct metrics *metrics)
{
	*l = (struct leases){.owner = owner,
	    .lease_ms = lease_ms,
	    .partitions = partitions,
	    .metrics = metrics};
	l->held = mem_new(partitions, sizeof(*l->held));
}

void
leases_fini(struct leases *l)
{
	mem_free(l->held);
	l->held = NULL;
}

void
leases_drop(struct leases *l, size_t i)
{
	CHECK(i < l->n);
	log_warn("partition lost", LOG_INT("partition", l->held[i].part.number));
	l->held[i] = l->held[--l->n];
	metrics_gauge_set(l->metrics, FM_PARTITIONS, (int64_t)l->n);
}

size_t
leases_find(const struct leases *l, int64_t number)
{
	size_t i = 0;

	while (i < l->n && l->held[i].part.number != number)
		i++;
	return i;
}
