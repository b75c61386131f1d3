#include "consumer_fixture.h"

#include <string.h>

#include "core/log.h"
#include "fanout_metrics.h"

#include "cunit_main.h"

volatile sig_atomic_t consumer_stopping;

void
consumer_setup(struct fixture *f,
    enum batch_end (*commit)(const struct fake_commit *c, struct es_err *err))
{
	const struct queue_settings qs = {.url = "mem:",
	    .partitions = FAKE_PARTITIONS,
	    .max_bytes = 1 << 20,
	    .timeout_ms = 100};

	log_init("test", LOG_ERROR);
	fake_reset();
	fake_batches_reset(commit);
	consumer_stopping = 0;
	*f = (struct fixture){
	    .conf = {.batch_max = 500, .batch_bytes = 4 << 20, .lease_ms = 60000}};
	f->w = (struct consumer){.conf = &f->conf,
	    .owner = "ann",
	    .arena = arena_new(),
	    .receive_max = QUEUE_RECEIVE_MAX,
	    .stopping = &consumer_stopping};
	CU_ASSERT_EQUAL_FATAL(
	    metrics_open(NULL, fanout_metrics, FANOUT_METRICS, 1, &f->w.metrics, &f->err),
	    ES_OK);
	CU_ASSERT_EQUAL_FATAL(
	    redis_open("unix:///nowhere.sock", 100, &f->w.redis, &f->err), ES_OK);
	CU_ASSERT_EQUAL_FATAL(queue_open(&qs, &f->mem, &f->err), ES_OK);
	f->w.queue = f->mem;
	leases_init(&f->w.leases, "ann", 60000, FAKE_PARTITIONS, f->w.metrics);
}

void
consumer_teardown(struct fixture *f)
{
	turn_forget(&f->w);
	leases_fini(&f->w.leases);
	queue_close(&f->mem);
	redis_close(&f->w.redis);
	metrics_close(&f->w.metrics);
	arena_free(&f->w.arena);
}

void
consumer_passes(struct fixture *f, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		consumer_partitions_run(&f->w);
		arena_reset(f->w.arena);
	}
}

unsigned
consumer_put(struct fixture *f, const char *group, const char *body)
{
	const struct queue_msg msg = {
	    .body = body, .len = strlen(body), .group = group, .dedupe = "d"};

	CU_ASSERT_EQUAL_FATAL(queue_send(f->mem, &msg, &f->err), ES_OK);
	return queue_partition_of(group, FAKE_PARTITIONS);
}
