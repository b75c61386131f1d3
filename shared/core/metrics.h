/* Counters, gauges and histograms of all workers of one program on one host. They share
 * one mapped file with a slot for each worker; a scrape adds up the slots. Prometheus
 * text format 0.0.4. */
#ifndef CORE_METRICS_H
#define CORE_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/text.h"

enum metric_type {
	METRIC_COUNTER,
	METRIC_GAUGE,
	METRIC_HISTOGRAM,
	/* a gauge whose value is the largest of the slots, not their sum */
	METRIC_GAUGE_MAX,
};

/* A program has a static table of these; the index of a row is the metric's id.
 * Consecutive rows with the same name and different labels are one metric, whose HELP and
 * TYPE are written once. Names of counters end in _total; times are in seconds. */
struct metric {
	enum metric_type type;
	const char *name;
	const char *labels; /* `code="4101"`, or NULL */
	const char *help;
	/* histogram: increasing upper bounds, without +Inf */
	const double *edges;
	unsigned n_edges; /* at most METRIC_EDGES */
};

#define METRIC_EDGES 16

struct metrics;

/* Maps the file at path for n metrics and up to `slots` workers; with path NULL,
 * anonymous memory that forked children share. The file is replaced by a new one, which
 * starts with the counts of the old one if that has the same layout. An earlier master
 * that still drains keeps the old file, and its later counts are lost. Call it in the
 * master, before any fork. */
enum es_code metrics_open(const char *path, const struct metric table[], unsigned n,
    unsigned slots, struct metrics **out, struct es_err *err) ES_MUST_CHECK;
void metrics_close(struct metrics **m);

/* Selects the slot that this process writes, sets its gauges to 0, and clears its
 * heartbeat. Call it after the fork. */
void metrics_use_slot(struct metrics *m, unsigned slot);
/* Sets the gauges of a slot to 0, because a worker that has ended holds no
 * connections. */
void metrics_clear_gauges(struct metrics *m, unsigned slot);

void metrics_add(struct metrics *m, unsigned id, uint64_t n);
void metrics_gauge_set(struct metrics *m, unsigned id, int64_t value);
void metrics_gauge_add(struct metrics *m, unsigned id, int64_t delta);
/* value is in the unit of the metric's name (seconds). */
void metrics_observe(struct metrics *m, unsigned id, double value);

/* Heartbeat: the worker's loop calls this, and other processes read its age. */
void metrics_beat(struct metrics *m);
/* Milliseconds (CLOCK_MONOTONIC) since the slot's last heartbeat; -1 if there was
 * none. */
int64_t metrics_beat_age_ms(const struct metrics *m, unsigned slot);

/* Returns the sum of a metric over all slots. For a histogram it is the number of
 * observations, for a METRIC_GAUGE_MAX the largest value of a slot. */
int64_t metrics_sum(const struct metrics *m, unsigned id);

/* Reads the counters of a histogram, the sum over all slots: counts[k] observations in
 * the bucket below edge k, counts[n_edges] above all edges; the rest is 0. */
void metrics_buckets(
    const struct metrics *m, unsigned id, uint64_t counts[METRIC_EDGES + 1]);
/* Estimates the quantile q (0..1) of such counts as Prometheus' histogram_quantile()
 * does: linear within a bucket, and the last edge for what lies above it. Returns false
 * when all counts are 0. */
bool metrics_quantile(const struct metrics *m, unsigned id,
    const uint64_t counts[METRIC_EDGES + 1], double q, double *out);

/* Appends the metrics as text, with the process_* metrics of the calling process and the
 * build version. */
void metrics_render(const struct metrics *m, struct text *out);

#endif
