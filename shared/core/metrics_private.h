/* Shared by metrics.c and metrics_render.c. */
#ifndef CORE_METRICS_PRIVATE_H
#define CORE_METRICS_PRIVATE_H

#include <stdatomic.h>

#include "core/metrics.h"

struct metrics {
	const struct metric *table;
	unsigned n, slots, slot;
	unsigned *first; /* index of each metric's first cell within a slot */
	unsigned stride; /* number of cells of a slot */
	size_t size;
	void *map;
	_Atomic uint64_t *cells;
};

/* Cell k of metric id in a slot. */
_Atomic uint64_t *metrics_cell(
    const struct metrics *m, unsigned slot, unsigned id, unsigned k);

#endif
