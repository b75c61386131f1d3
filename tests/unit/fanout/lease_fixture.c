#include "lease_fixture.h"
#include "lease_settle.h"
#include "lease_share.h"

#include <stdio.h>

#include "core/clock.h"
#include "core/log.h"
#include "fanout_metrics.h"
#include "queue/queue_mem.h"

#include "cunit_main.h"

void
lease_setup(struct lease_fixture *f)
{
	const struct queue_settings qs = {.url = "mem:",
	    .partitions = FAKE_PARTITIONS,
	    .max_bytes = 1 << 20,
	    .timeout_ms = 100};

	log_init("test", LOG_ERROR);
	fake_reset();
	*f = (struct lease_fixture){.a = arena_new()};
	CU_ASSERT_EQUAL_FATAL(
	    metrics_open(NULL, fanout_metrics, FANOUT_METRICS, 1, &f->metrics, &f->err),
	    ES_OK);
	CU_ASSERT_EQUAL_FATAL(queue_open(&qs, &f->q, &f->err), ES_OK);
	leases_init(&f->ann, "ann", 60000, FAKE_PARTITIONS, f->metrics);
	leases_init(&f->bob, "bob", 60000, FAKE_PARTITIONS, f->metrics);
}

void
lease_teardown(struct lease_fixture *f)
{
	leases_fini(&f->ann);
	leases_fini(&f->bob);
	queue_close(&f->q);
	metrics_close(&f->metrics);
	arena_free(&f->a);
}

enum es_code
lease_turn(struct lease_fixture *f, struct leases *l)
{
	return lease_share_update(l, NULL, f->q, f->a, &f->err);
}

enum es_code
lease_settle_ann(struct lease_fixture *f, bool now)
{
	return lease_settle(&f->ann, NULL, f->q, now, f->a, &f->err);
}

/* Sends n messages to the partition of the group. Returns the last message's position. */
const char *
lease_fill(struct lease_fixture *f, const char *group, size_t n, unsigned *partition)
{
	const struct queue_msg msg = {
	    .body = "x", .len = 1, .group = group, .dedupe = "d"};
	struct queue_msg *got = arena_alloc(f->a, n * sizeof(*got));
	size_t found = 0;

	*partition = queue_partition_of(group, FAKE_PARTITIONS);
	for (size_t i = 0; i < n; i++)
		CU_ASSERT_EQUAL_FATAL(queue_send(f->q, &msg, &f->err), ES_OK);
	CU_ASSERT_EQUAL_FATAL(
	    queue_receive(f->q, *partition, "", n, 0, f->a, got, &found, &f->err), ES_OK);
	CU_ASSERT_EQUAL_FATAL(found, n);
	return got[n - 1].position;
}

int64_t
lease_waiting(struct lease_fixture *f)
{
	struct queue_stats s = {0};

	CU_ASSERT_EQUAL(queue_stats(f->q, &s, &f->err), ES_OK);
	return s.messages;
}

struct lease *
lease_held(struct leases *l, unsigned partition)
{
	const size_t i = leases_find(l, partition);

	CU_ASSERT_TRUE_FATAL(i < l->n);
	return &l->held[i];
}

void
lease_read_up_to(struct lease *h, const char *position)
{
	(void)snprintf(h->read, sizeof(h->read), "%s", position);
	h->trimmed = false;
	h->idle_since_ms = clock_mono_ms();
}
