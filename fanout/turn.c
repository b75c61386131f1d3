#include "turn.h"

#include <stdio.h>
#include <string.h>

#include "conf/crash_point.h"
#include "consumer_private.h"
#include "core/check.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/outage.h"
#include "haul.h"
#include "lease_settle.h"

#include "core/banned.h"

/* The entries of one partition in a turn. */
struct turn_part {
	unsigned partition;
	/* positions of the entry before the first one, and of the last one */
	char from[QUEUE_POSITION_MAX], end[QUEUE_POSITION_MAX];
};

struct turn {
	struct arena *arena;
	struct batch_ctx ctx;
	struct batch *batch;
	struct turn_part *parts;
	size_t n;
};

static void
turn_free(struct turn **t)
{
	if (*t == NULL)
		return;
	arena_free(&(*t)->arena);
	mem_free(*t);
	*t = NULL;
}

void
turn_forget(struct consumer *w)
{
	turn_free(&w->next);
	haul_free(&w->haul);
	leases_rewind(&w->leases);
}

/* The cursors of the partitions that take part in a turn. Lowers *wait_ms to the time
 * until the first of the other partitions is tried again. */
static size_t
turn_cursors(struct consumer *w, struct queue_cursor out[], int64_t *wait_ms)
{
	const int64_t now = clock_mono_ms();
	size_t n = 0;

	for (size_t k = 0; k < w->leases.n; k++) {
		const struct lease *held = &w->leases.held[(k + w->passes) % w->leases.n];

		if (held->not_before_ms <= now && !held->alone)
			out[n++] = (struct queue_cursor){
			    .partition = (unsigned)held->part.number,
			    .after = held->ahead};
		else if (held->not_before_ms - now < *wait_ms)
			*wait_ms =
			    held->not_before_ms > now ? held->not_before_ms - now : 0;
	}
	w->passes++;
	return n;
}

/* Receives the entries that come after the entries in turns. */
static enum es_code
turn_receive(struct consumer *w, int64_t wait_ms, struct es_err *err)
{
	struct queue_cursor *cursors =
	    arena_alloc(w->arena, w->leases.n * sizeof(*cursors));
	const size_t n = turn_cursors(w, cursors, &wait_ms);

	if (n == 0) {
		w->more = false;
		clock_sleep_ms(wait_ms);
		return ES_OK;
	}
	if (haul_receive(w->queue, cursors, n, w->receive_max, wait_ms, &w->haul,
		&w->more, err) != ES_OK) {
		w->more = false;
		w->receive_max = consumer_halve(w->receive_max, w->receive_max);
		return err->code;
	}
	w->receive_max = consumer_double(w->receive_max, QUEUE_RECEIVE_MAX);
	if (w->haul != NULL)
		CRASH_POINT("after_receive");
	return ES_OK;
}

/* Takes entries of one partition into the turn. Returns false when the turn is full. When
 * an entry is not an envelope, its partition stands alone after the entries before it are
 * committed. */
static bool
turn_take(struct turn *t, struct haul_part *from, struct lease *held)
{
	struct turn_part *to = &t->parts[t->n];
	bool odd = false;
	const size_t n =
	    batch_add(t->batch, arena_printf(t->arena, "es:q:%u", from->partition),
		from->msgs + from->taken, from->n - from->taken, &odd);

	from->taken += n;
	if (n > 0) {
		to->partition = from->partition;
		memcpy(to->from, held->ahead, sizeof(to->from));
		(void)snprintf(
		    to->end, sizeof(to->end), "%s", from->msgs[from->taken - 1].position);
		memcpy(held->ahead, to->end, sizeof(held->ahead));
		t->n++;
	}
	if (odd) {
		held->alone = true;
		from->taken = from->n;
	}
	return from->taken == from->n;
}

/* Decodes the next turn of the received entries; NULL when none of them fits. */
static struct turn *
turn_decode(struct consumer *w)
{
	struct turn *t = mem_new(1, sizeof(*t));
	bool full = false;

	t->arena = arena_new();
	t->ctx = consumer_batch_ctx(w);
	t->batch = batch_new(&t->ctx, haul_left(w->haul), t->arena);
	t->parts = arena_alloc(t->arena, w->haul->n * sizeof(*t->parts));
	for (size_t k = 0; k < w->haul->n && !full; k++) {
		struct haul_part *part = &w->haul->parts[k];
		const size_t i = leases_find(&w->leases, part->partition);

		if (part->taken == part->n)
			continue;
		if (i == w->leases.n)
			part->taken = part->n; /* another worker has it now */
		else
			full = !turn_take(t, part, &w->leases.held[i]);
	}
	if (haul_left(w->haul) == 0)
		haul_free(&w->haul);
	if (t->n == 0)
		turn_free(&t);
	return t;
}

