#include "measure/histogram.h"

#include <string.h>

#include "core/banned.h"

void
histogram_reset(struct histogram *h)
{
	memset(h, 0, sizeof(*h));
}

/* The index of the bucket: values below 64 are their own index. Above, the six bits
 * after the highest bit choose the bucket within the power of two. */
static unsigned
histogram_index(int64_t us)
{
	unsigned power;

	if (us < HISTOGRAM_SUB)
		return (unsigned)us;
	power = 63 - (unsigned)__builtin_clzll((unsigned long long)us);
	return HISTOGRAM_SUB * (power - 5) +
	       ((unsigned)(us >> (power - 6)) & (HISTOGRAM_SUB - 1));
}

/* The largest value of a bucket. */
static int64_t
histogram_end(unsigned index)
{
	unsigned power;

	if (index < HISTOGRAM_SUB)
		return index;
	power = index / HISTOGRAM_SUB + 5;
	return ((int64_t)(HISTOGRAM_SUB + index % HISTOGRAM_SUB + 1) << (power - 6)) - 1;
}

void
histogram_add(struct histogram *h, int64_t us)
{
	if (us < 0)
		us = 0;
	if (us > HISTOGRAM_MAX_US)
		us = HISTOGRAM_MAX_US;
	h->bucket[histogram_index(us)]++;
	h->n++;
	if (us > h->max_us)
		h->max_us = us;
}

void
histogram_merge(struct histogram *h, const struct histogram *from)
{
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
		h->bucket[i] += from->bucket[i];
	h->n += from->n;
	if (from->max_us > h->max_us)
		h->max_us = from->max_us;
}

int64_t
histogram_at(const struct histogram *h, double share)
{
	const double wanted = share * (double)h->n;
	uint64_t seen = 0;

	if (h->n == 0)
		return 0;
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += h->bucket[i];
		if (seen > 0 && (double)seen >= wanted) {
			const int64_t end = histogram_end(i);

			return end < h->max_us ? end : h->max_us;
		}
	}
	return h->max_us;
}
