/* Counts times in log-linear buckets: 64 buckets for each power of two, so that a
 * percentile is at most 1.6 % above the real value. Times are in microseconds. Values
 * below 64 us have a bucket each. */
#ifndef MEASURE_HISTOGRAM_H
#define MEASURE_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_SUB     64 /* buckets for each power of two */
#define HISTOGRAM_BUCKETS (HISTOGRAM_SUB * 32)
/* Longer times count as this one: 2^36 us are 19 hours. */
#define HISTOGRAM_MAX_US (((int64_t)1 << 36) - 1)

struct histogram {
	uint64_t n;
	int64_t max_us;
	uint64_t bucket[HISTOGRAM_BUCKETS];
};

void histogram_reset(struct histogram *h);
/* A negative time counts as 0. */
void histogram_add(struct histogram *h, int64_t us);
/* Adds all times of from. */
void histogram_merge(struct histogram *h, const struct histogram *from);
/* Returns the time that a share (0 to 1) of all times does not exceed, rounded up to the
 * end of its bucket, but never above the longest time. Returns 0 when the histogram is
 * empty. */
int64_t histogram_at(const struct histogram *h, double share);

#endif
