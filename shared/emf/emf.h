/* Metrics for CloudWatch: one JSON line a period in the embedded metric format (EMF),
 * which CloudWatch Logs turns into metrics. The line also has the members of a log line.
 * Source: Amazon CloudWatch User Guide, "Specification: Embedded metric format". */
#ifndef EMF_EMF_H
#define EMF_EMF_H

#include <stdbool.h>
#include <stdint.h>

#include "core/metrics.h"

#define EMF_NAMESPACE "EchoStream"
#define EMF_DIMENSION "Deployment"

enum emf_kind {
	EMF_GAUGE,  /* the sum of the gauges */
	EMF_GROWTH, /* growth of the sum of the counters in the period */
	EMF_P95_MS, /* 95th percentile of a histogram of seconds, in the period. The line
	               leaves the metric out when nothing was observed. */
};

/* One metric of CloudWatch. It reads the n metrics first, first + step, ... of the
 * program's table; EMF_P95_MS reads one. */
struct emf_row {
	const char *name; /* "Connections" */
	const char *unit; /* a unit that CloudWatch knows: "Count", "Seconds", ... */
	enum emf_kind kind;
	unsigned first, n, step;
};

#define EMF_ROWS_MAX 8

struct emf;

/* svc names the program, deployment is the value of the dimension; both pointers, rows
 * and m must stay valid. The first period begins now. Never fails. */
struct emf *emf_new(const struct metrics *m, const struct emf_row rows[], unsigned n,
    const char *svc, const char *deployment, int64_t period_ms);
void emf_free(struct emf **e);

/* True when a period has passed since emf_new() or the last emf_write(). */
bool emf_due(const struct emf *e);
/* Writes the line to fd with one write(2) and begins a new period. A failed write loses
 * the line: the next line holds only the next period. */
void emf_write(struct emf *e, int fd);

/* For a program without a loop that could call emf_due(): writes a line to stderr each
 * period, until SIGTERM ends the process. */
void emf_run(struct emf *e) __attribute__((noreturn));

#endif
