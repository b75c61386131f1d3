#include "fanout_metrics.h"

#include "core/banned.h"

static const double seconds[] = {
    .001, .002, .005, .01, .025, .05, .1, .2, .4, .8, 1.6, 5};
static const double messages[] = {1, 2, 5, 10, 25, 50, 100, 250, 500, 1000};

#define PROCESSED      "echostream_fanout_messages_processed_total"
#define PROCESSED_HELP "Messages taken from the queue, by their outcome."

// clang-format off
const struct metric fanout_metrics[FANOUT_METRICS] = {
	[FM_COMMITTED] = {METRIC_COUNTER, PROCESSED, "result=\"committed\"", PROCESSED_HELP, NULL, 0},
	[FM_REPEAT] = {METRIC_COUNTER, PROCESSED, "result=\"repeat\"", PROCESSED_HELP, NULL, 0},
	[FM_REFUSED] = {METRIC_COUNTER, PROCESSED, "result=\"refused\"", PROCESSED_HELP, NULL, 0},
	[FM_DEAD] = {METRIC_COUNTER, PROCESSED, "result=\"dead\"", PROCESSED_HELP, NULL, 0},
	[FM_PROCESSING] = {METRIC_HISTOGRAM, "echostream_fanout_processing_time_seconds", NULL,
	    "Seconds from the receipt of a batch to its publication.", seconds, ES_COUNT(seconds)},
	[FM_BATCH] = {METRIC_HISTOGRAM, "echostream_fanout_batch_messages", NULL,
	    "Messages committed in one batch.", messages, ES_COUNT(messages)},
	[FM_RETRIES] = {METRIC_COUNTER, "echostream_fanout_retries_total", NULL,
	    "Batches to be tried again because PostgreSQL could not commit them.", NULL, 0},
	[FM_MISCOUNTED] = {METRIC_COUNTER, "echostream_fanout_miscounted_total", NULL,
	    "Batches to be tried again because a channel's counter is behind its messages; alarm on it.", NULL, 0},
	[FM_PUBLISH_FAILED] = {METRIC_COUNTER, "echostream_fanout_publish_failures_total", NULL,
	    "Batches that could not be published; push-server reads their events from PostgreSQL.", NULL, 0},
	[FM_PARTITIONS] = {METRIC_GAUGE, "echostream_fanout_partitions", NULL,
	    "Partitions of the queue that this worker owns.", NULL, 0},
	[FM_TAKEOVERS] = {METRIC_COUNTER, "echostream_fanout_takeovers_total", NULL,
	    "Partitions that this worker has claimed.", NULL, 0},
	[FM_FENCED] = {METRIC_COUNTER, "echostream_fanout_fenced_total", NULL,
	    "Batches refused because another worker had taken the partition over.", NULL, 0},
	[FM_FLUSHED] = {METRIC_COUNTER, "echostream_fanout_queue_flushed_total", NULL,
	    "Partitions found to end before their stored position.", NULL, 0},
	[FM_QUEUE_MESSAGES] = {METRIC_GAUGE, "echostream_fanout_queue_messages", NULL,
	    "Entries in the queue, those being committed included.", NULL, 0},
	[FM_QUEUE_BYTES] = {METRIC_GAUGE, "echostream_fanout_queue_bytes", NULL,
	    "Bytes of the queue.", NULL, 0},
	[FM_QUEUE_AGE] = {METRIC_GAUGE_MAX, "echostream_fanout_queue_oldest_age_seconds", NULL,
	    "Age of the oldest entry of the queue; with SQS, of those that a worker has received.", NULL, 0},
	[FM_TRACE_EXPORTED] = {METRIC_COUNTER, "echostream_trace_spans_exported_total", NULL,
	    "Spans of traces that the collector has taken.", NULL, 0},
	[FM_TRACE_DROPPED] = {METRIC_COUNTER, "echostream_trace_spans_dropped_total", NULL,
	    "Spans of traces that were dropped, because the collector was slow, unreachable, or refused them.", NULL, 0},
};
// clang-format on
