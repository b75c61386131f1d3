#include "leases.h"

#include <stdio.h>
#include <string.h>

#include "core/check.h"
#include "core/clock.h"
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

struct batch_fence
leases_fence(const struct lease *held)
{
	return (struct batch_fence){.partition = (unsigned)held->part.number,
	    .epoch = held->part.epoch,
	    .done = held->read[0] != '\0' ? held->read : NULL};
}

void
leases_advance(struct lease *held, const char *position)
{
	held->tries = 0;
	if (strcmp(held->done, held->read) != 0)
		held->trimmed = false;
	memcpy(held->done, held->read, sizeof(held->done));
	(void)snprintf(held->read, sizeof(held->read), "%s", position);
	held->idle_since_ms = clock_mono_ms();
}

void
leases_rewind(struct leases *l)
{
	for (size_t i = 0; i < l->n; i++)
		memcpy(l->held[i].ahead, l->held[i].read, sizeof(l->held[i].ahead));
}
