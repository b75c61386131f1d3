#include "emf/emf.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/check.h"
#include "core/clock.h"
#include "json/json_write.h"

#include "core/banned.h"

#define LINE_MAX_BYTES 4096 /* so that one write(2) to a pipe is atomic (PIPE_BUF) */

struct emf {
	const struct metrics *metrics;
	const struct emf_row *rows;
	unsigned n;
	const char *svc, *deployment;
	int64_t period_ms, begun_ms;   /* CLOCK_MONOTONIC */
	int64_t counted[EMF_ROWS_MAX]; /* EMF_GROWTH: the sum when the period began */
	/* EMF_P95_MS: the counts when the period began */
	uint64_t observed[EMF_ROWS_MAX][METRIC_EDGES + 1];
	struct arena *arena;
};

static int64_t
emf_sum(const struct emf *e, const struct emf_row *row)
{
	int64_t sum = 0;

	for (unsigned i = 0; i < row->n; i++)
		sum += metrics_sum(e->metrics, row->first + i * row->step);
	return sum;
}

static int64_t
emf_growth(struct emf *e, unsigned at)
{
	const int64_t sum = emf_sum(e, &e->rows[at]), before = e->counted[at];

	e->counted[at] = sum;
	return sum - before;
}

/* Returns false when the histogram observed nothing in the period. */
static bool
emf_p95_ms(struct emf *e, unsigned at, int64_t *ms)
{
	uint64_t now[METRIC_EDGES + 1], grown[METRIC_EDGES + 1];
	double seconds;

	metrics_buckets(e->metrics, e->rows[at].first, now);
	for (unsigned k = 0; k <= METRIC_EDGES; k++)
		grown[k] = now[k] - e->observed[at][k];
	memcpy(e->observed[at], now, sizeof(now));
	if (!metrics_quantile(e->metrics, e->rows[at].first, grown, 0.95, &seconds))
		return false;
	*ms = (int64_t)(seconds * 1000 + 0.5);
	return true;
}

/* Reads a row and begins its new period. Returns false when the line must leave the
 * metric out. */
static bool
emf_read(struct emf *e, unsigned at, int64_t *value)
{
	switch (e->rows[at].kind) {
	case EMF_GAUGE:
		*value = emf_sum(e, &e->rows[at]);
		return true;
	case EMF_GROWTH:
		*value = emf_growth(e, at);
		return true;
	case EMF_P95_MS:
		return emf_p95_ms(e, at, value);
	}
	CHECK(!"a kind without a case");
	return false;
}

struct emf *
emf_new(const struct metrics *m, const struct emf_row rows[], unsigned n, const char *svc,
    const char *deployment, int64_t period_ms)
{
	struct emf *e = mem_new(1, sizeof(*e));
	int64_t ignored;

	CHECK(n <= EMF_ROWS_MAX);
	*e = (struct emf){.metrics = m,
	    .rows = rows,
	    .n = n,
	    .svc = svc,
	    .deployment = deployment,
	    .period_ms = period_ms,
	    .begun_ms = clock_mono_ms(),
	    .arena = arena_new()};
	for (unsigned i = 0; i < n; i++)
		(void)emf_read(e, i, &ignored);
	return e;
}

void
emf_free(struct emf **e)
{
	if (*e == NULL)
		return;
	arena_free(&(*e)->arena);
	mem_free(*e);
	*e = NULL;
}

bool
emf_due(const struct emf *e)
{
	return clock_mono_ms() - e->begun_ms >= e->period_ms;
}

/* Writes the member _aws, which describes the other members to CloudWatch. */
static void
emf_put_directive(const struct emf *e, struct json_write *w, const bool there[])
{
	jw_object(w, "_aws");
	jw_int(w, "Timestamp", clock_wall_ms());
	jw_array(w, "CloudWatchMetrics");
	jw_object(w, NULL);
	jw_string(w, "Namespace", EMF_NAMESPACE);
	jw_array(w, "Dimensions");
	jw_array(w, NULL);
	jw_string(w, NULL, EMF_DIMENSION);
	jw_array_end(w);
	jw_array_end(w);
	jw_array(w, "Metrics");
	for (unsigned i = 0; i < e->n; i++) {
		if (!there[i])
			continue;
		jw_object(w, NULL);
		jw_string(w, "Name", e->rows[i].name);
		jw_string(w, "Unit", e->rows[i].unit);
		jw_object_end(w);
	}
	jw_array_end(w);
	jw_object_end(w);
	jw_array_end(w);
	jw_object_end(w);
}

static void
emf_put_line(struct emf *e, struct text *out)
{
	bool there[EMF_ROWS_MAX];
	int64_t values[EMF_ROWS_MAX];
	char time[ES_TIME_TEXT];
	struct json_write w;

	for (unsigned i = 0; i < e->n; i++)
		there[i] = emf_read(e, i, &values[i]);
	clock_format(clock_wall_ms(), time);
	jw_init(&w, out);
	jw_object(&w, NULL);
	jw_string(&w, "ts", time);
	jw_string(&w, "lvl", "info");
	jw_string(&w, "svc", e->svc);
	jw_int(&w, "pid", getpid());
	jw_string(&w, "msg", "metrics");
	emf_put_directive(e, &w, there);
	jw_string(&w, EMF_DIMENSION, e->deployment);
	for (unsigned i = 0; i < e->n; i++)
		if (there[i])
			jw_int(&w, e->rows[i].name, values[i]);
	jw_object_end(&w);
	text_add(out, "\n", 1);
}

void
emf_write(struct emf *e, int fd)
{
	struct text line;
	ssize_t written;

	e->begun_ms = clock_mono_ms();
	text_init(&line, e->arena, LINE_MAX_BYTES);
	emf_put_line(e, &line);
	CHECK(!line.overflow); /* all names are short enough */
	written = write(fd, line.data, line.len);
	(void)written; /* a failed write to the log can't be reported anywhere */
	arena_reset(e->arena);
}

void
emf_run(struct emf *e)
{
	for (;;) {
		const int64_t left_ms = e->begun_ms + e->period_ms - clock_mono_ms();
		const struct timespec pause = {
		    .tv_sec = left_ms / 1000, .tv_nsec = left_ms % 1000 * 1000000};

		if (left_ms > 0)
			(void)nanosleep(&pause, NULL);
		if (emf_due(e))
			emf_write(e, STDERR_FILENO);
	}
}
