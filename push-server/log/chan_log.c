#include "log/chan_log.h"

#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "core/list.h"

#include "core/banned.h"

#define INDEX_FIRST 16 /* slots of the first index; it doubles when full */

struct chan_logs {
	struct list by_use; /* of logs that hold memory, least recently used first */
	size_t bytes, total_max, channel_max;
};

/* The place of a frame in the ring. */
struct slot {
	int64_t seq;
	int64_t accepted_ms;
	int64_t message_id;
	uint32_t offset, len;
};

/* A frame never straddles the end of the ring: a frame that does not fit there goes to
 * the start, so that it is one piece of memory. The index of the frames is another
 * ring. */
struct chan_log {
	struct chan_logs *all;
	struct list use;
	int64_t base, head;
	unsigned char *ring;
	size_t size;
	struct slot *index;
	unsigned first, n, room; /* room is a power of two */
};

struct chan_logs *
chan_logs_new(size_t total_bytes, size_t channel_bytes)
{
	struct chan_logs *all = mem_new(1, sizeof(*all));

	list_init(&all->by_use);
	all->total_max = total_bytes;
	all->channel_max = channel_bytes;
	return all;
}

void
chan_logs_free(struct chan_logs **all)
{
	if (*all == NULL)
		return;
	CHECK(list_empty(&(*all)->by_use));
	free(*all);
	*all = NULL;
}

size_t
chan_logs_bytes(const struct chan_logs *all)
{
	return all->bytes;
}

static size_t
chan_log_footprint(const struct chan_log *log)
{
	return log->size + log->room * sizeof(struct slot);
}

static struct slot *
chan_log_slot_at(const struct chan_log *log, unsigned i)
{
	return &log->index[(log->first + i) & (log->room - 1)];
}

static void
chan_log_empty(struct chan_log *log)
{
	log->all->bytes -= chan_log_footprint(log);
	list_del(&log->use);
	free(log->ring);
	free(log->index);
	log->ring = NULL;
	log->index = NULL;
	log->size = 0;
	log->first = log->n = log->room = 0;
	log->base = log->head;
}

static void
chan_log_touch(struct chan_log *log)
{
	if (log->size != 0)
		list_move_tail(&log->all->by_use, &log->use);
}

/* Empties the least recently used logs until the rest fits the budget. Never empties the
 * given log, which alone always fits the budget. */
static void
chan_log_keep_budget(struct chan_log *log)
{
	struct chan_logs *all = log->all;

	while (all->bytes > all->total_max && all->by_use.next != &log->use)
		chan_log_empty(LIST_ITEM(all->by_use.next, struct chan_log, use));
}

struct chan_log *
chan_log_new(struct chan_logs *all, int64_t head)
{
	struct chan_log *log = mem_new(1, sizeof(*log));

	log->all = all;
	log->base = log->head = head;
	list_init(&log->use);
	return log;
}

void
chan_log_free(struct chan_log **log)
{
	if (*log == NULL)
		return;
	chan_log_empty(*log);
	free(*log);
	*log = NULL;
}

int64_t
chan_log_base(const struct chan_log *log)
{
	return log->base;
}

int64_t
chan_log_head(const struct chan_log *log)
{
	return log->head;
}

void
chan_log_restart(struct chan_log *log, int64_t head)
{
	chan_log_empty(log);
	log->base = log->head = head;
}

static void
chan_log_grow_index(struct chan_log *log)
{
	const unsigned room = log->room == 0 ? INDEX_FIRST : log->room * 2;
	struct slot *index = mem_new(room, sizeof(*index));

	for (unsigned i = 0; i < log->n; i++)
		index[i] = *chan_log_slot_at(log, i);
	log->all->bytes += (room - log->room) * sizeof(*index);
	free(log->index);
	log->index = index;
	log->first = 0;
	log->room = room;
}

