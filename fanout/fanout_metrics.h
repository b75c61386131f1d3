/* The metrics of echostream-fanout; fanout_metrics.c has a row for each. */
#ifndef FANOUT_FANOUT_METRICS_H
#define FANOUT_FANOUT_METRICS_H

#include "core/metrics.h"

enum fanout_metric {
	FM_COMMITTED,
	FM_REPEAT,
	FM_REFUSED,
	FM_DEAD,
	FM_PROCESSING, /* seconds from receive to publish, of one batch */
	FM_BATCH,      /* messages of one batch */
	FM_RETRIES,
	FM_MISCOUNTED,
	FM_PUBLISH_FAILED,
	FM_PARTITIONS,
	FM_TAKEOVERS,
	FM_FENCED,
	FM_FLUSHED,
	FM_QUEUE_MESSAGES,
	FM_QUEUE_BYTES,
	FM_QUEUE_AGE,
	FM_TRACE_EXPORTED,
	FM_TRACE_DROPPED,
	FANOUT_METRICS
};

extern const struct metric fanout_metrics[FANOUT_METRICS];

#endif
