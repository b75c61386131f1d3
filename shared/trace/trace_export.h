/* The exporter: the process of a program that reads the spans of its workers from the
 * pipe and sends them to a collector. A collector that is slow or down does not delay the
 * workers: spans wait here and in the pipe, and further ones are dropped and counted. */
#ifndef TRACE_TRACE_EXPORT_H
#define TRACE_TRACE_EXPORT_H

#include "conf/conf_common.h"
#include "trace/trace.h"
#include "trace/trace_post.h"

/* Largest number of spans in one request. */
#define TRACE_BATCH_MAX 512
/* A span waits at most this long for other spans of its request. */
#define TRACE_BATCH_MS 1000
/* How long the exporter goes on sending after SIGTERM; a request in flight may last up to
 * 1 s longer. */
#define TRACE_LAST_MS 2000

struct trace_export {
	const char *service; /* service.name: "echostream-api" */
	struct trace_post_settings post;
	size_t waiting_max;
	/* counters of the program's metrics */
	struct metrics *metrics;
	unsigned exported, dropped;
};

/* Fills the members that come from settings. The caller fills metrics, exported and
 * dropped. */
struct trace_export trace_export_settings(
    const struct conf_common *conf, const char *service);

/* Runs until SIGTERM. Returns the exit status of the process. */
int trace_export_run(const struct trace_export *conf, struct trace *t);

#endif