/* Replaces the ring by a larger one, with the frames in order from its start. */
static void
chan_log_grow_ring(struct chan_log *log)
{
	const size_t max = log->all->channel_max;
	size_t size = log->size == 0 ? CHAN_LOG_FIRST : log->size * 2;
	unsigned char *ring;
	uint32_t at = 0;

	if (size > max)
		size = max;
	ring = mem_new(1, size);
	for (unsigned i = 0; i < log->n; i++) {
		struct slot *s = chan_log_slot_at(log, i);

		memcpy(ring + at, log->ring + s->offset, s->len);
		s->offset = at;
		at += s->len;
	}
	log->all->bytes += size - log->size;
	free(log->ring);
	log->ring = ring;
	log->size = size;
}

/* Finds an offset with len free bytes after it. Returns false when there is none. */
static bool
chan_log_find_room(const struct chan_log *log, size_t len, uint32_t *out)
{
	const struct slot *last;
	size_t start, end;

	if (log->n == 0) {
		*out = 0;
		return len <= log->size;
	}
	last = chan_log_slot_at(log, log->n - 1);
	start = chan_log_slot_at(log, 0)->offset;
	end = (size_t)last->offset + last->len;
	if (end <= start) { /* wrapped: free between the newest frame and the oldest */
		*out = (uint32_t)end;
		return len <= start - end;
	}
	if (len <= log->size - end) {
		*out = (uint32_t)end;
		return true;
	}
	*out = 0;
	return len <= start;
}

static void
chan_log_evict_oldest(struct chan_log *log)
{
	const struct slot *oldest = chan_log_slot_at(log, 0);

	CHECK(log->n > 0);
	memset(log->ring + oldest->offset, 0, oldest->len);
	log->base = oldest->seq;
	log->first = (log->first + 1) & (log->room - 1);
	log->n--;
}

enum chan_log_result
chan_log_append(struct chan_log *log, const struct chan_frame *frame)
{
	const size_t len = frame->len;
	uint32_t offset;

	if (frame->seq <= log->head)
		return CHAN_LOG_REPEAT;
	if (frame->seq != log->head + 1)
		return CHAN_LOG_HOLE;
	CHECK(len > 0 && len <= log->all->channel_max);
	while (!chan_log_find_room(log, len, &offset)) {
		if (log->size < log->all->channel_max)
			chan_log_grow_ring(log);
		else
			chan_log_evict_oldest(log);
	}
	if (log->n == log->room)
		chan_log_grow_index(log);
	memcpy(log->ring + offset, frame->bytes, len);
	*chan_log_slot_at(log, log->n) = (struct slot){.seq = frame->seq,
	    .accepted_ms = frame->accepted_ms,
	    .message_id = frame->message_id,
	    .offset = offset,
	    .len = (uint32_t)len};
	log->n++;
	log->head = frame->seq;
	chan_log_touch(log);
	chan_log_keep_budget(log);
	return CHAN_LOG_APPENDED;
}

unsigned
chan_log_rewrite(struct chan_log *log, int64_t message_id, chan_log_rewriter *rewrite)
{
	unsigned n = 0;

	CHECK(message_id > 0);
	for (unsigned i = 0; i < log->n; i++) {
		const struct slot *s = chan_log_slot_at(log, i);

		if (s->message_id != message_id)
			continue;
		rewrite(log->ring + s->offset, s->len);
		n++;
	}
	return n;
}

/* Index of the first frame above the cursor. */
static unsigned
chan_log_find(const struct chan_log *log, int64_t after)
{
	unsigned low = 0, high = log->n;

	while (low < high) {
		const unsigned mid = low + (high - low) / 2;

		if (chan_log_slot_at(log, mid)->seq > after)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

struct chan_span
chan_log_span(struct chan_log *log, int64_t after, int64_t limit, size_t max)
{
	struct chan_span span = {.through = after};
	unsigned i;

	CHECK(after >= log->base);
	for (i = chan_log_find(log, after); i < log->n; i++) {
		const struct slot *s = chan_log_slot_at(log, i);
		const unsigned char *at = log->ring + s->offset;

		if (s->seq > limit)
			break;
		if (span.n == 0)
			span.bytes = at;
		else if (at != span.bytes + span.len || span.len + s->len > max)
			break;
		span.len += s->len;
		span.n++;
		span.through = s->seq;
		span.accepted_ms = s->accepted_ms;
	}
	if (span.n > 0)
		chan_log_touch(log);
	return span;
}
