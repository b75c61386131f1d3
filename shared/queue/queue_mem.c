/* A queue in this process. It defines the behaviour of a partitioned driver, and fails
 * when a test asks for it. */
#include "queue/queue_mem.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/check.h"
#include "core/clock.h"
#include "queue/queue_mem_store.h"

#include "core/banned.h"

struct queue_mem {
	struct queue base;
	struct mem_store *store;
	int64_t max_bytes;
	unsigned calls;
	struct queue_mem_fault fault;
};

static struct queue_mem *
queue_mem_from(struct queue *q)
{
	return ES_CONTAINER(q, struct queue_mem, base);
}

static const struct queue_mem *
queue_mem_from_const(const struct queue *q)
{
	return (const void *)q; /* base is the first member */
}

enum fault_when { NO_FAULT, FAULT_BEFORE, FAULT_AFTER };

/* Counts the call, and returns whether it must fail. Every function of the driver calls
 * this once. */
static enum fault_when
queue_mem_count_call(struct queue_mem *q)
{
	const unsigned call = q->calls++;

	if (call < q->fault.first || call - q->fault.first >= q->fault.times)
		return NO_FAULT;
	return q->fault.after ? FAULT_AFTER : FAULT_BEFORE;
}

static enum es_code
queue_mem_fail_injected(struct es_err *err)
{
	return es_fail(err, ES_UNAVAILABLE, "queue: not available (injected)");
}

static enum es_code
queue_mem_open(
    const struct queue_settings *settings, struct queue **out, struct es_err *err)
{
	struct queue_mem *q = mem_new(1, sizeof(*q));

	(void)err;
	q->base.driver = &queue_mem;
	q->max_bytes = settings->max_bytes;
	q->store = mem_store_open(settings->url + strlen("mem:"), settings->partitions);
	*out = &q->base;
	return ES_OK;
}

static void
queue_mem_close(struct queue *base)
{
	mem_store_close(queue_mem_from(base)->store);
	free(queue_mem_from(base));
}

static unsigned
queue_mem_partitions(const struct queue *q)
{
	return queue_mem_from_const(q)->store->n_partitions;
}

static enum es_code
queue_mem_send(struct queue *base, const struct queue_msg *msg, struct es_err *err)
{
	struct queue_mem *q = queue_mem_from(base);
	const enum fault_when when = queue_mem_count_call(q);
	struct mem_store *s = q->store;
	bool full;

	if (when == FAULT_BEFORE)
		return queue_mem_fail_injected(err);
	(void)pthread_mutex_lock(&s->lock);
	full = s->bytes + (int64_t)msg->len > q->max_bytes;
	if (!full)
		mem_store_add(s, queue_partition_of(msg->group, s->n_partitions),
		    msg->body, msg->len, clock_wall_ms());
	(void)pthread_mutex_unlock(&s->lock);
	if (when == FAULT_AFTER)
		return queue_mem_fail_injected(err);
	return full ? es_fail(err, ES_QUEUE_FULL, "the queue is full") : ES_OK;
}

/* Waits until the partition has a message after the position, or until the deadline. */
static void
queue_mem_wait_for_entry(struct mem_store *s, const struct mem_partition *p,
    const struct queue_position *at, int64_t wait_ms)
{
	const int64_t deadline_ms = clock_mono_ms() + wait_ms;
	const struct timespec until = {
	    .tv_sec = deadline_ms / 1000, .tv_nsec = deadline_ms % 1000 * 1000000};

	while (mem_store_find(p, at) == p->n && clock_mono_ms() < deadline_ms)
		(void)pthread_cond_timedwait(&s->arrived, &s->lock, &until);
}

/* Copies up to max entries after the position; out has room for them. */
static size_t
queue_mem_copy(const struct mem_partition *p, const struct queue_position *at, size_t max,
    struct arena *a, struct queue_msg out[])
{
	const int64_t now_ms = clock_wall_ms();
	size_t n = 0;

