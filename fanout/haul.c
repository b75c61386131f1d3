#include "haul.h"

#include <string.h>

#include "core/check.h"

#include "core/banned.h"

/* Appends the messages of one partition. */
static void
haul_append(struct queue_cursor *to, const struct queue_cursor *from, struct arena *a)
{
	struct queue_msg *both = arena_alloc(a, (to->n + from->n) * sizeof(*both));

	memcpy(both, to->msgs, to->n * sizeof(*both));
	if (from->n > 0)
		memcpy(both + to->n, from->msgs, from->n * sizeof(*both));
	to->msgs = both;
	to->n += from->n;
}

/* Gives what the other partitions left of max to the partitions that have more than
 * `each`. A single busy channel would otherwise be committed in small batches. */
static enum es_code
haul_top_up(struct queue *q, struct queue_cursor cursors[], size_t n, size_t max,
    size_t each, bool *more, struct arena *a, struct es_err *err)
{
	struct queue_cursor *full = arena_alloc(a, n * sizeof(*full));
	size_t *of = arena_alloc(a, n * sizeof(*of));
	size_t n_full = 0, total = 0;

	for (size_t i = 0; i < n; i++) {
		total += cursors[i].n;
		if (cursors[i].n < each)
			continue;
		of[n_full] = i;
		full[n_full++] = (struct queue_cursor){.partition = cursors[i].partition,
		    .after = cursors[i].msgs[each - 1].position};
	}
	*more = n_full > 0;
	if (n_full == 0 || (max - total) / n_full == 0)
		return ES_OK;
	each = (max - total) / n_full;
	TRY(queue_collect(q, full, n_full, each, 0, a, err));
	*more = false;
	for (size_t i = 0; i < n_full; i++) {
		*more |= full[i].n == each;
		haul_append(&cursors[of[i]], &full[i], a);
	}
	return ES_OK;
}

static enum es_code
haul_fill(struct haul *h, struct queue *q, struct queue_cursor cursors[], size_t n,
    size_t max, int64_t wait_ms, bool *more, struct es_err *err)
{
	TRY(queue_collect(q, cursors, n, max / n, wait_ms, h->arena, err));
	TRY(haul_top_up(q, cursors, n, max, max / n, more, h->arena, err));
	h->parts = arena_alloc(h->arena, n * sizeof(*h->parts));
	for (size_t i = 0; i < n; i++)
		if (cursors[i].n > 0)
			h->parts[h->n++] =
			    (struct haul_part){.partition = cursors[i].partition,
				.msgs = cursors[i].msgs,
				.n = cursors[i].n};
	return ES_OK;
}

enum es_code
haul_receive(struct queue *q, struct queue_cursor cursors[], size_t n, size_t max,
    int64_t wait_ms, struct haul **out, bool *more, struct es_err *err)
{
	struct haul *h = mem_new(1, sizeof(*h));
	const size_t asked = n < max ? n : max;
	enum es_code rc;

	h->arena = arena_new();
	rc = haul_fill(h, q, cursors, asked, max, asked < n ? 0 : wait_ms, more, err);
	if (rc != ES_OK || h->n == 0)
		haul_free(&h);
	*more |= asked < n;
	*out = h;
	return rc;
}

void
haul_free(struct haul **h)
{
	if (*h == NULL)
		return;
	arena_free(&(*h)->arena);
	mem_free(*h);
	*h = NULL;
}

size_t
haul_left(const struct haul *h)
{
	size_t left = 0;

	for (size_t i = 0; i < h->n; i++)
		left += h->parts[i].n - h->parts[i].taken;
	return left;
}
