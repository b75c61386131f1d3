#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>

#include "commands.h"
#include "load.h"

void
report_times(const char *name, const struct histogram *h)
{
	printf("\"%s\":{\"n\":%" PRIu64 ",\"p50\":%" PRId64 ",\"p95\":%" PRId64
	       ",\"p99\":%" PRId64 ",\"max\":%" PRId64 "}",
	    name, h->n, histogram_at(h, 0.5), histogram_at(h, 0.95),
	    histogram_at(h, 0.99), h->max_us);
}

void
report_results(const struct load *l)
{
	const struct results *r = &l->results;

	printf("\"sent\":%" PRIu64 ",\"acked\":%" PRIu64 ",\"refused\":%" PRIu64
	       ",\"received\":%" PRIu64 ",\"missing\":%" PRIu64 ",\"doubled\":%" PRIu64
	       ",\"disordered\":%" PRIu64 ",\"gaps\":%" PRIu64 ",\"connected\":%" PRIu64
	       ",\"failed\":%" PRIu64 ",\"cut\":%" PRIu64 ",\"error\":\"%s\",",
	    r->sent, r->acked, r->refused, r->frames.received, r->frames.missing,
	    r->frames.doubled, r->frames.disordered, r->gaps, r->connected, r->failed,
	    r->cut, r->error);
	report_times("deliveryUs", &r->delivery);
	printf(",");
	report_times("ackUs", &r->ack);
	printf(",");
	report_times("lateUs", &r->late);
	printf(",");
	report_times("helloUs", &r->hello);
	printf(",");
	report_times("readyUs", &r->ready);
}