	for (size_t i = mem_store_find(p, at); i < p->n && n < max; i++) {
		const struct mem_entry *e = &p->entries[i];
		char *position = arena_alloc(a, QUEUE_POSITION_MAX);
		const int64_t age_ms = now_ms - (int64_t)e->at.ms;

		queue_position_format(&e->at, position);
		out[n++] = (struct queue_msg){.body = arena_memdup(a, e->body, e->len),
		    .len = e->len,
		    .group = "",
		    .dedupe = "",
		    .position = position,
		    .receipt = "",
		    .age_ms = age_ms > 0 ? age_ms : 0};
	}
	return n;
}

static bool
queue_mem_copy_all(const struct mem_store *s, struct queue_cursor cursors[],
    const struct queue_position at[], size_t n, size_t max, struct arena *a)
{
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		const struct mem_partition *p = &s->partitions[cursors[i].partition];

		cursors[i].msgs = arena_alloc(a, max * sizeof(*cursors[i].msgs));
		cursors[i].n = queue_mem_copy(p, &at[i], max, a, cursors[i].msgs);
		any |= cursors[i].n > 0;
	}
	return any;
}

static enum es_code
queue_mem_collect(struct queue *base, struct queue_cursor cursors[], size_t n, size_t max,
    int64_t wait_ms, struct arena *a, struct es_err *err)
{
	struct mem_store *s = queue_mem_from(base)->store;
	const int64_t deadline_ms = clock_mono_ms() + wait_ms;
	const struct timespec until = {
	    .tv_sec = deadline_ms / 1000, .tv_nsec = deadline_ms % 1000 * 1000000};
	struct queue_position *at = arena_alloc(a, n * sizeof(*at));

	if (queue_mem_count_call(queue_mem_from(base)) != NO_FAULT)
		return queue_mem_fail_injected(err);
	for (size_t i = 0; i < n; i++)
		if (!queue_position_parse(cursors[i].after, &at[i]))
			return es_fail(err, ES_INVALID, "queue: malformed position");
	(void)pthread_mutex_lock(&s->lock);
	while (!queue_mem_copy_all(s, cursors, at, n, max, a) &&
	       clock_mono_ms() < deadline_ms)
		(void)pthread_cond_timedwait(&s->arrived, &s->lock, &until);
	(void)pthread_mutex_unlock(&s->lock);
	return ES_OK;
}

static enum es_code
queue_mem_receive(struct queue *base, unsigned partition, const char *after, size_t max,
    int64_t wait_ms, struct arena *a, struct queue_msg out[], size_t *n,
    struct es_err *err)
{
	struct queue_mem *q = queue_mem_from(base);
	const enum fault_when when = queue_mem_count_call(q);
	const struct mem_partition *p = &q->store->partitions[partition];
	struct queue_position at;

	if (!queue_position_parse(after, &at))
		return es_fail(err, ES_INVALID, "queue: malformed position");
	if (when == FAULT_BEFORE)
		return queue_mem_fail_injected(err);
	(void)pthread_mutex_lock(&q->store->lock);
	queue_mem_wait_for_entry(q->store, p, &at, wait_ms);
	*n = queue_mem_copy(p, &at, max, a, out);
	(void)pthread_mutex_unlock(&q->store->lock);
	return when == FAULT_AFTER ? queue_mem_fail_injected(err) : ES_OK;
}

static enum es_code
queue_mem_done(struct queue *base, unsigned partition, const struct queue_msg msgs[],
    size_t n, const char *through, struct es_err *err)
{
	struct queue_mem *q = queue_mem_from(base);
	const enum fault_when when = queue_mem_count_call(q);
	struct queue_position last;

	(void)msgs, (void)n;
	if (!queue_position_parse(through, &last))
		return es_fail(err, ES_INVALID, "queue: malformed position");
	if (when == FAULT_BEFORE)
		return queue_mem_fail_injected(err);
	(void)pthread_mutex_lock(&q->store->lock);
	mem_store_trim(q->store, partition, &last);
	(void)pthread_mutex_unlock(&q->store->lock);
	return when == FAULT_AFTER ? queue_mem_fail_injected(err) : ES_OK;
}

