/* Counters, gauges and histograms of all workers of one program on one host, in one
 * mapped file: a slot per worker, summed when scraped. Prometheus text format 0.0.4. */
#ifndef CORE_METRICS_H
#define CORE_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/text.h"

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

/* A program's table of metrics is a static array of these; the index in it is the handle.
 * One metric may be several rows in sequence with the same name and other labels: HELP
 * and TYPE are written once. Counter names end in _total, times are seconds. */
struct metric {
	enum metric_type type;
	const char *name;
	const char *labels; /* `code="4101"`, or NULL */
	const char *help;
	const double *edges; /* histogram: upper bounds, rising, without +Inf */
	unsigned n_edges;    /* at most METRIC_EDGES */
};

#define METRIC_EDGES 16

struct metrics;

/* Map path (NULL: anonymous, shared with children by fork) for n metrics and up to slots
 * workers. A file of another layout is replaced. Call in the master, before any fork. */
enum es_code metrics_open(const char *path, const struct metric table[], unsigned n,
    unsigned slots, struct metrics **out, struct es_err *err) ES_MUST_CHECK;
void metrics_close(struct metrics **m);

/* Which slot this process writes; its gauges start at 0, its beat at never. Call after
 * the fork. */
void metrics_use_slot(struct metrics *m, unsigned slot);
/* A worker that is gone holds no connections: zero the gauges of its slot. */
void metrics_clear_gauges(struct metrics *m, unsigned slot);

void metrics_add(struct metrics *m, unsigned id, uint64_t n);
void metrics_gauge_set(struct metrics *m, unsigned id, int64_t value);
void metrics_gauge_add(struct metrics *m, unsigned id, int64_t delta);
/* value in the unit of the name (seconds). */
void metrics_observe(struct metrics *m, unsigned id, double value);

/* Liveness of a worker: its loop calls beat; others read the age. */
void metrics_beat(struct metrics *m);
/* Milliseconds (CLOCK_MONOTONIC) since the slot's last beat; -1 when it never beat. */
int64_t metrics_beat_age_ms(const struct metrics *m, unsigned slot);

/* Sum over slots. */
int64_t metrics_sum(const struct metrics *m, unsigned id);

/* Append the exposition text, with process_* metrics of this process and build info. */
void metrics_render(const struct metrics *m, struct text *out);

#endif
