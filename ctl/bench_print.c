#include <inttypes.h>
#include <stdio.h>

#include "json/json_write.h"

#include "bench.h"

#include "core/banned.h"

static void
bench_print_object(struct json_write *w, const char *name, const struct histogram *h)
{
	jw_object(w, name);
	jw_int(w, "count", (int64_t)h->n);
	jw_int(w, "p50", histogram_at(h, 0.5));
	jw_int(w, "p95", histogram_at(h, 0.95));
	jw_int(w, "p99", histogram_at(h, 0.99));
	jw_int(w, "max", h->max_us);
	jw_object_end(w);
}

static void
bench_print_json(const struct ctl *c, const struct bench *b)
{
	const struct bench_results *r = &b->results;
	struct json_write w;
	struct text t;

	text_init(&t, c->arena, 4096);
	jw_init(&w, &t);
	jw_object(&w, NULL);
	jw_bool(&w, "ok", bench_is_clean(b));
	jw_bool(&w, "interrupted", r->interrupted);
	jw_int(&w, "sockets", b->n_sockets);
	jw_int(&w, "lostSockets", b->n_lost);
	jw_int(&w, "channels", b->plan->channels);
	jw_int(&w, "rate", b->plan->rate);
	jw_int(&w, "seconds", b->plan->seconds);
	jw_int(&w, "sent", (int64_t)r->sent);
	jw_int(&w, "acked", (int64_t)r->acked);
	jw_int(&w, "refused", (int64_t)r->refused);
	if (r->refused > 0)
		jw_string(&w, "refusal", r->refusal);
	jw_int(&w, "delivered", (int64_t)r->delivered);
	jw_int(&w, "missing", (int64_t)r->events.missing);
	jw_int(&w, "doubled", (int64_t)r->events.doubled);
	jw_int(&w, "outOfOrder", (int64_t)r->events.disordered);
	jw_int(&w, "gaps", (int64_t)r->gaps);
	bench_print_object(&w, "ackUs", &r->ack);
	bench_print_object(&w, "deliveryUs", &r->delivery);
	bench_print_object(&w, "lateUs", &r->late);
	jw_object_end(&w);
	(void)puts(t.data);
}

static void
bench_print_row(const char *name, const struct histogram *h)
{
	(void)printf("%-16s %9.1f %9.1f %9.1f %9.1f\n", name,
	    (double)histogram_at(h, 0.5) / 1000, (double)histogram_at(h, 0.95) / 1000,
	    (double)histogram_at(h, 0.99) / 1000, (double)h->max_us / 1000);
}

void
bench_print(const struct ctl *c, const struct bench *b)
{
	const struct bench_results *r = &b->results;

	if (c->opt.json) {
		bench_print_json(c, b);
		return;
	}
	(void)printf("sockets     %u, %u lost\n", b->n_sockets, b->n_lost);
	(void)printf("messages    %" PRIu64 " sent, %" PRIu64 " acked, %" PRIu64
		     " refused, %" PRIu64 " without an answer\n",
	    r->sent, r->acked, r->refused, r->sent - r->acked - r->refused);
	(void)printf("deliveries  %" PRIu64 ", %" PRIu64 " missing, %" PRIu64
		     " doubled, %" PRIu64 " out of order\n\n",
	    r->delivered, r->events.missing, r->events.doubled, r->events.disordered);
	(void)printf(
	    "%-16s %9s %9s %9s %9s\n", "milliseconds", "p50", "p95", "p99", "max");
	bench_print_row("send to ack", &r->ack);
	bench_print_row("send to delivery", &r->delivery);
	bench_print_row("late to send", &r->late);
}
