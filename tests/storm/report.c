/* Prints the results as one line of JSON. Times are in milliseconds since "begin". */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "storm.h"

static int
by_value(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void
times(const char *name, int64_t *at, unsigned n)
{
	qsort(at, n, sizeof(*at), by_value);
	printf(",\"%s\":{", name);
	if (n > 0)
		printf("\"p0\":%" PRId64 ",\"p10\":%" PRId64 ",\"p50\":%" PRId64
		       ",\"p90\":%" PRId64 ",\"p99\":%" PRId64 ",\"max\":%" PRId64,
		    at[0], at[n / 10], at[n / 2], at[n - 1 - n / 10], at[n - 1 - n / 100],
		    at[n - 1]);
	printf("}");
}

static void
print_delays(const struct storm *s, int64_t began_ms)
{
	const unsigned n = s->counts.n_delays;
	int64_t *delays = malloc((n + 1UL) * sizeof(*delays));

	for (unsigned i = 0; i < n; i++)
		delays[i] = s->counts.delays_ms[i];
	times("delayMs", delays, n);
	free(delays);
	printf(",\"delays\":%u,\"reacted\":%u,\"reactedMs\":%" PRId64, n,
	    s->counts.reacted,
	    s->counts.reacted > 0 ? s->counts.reacted_ms - began_ms : 0);
}

/* Sets heads[i] to the highest number that any client has received of channel i.
 * Returns the number of cursors below that. */
static unsigned
behind(const struct storm *s, int64_t heads[])
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->n_channels; i++)
		heads[i] = -1;
	for (unsigned i = 0; i < s->n; i++)
		for (unsigned k = 0; k < s->clients[i].n_own; k++) {
			const struct cursor *own = &s->clients[i].own[k];

			if (own->last > heads[own->channel])
				heads[own->channel] = own->last;
		}
	for (unsigned i = 0; i < s->n; i++)
		for (unsigned k = 0; k < s->clients[i].n_own; k++)
			n += s->clients[i].own[k].last <
			     heads[s->clients[i].own[k].channel];
	return n;
}

bool
report_at_head(const struct storm *s)
{
	int64_t *heads = malloc(s->n_channels * sizeof(*heads));
	const bool yes = behind(s, heads) == 0;

	free(heads);
	return yes;
}

void
report_print(const struct storm *s, int64_t began_ms)
{
	const struct counts *k = &s->counts;
	int64_t *tried = malloc(s->n * sizeof(*tried));
	int64_t *back = malloc(s->n * sizeof(*back));
	int64_t *heads = malloc(s->n_channels * sizeof(*heads));
	unsigned n_tried = 0, n_back = 0, was_cut = 0, now_back = 0;

	for (unsigned i = 0; i < s->n; i++) {
		const struct client *c = &s->clients[i];

		was_cut += c->was_cut;
		now_back += c->phase == RESUMED;
		if (c->tried_ms > 0)
			tried[n_tried++] = c->tried_ms - began_ms;
		if (c->back_ms > 0)
			back[n_back++] = c->back_ms - began_ms;
	}
	printf(
	    "{\"clients\":%u,\"cutClients\":%u,\"back\":%u,\"resumed\":%u,\"behind\":%u,"
	    "\"holes\":%u,\"doubled\":%u,\"gaps\":%u,\"errors\":%u,\"events\":%u,"
	    "\"busy\":%u,\"attempts\":%u,\"refused\":%u,\"timeouts\":%u,\"cut\":%u,"
	    "\"bytesIn\":%" PRIu64 ",\"bytesOut\":%" PRIu64,
	    s->n, was_cut, now_back, n_back, behind(s, heads), k->holes, k->doubled,
	    k->gaps, k->errors, k->events, k->busy, k->attempts, k->failed_connects,
	    k->timeouts, k->cut, k->bytes_in, k->bytes_out);
	times("tried", tried, n_tried);
	times("resumedMs", back, n_back);
	print_delays(s, began_ms);
	printf(",\"ends\":{");
	for (unsigned i = 0, first = 1; i < CODES_MAX; i++)
		if (k->codes[i] > 0) {
			printf("%s\"%u\":%u", first ? "" : ",", i, k->codes[i]);
			first = 0;
		}
	printf("},\"heads\":{");
	for (unsigned i = 0; i < s->n_channels; i++)
		printf("%s\"%s\":%" PRId64, i > 0 ? "," : "", s->channels[i], heads[i]);
	printf("}}\n");
	free(tried);
	free(back);
	free(heads);
}