/* *out: the next turn, or NULL when no entry waits. */
static enum es_code
turn_plan(struct consumer *w, int64_t wait_ms, struct turn **out, struct es_err *err)
{
	*out = NULL;
	if (w->haul == NULL)
		TRY(turn_receive(w, wait_ms, err));
	if (w->haul != NULL)
		*out = turn_decode(w);
	return ES_OK;
}

/* Trims the queue and plans the next turn while PostgreSQL commits. */
static void
turn_use_commit(struct consumer *w)
{
	struct es_err err;

	if (lease_settle_trim(&w->leases, w->queue, w->arena, &err) != ES_OK)
		outage_report_failure(OUTAGE_QUEUE, &err);
	if (*w->stopping || (w->haul == NULL && !w->more))
		return;
	/* The next pass receives again, and backs off when that fails, too. */
	if (turn_plan(w, 0, &w->next, &err) != ES_OK)
		log_debug("can't receive during a commit", LOG_ERR_FIELDS(&err));
}

/* Receives entries while Redis publishes the turn, when messages arrive faster than turns
 * end. After a turn of one entry nearly nothing would have arrived yet: one more call of
 * Redis for each message. */
static void
turn_use_publication(struct consumer *w, const struct turn *t)
{
	struct es_err err;

	if (*w->stopping || w->next != NULL || w->haul != NULL ||
	    batch_entries(t->batch) < 2)
		return;
	/* The next pass receives again, and backs off when that fails, too. */
	if (turn_receive(w, 0, &err) != ES_OK)
		log_debug("can't receive during a publication", LOG_ERR_FIELDS(&err));
}

/* Fills in the fences of the turn. Returns false when, since the turn was planned, the
 * worker has lost one of its partitions or has committed other entries of one. */
static bool
turn_fences(const struct consumer *w, const struct turn *t, struct batch_fence out[])
{
	for (size_t k = 0; k < t->n; k++) {
		const size_t i = leases_find(&w->leases, t->parts[k].partition);

		if (i == w->leases.n ||
		    strcmp(w->leases.held[i].read, t->parts[k].from) != 0)
			return false;
		out[k] = leases_fence(&w->leases.held[i]);
	}
	return true;
}

static void
turn_failed(struct consumer *w, const struct turn *t, enum batch_end end,
    const struct es_err *err)
{
	log_debug("turn postponed", LOG_ERR_FIELDS(err),
	    LOG_INT("entries", (int64_t)batch_entries(t->batch)));
	for (size_t k = 0; k < t->n; k++)
		w->leases.held[leases_find(&w->leases, t->parts[k].partition)].alone =
		    true;
	if (end == BATCH_RETRY && pg_transient(err->sqlstate))
		w->receive_max = consumer_halve(w->receive_max, batch_entries(t->batch));
	turn_forget(w);
}

static void
turn_commit(struct consumer *w, struct turn *t)
{
	struct batch_fence *fences = arena_alloc(t->arena, t->n * sizeof(*fences));
	enum batch_end end;
	struct es_err err;

	if (!turn_fences(w, t, fences)) {
		turn_forget(w);
		return;
	}
	batch_start(t->batch, fences, t->n);
	turn_use_commit(w);
	end = batch_finish(t->batch, &err);
	if (end != BATCH_DONE) {
		turn_failed(w, t, end, &err);
		return;
	}
	turn_use_publication(w, t);
	batch_published(t->batch);
	for (size_t k = 0; k < t->n; k++)
		leases_advance(
		    &w->leases.held[leases_find(&w->leases, t->parts[k].partition)],
		    t->parts[k].end);
}

enum es_code
turn_run(struct consumer *w, struct es_err *err)
{
	struct turn *t = w->next;

	w->next = NULL;
	if (t == NULL && !*w->stopping)
		TRY(turn_plan(w, WAIT_MS, &t, err));
	if (t != NULL)
		turn_commit(w, t);
	turn_free(&t);
	return ES_OK;
}
