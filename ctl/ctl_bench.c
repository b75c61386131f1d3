/* echostreamctl bench: a small load on a running EchoStream, from one machine. */
#include <inttypes.h>
#include <stdlib.h>

#include "core/check.h"

#include "bench.h"
#include "bench_stop.h"
#include "ctl_rest.h"

#include "core/banned.h"

/* A sender that is later than this measures itself. */
#define LATE_US 20000

/* Says why the exit status is not 0. */
static void
ctl_bench_explain(const struct ctl *c, const struct bench *b)
{
	const struct bench_results *r = &b->results;

	if (b->n_lost > 0)
		(void)ctl_fail(c, "%u of %u sockets were lost, the first: %s", b->n_lost,
		    b->n_sockets, b->lost_why);
	if (r->refused > 0)
		(void)ctl_fail(
		    c, "%" PRIu64 " messages were refused: %s", r->refused, r->refusal);
	if (r->acked + r->refused < r->sent)
		(void)ctl_fail(c, "%" PRIu64 " messages have no answer",
		    r->sent - r->acked - r->refused);
	if (r->events.missing > 0 || r->events.doubled > 0 || r->events.disordered > 0)
		(void)ctl_fail(c, "deliveries are missing, doubled or out of order");
	if (histogram_at(&r->late, 0.99) > LATE_US)
		ctl_note(c,
		    "this machine sent too late: the times are worse than those of "
		    "the server");
}

static int
ctl_bench_measure(struct ctl *c, const struct bench_plan *plan,
    const struct bench_world *w, const char *url)
{
	struct bench *b = mem_new(1, sizeof(*b)); /* 50 KiB of histograms */
	int status = CTL_FAILED;

	bench_init(b, plan, w, c->arena);
	if (bench_run(c, b, w, url)) {
		bench_print(c, b);
		ctl_bench_explain(c, b);
		if (bench_is_clean(b))
			status = CTL_OK;
	}
	bench_fini(b);
	free(b);
	return status;
}

/* Returns -1 when the load may go there. */
static int
ctl_bench_check_target(const struct ctl *c, const char *ws_url)
{
	char host[BENCH_HOST];

	if (c->opt.remote ||
	    (bench_plan_is_local(c->conf.url, host) && bench_plan_is_local(ws_url, host)))
		return -1;
	return ctl_usage(
	    c, "%s is not this machine; --remote sends the load there on purpose", host);
}

static int
ctl_bench_with(struct ctl *c)
{
	const struct bench_words words = {
	    c->opt.sockets, c->opt.channels, c->opt.rate, c->opt.seconds};
	const char *url = ctl_ws_url(c);
	struct bench_plan plan;
	struct bench_world world;
	char why[BENCH_WHY];
	int status;

	if (!bench_plan_read(&words, &plan, why))
		return ctl_usage(c, "%s", why);
	if (c->opt.tokens != NULL && (c->opt.token != NULL || c->opt.tenant != NULL))
		return ctl_usage(c, "--tokens goes without --token and --tenant");
	status = ctl_bench_check_target(c, url);
	if (status >= 0)
		return status;
	bench_stop_watch();
	status = bench_world_make(c, &plan, &world);
	if (status < 0)
		status = ctl_bench_measure(c, &plan, &world, url);
	if (!bench_world_remove(c, &world) && status == CTL_OK)
		status = CTL_FAILED;
	return status;
}

static int
ctl_bench_run(int argc, char **argv)
{
	static const struct ctl_spec spec = {"bench",
	    "tenant as token tokens sockets channels rate seconds remote", 0, 0, NULL,
	    ctl_bench_with};

	return ctl_run(&spec, argc, argv);
}

static const struct ctl_verb verbs[] = {
    {"",
	"[--sockets N] [--channels N] [--rate N] [--seconds N] [--remote] "
	"[--tenant T [--as USER] | --token T | --tokens FILE]",
	"measure a running EchoStream: what is lost, and how long a message takes. "
	"Creates a tenant unless one is given, and cleans up. Default 100 sockets, 10 "
	"channels, 10 messages/s, 10 s; at most 2000, 100, 1000/s, 600 s. --remote: the "
	"server may be another machine",
	ctl_bench_run},
};

const struct ctl_noun ctl_bench = {"bench", verbs, ES_COUNT(verbs)};
