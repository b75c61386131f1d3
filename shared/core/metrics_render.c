/* Writes the metrics in the Prometheus text format 0.0.4. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/check.h"
#include "core/metrics_private.h"
#include "core/process_stat.h"

#include "core/banned.h"

static uint64_t
metrics_render_total(const struct metrics *m, unsigned id, unsigned k)
{
	const bool largest = m->table[id].type == METRIC_GAUGE_MAX;
	uint64_t total = 0;

	for (unsigned s = 0; s < m->slots; s++) {
		const uint64_t one = *metrics_cell(m, s, id, k);

		if (!largest)
			total += one;
		else if ((int64_t)one > (int64_t)total)
			total = one;
	}
	return total;
}

int64_t
metrics_sum(const struct metrics *m, unsigned id)
{
	const struct metric *d = &m->table[id];
	uint64_t sum = 0;

	if (d->type != METRIC_HISTOGRAM)
		return (int64_t)metrics_render_total(m, id, 0);
	for (unsigned k = 0; k <= d->n_edges; k++)
		sum += metrics_render_total(m, id, k);
	return (int64_t)sum;
}

void
metrics_buckets(const struct metrics *m, unsigned id, uint64_t counts[METRIC_EDGES + 1])
{
	const struct metric *d = &m->table[id];

	CHECK(d->type == METRIC_HISTOGRAM);
	for (unsigned k = 0; k <= METRIC_EDGES; k++)
		counts[k] = k <= d->n_edges ? metrics_render_total(m, id, k) : 0;
}

bool
metrics_quantile(const struct metrics *m, unsigned id,
    const uint64_t counts[METRIC_EDGES + 1], double q, double *out)
{
	const struct metric *d = &m->table[id];
	uint64_t total = 0, below = 0;
	double rank;

	for (unsigned k = 0; k <= d->n_edges; k++)
		total += counts[k];
	if (total == 0)
		return false;
	rank = q * (double)total;
	*out = d->edges[d->n_edges - 1];
	for (unsigned k = 0; k < d->n_edges; k++) {
		const double from = k == 0 ? 0 : d->edges[k - 1];

		if (counts[k] > 0 && (double)(below + counts[k]) >= rank) {
			*out = from + (d->edges[k] - from) * (rank - (double)below) /
			                  (double)counts[k];
			break;
		}
		below += counts[k];
	}
	return true;
}

static void
metrics_render_histogram(const struct metrics *m, unsigned id, struct text *out)
{
	const struct metric *d = &m->table[id];
	const char *comma = d->labels != NULL ? "," : "";
	const char *labels = d->labels != NULL ? d->labels : "";
	const char *open = d->labels != NULL ? "{" : "",
		   *close = d->labels != NULL ? "}" : "";
	uint64_t below = 0;

	for (unsigned k = 0; k <= d->n_edges; k++) {
		char edge[32] = "+Inf";

		if (k < d->n_edges)
			(void)snprintf(edge, sizeof(edge), "%g", d->edges[k]);
		below += metrics_render_total(m, id, k);
		text_addf(out, "%s_bucket{%s%sle=\"%s\"} %" PRIu64 "\n", d->name, labels,
		    comma, edge, below);
	}
	text_addf(out, "%s_sum%s%s%s %.6f\n", d->name, open, labels, close,
	    (double)metrics_render_total(m, id, d->n_edges + 1) / 1e6);
	text_addf(
	    out, "%s_count%s%s%s %" PRIu64 "\n", d->name, open, labels, close, below);
}

static void
metrics_render_head(
    const char *name, const char *help, const char *type, struct text *out)
{
	text_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void
metrics_render_one(const struct metrics *m, unsigned id, struct text *out)
{
	static const char *const types[] = {"counter", "gauge", "histogram", "gauge"};
	const struct metric *d = &m->table[id];

	if (id == 0 || strcmp(m->table[id - 1].name, d->name) != 0)
		metrics_render_head(d->name, d->help, types[d->type], out);
	if (d->type == METRIC_HISTOGRAM)
		metrics_render_histogram(m, id, out);
	else if (d->labels != NULL)
		text_addf(out, "%s{%s} %" PRId64 "\n", d->name, d->labels,
		    (int64_t)metrics_render_total(m, id, 0));
	else
		text_addf(out, "%s %" PRId64 "\n", d->name,
		    (int64_t)metrics_render_total(m, id, 0));
}

static void
metrics_render_process(struct text *out)
{
	struct process_stat st;

	process_stat_read(&st);
	metrics_render_head(
	    "process_cpu_seconds_total", "CPU time of this process.", "counter", out);
	text_addf(out, "process_cpu_seconds_total %.2f\n", st.cpu_s);
	metrics_render_head("process_resident_memory_bytes",
	    "Resident memory of this process.", "gauge", out);
	text_addf(out, "process_resident_memory_bytes %" PRId64 "\n", st.resident_bytes);
	metrics_render_head(
	    "process_open_fds", "Open descriptors of this process.", "gauge", out);
	text_addf(out, "process_open_fds %" PRId64 "\n", st.open_fds);
	metrics_render_head(
	    "process_max_fds", "Limit of descriptors of this process.", "gauge", out);
	text_addf(out, "process_max_fds %" PRId64 "\n", st.max_fds);
	metrics_render_head("process_start_time_seconds",
	    "Start of this process, since 1970.", "gauge", out);
	text_addf(out, "process_start_time_seconds %.2f\n", st.start_s);
	metrics_render_head(
	    "echostream_build_info", "Version that runs here.", "gauge", out);
	text_addf(out, "echostream_build_info{version=\"" ES_VERSION "\"} 1\n");
}

void
metrics_render(const struct metrics *m, struct text *out)
{
	for (unsigned i = 0; i < m->n; i++)
		metrics_render_one(m, i, out);
	metrics_render_process(out);
}