static enum es_code
queue_mem_trim(
    struct queue *q, const struct queue_cursor cursors[], size_t n, struct es_err *err)
{
	for (size_t i = 0; i < n; i++)
		TRY(queue_mem_done(
		    q, cursors[i].partition, NULL, 0, cursors[i].after, err));
	return ES_OK;
}

static enum es_code
queue_mem_retry(struct queue *base, unsigned partition, const struct queue_msg msgs[],
    size_t n, int64_t delay_ms, struct es_err *err)
{
	(void)base, (void)partition, (void)msgs, (void)n, (void)delay_ms, (void)err;
	return ES_OK;
}

static enum es_code
queue_mem_behind(struct queue *base, unsigned partition, const char *position, bool *out,
    struct es_err *err)
{
	struct queue_mem *q = queue_mem_from(base);
	const enum fault_when when = queue_mem_count_call(q);
	struct queue_position at;

	if (!queue_position_parse(position, &at))
		return es_fail(err, ES_INVALID, "queue: malformed position");
	if (when == FAULT_BEFORE)
		return queue_mem_fail_injected(err);
	(void)pthread_mutex_lock(&q->store->lock);
	*out = queue_position_before(&q->store->partitions[partition].last, &at);
	(void)pthread_mutex_unlock(&q->store->lock);
	return when == FAULT_AFTER ? queue_mem_fail_injected(err) : ES_OK;
}

static enum es_code
queue_mem_stats(struct queue *base, struct queue_stats *out, struct es_err *err)
{
	struct queue_mem *q = queue_mem_from(base);
	const enum fault_when when = queue_mem_count_call(q);
	const int64_t now_ms = clock_wall_ms();

	if (when == FAULT_BEFORE)
		return queue_mem_fail_injected(err);
	(void)pthread_mutex_lock(&q->store->lock);
	*out = (struct queue_stats){.bytes = q->store->bytes};
	for (unsigned i = 0; i < q->store->n_partitions; i++) {
		const struct mem_partition *p = &q->store->partitions[i];
		const int64_t age_ms =
		    p->n > 0 ? now_ms - (int64_t)p->entries[0].at.ms : 0;

		out->messages += (int64_t)p->n;
		if (age_ms > out->oldest_age_ms)
			out->oldest_age_ms = age_ms;
	}
	(void)pthread_mutex_unlock(&q->store->lock);
	return when == FAULT_AFTER ? queue_mem_fail_injected(err) : ES_OK;
}

static enum es_code
queue_mem_check(struct queue *base, struct es_err *err)
{
	struct queue_mem *q = queue_mem_from(base);
	const enum fault_when when = queue_mem_count_call(q);

	return when == NO_FAULT ? ES_OK : queue_mem_fail_injected(err);
}

void
queue_mem_fail(struct queue *q, const struct queue_mem_fault *fault)
{
	CHECK(q->driver == &queue_mem);
	queue_mem_from(q)->fault = *fault;
	queue_mem_from(q)->calls = 0;
}

unsigned
queue_mem_calls(const struct queue *q)
{
	CHECK(q->driver == &queue_mem);
	return queue_mem_from_const(q)->calls;
}

void
queue_mem_flush(struct queue *q)
{
	struct mem_store *s = queue_mem_from(q)->store;

	CHECK(q->driver == &queue_mem);
	(void)pthread_mutex_lock(&s->lock);
	mem_store_flush(s);
	(void)pthread_mutex_unlock(&s->lock);
}

const struct queue_driver queue_mem = {
    .name = "mem",
    .open = queue_mem_open,
    .send = queue_mem_send,
    .partitions = queue_mem_partitions,
    .receive = queue_mem_receive,
    .collect = queue_mem_collect,
    .done = queue_mem_done,
    .trim = queue_mem_trim,
    .retry = queue_mem_retry,
    .extend = queue_mem_retry,
    .behind = queue_mem_behind,
    .stats = queue_mem_stats,
    .check = queue_mem_check,
    .close = queue_mem_close,
};
