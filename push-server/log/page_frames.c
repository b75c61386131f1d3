#include "log/page_frames.h"

#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "log/channel_change.h"
#include "wire/event_frame.h"

#include "core/banned.h"

void
page_frames_clear(struct page_frames *f)
{
	free(f->bytes);
	f->bytes = NULL;
	f->len = f->size = 0;
	free(f->removals);
	f->removals = NULL;
	f->n = f->n_removals = f->room_removals = 0;
	f->private_at = 0;
	f->first_deleted = f->last_deletion = 0;
}

size_t
page_frames_bytes(const struct page_frames *f)
{
	return f->size + f->room_removals * sizeof(*f->removals);
}

static int64_t
page_frames_seq(const struct page_frames *f, unsigned i)
{
	return f->first + f->index[i].above_first;
}

static void
page_frames_note_removal(struct page_frames *f, const struct removal *removal)
{
	if (f->n_removals == f->room_removals) {
		f->room_removals = f->room_removals == 0 ? 4 : f->room_removals * 2;
		f->removals =
		    mem_grow(f->removals, f->room_removals * sizeof(*f->removals));
	}
	f->removals[f->n_removals++] = *removal;
}

void
page_frames_add(struct page_frames *f, const struct event *ev, struct arena *a)
{
	static unsigned char buf[EVENT_FRAME_MAX];
	const struct event_frame frame = event_frame_encode(ev, buf);
	const struct channel_change change = channel_change_of(ev, a);
	struct removal removal;

	CHECK(f->n < PAGE_EVENTS);
	if (f->len + frame.len > f->size) {
		f->size = (f->len + frame.len) * 2;
		f->bytes = mem_grow(f->bytes, f->size);
	}
	memcpy(f->bytes + f->len, frame.bytes, frame.len);
	explicit_bzero(buf, (size_t)(frame.bytes - buf) + frame.len);
	if (f->n == 0)
		f->first = ev->seq;
	CHECK(ev->seq - f->first <= UINT32_MAX && f->len <= UINT32_MAX);
	f->index[f->n].above_first = (uint32_t)(ev->seq - f->first);
	f->index[f->n].offset = (uint32_t)f->len;
	f->len += frame.len;
	f->n++;
	if (change.has_private && change.is_private)
		f->private_at = ev->seq;
	if (ev->kind == EVENT_MESSAGE_DELETED) {
		if (f->last_deletion == 0 || ev->message_id < f->first_deleted)
			f->first_deleted = ev->message_id;
		f->last_deletion = ev->seq;
	}
	if (removal_of(ev, a, &removal))
		page_frames_note_removal(f, &removal);
}

struct chan_span
page_frames_span(const struct page_frames *f, int64_t through, int64_t after,
    int64_t limit, size_t max)
{
	struct chan_span span = {.through = after};
	unsigned i = 0;

	while (i < f->n && page_frames_seq(f, i) <= after)
		i++;
	for (; i < f->n; i++) {
		const size_t end = i + 1 < f->n ? f->index[i + 1].offset : f->len;

		if (page_frames_seq(f, i) > limit)
			break;
		if (span.n == 0)
			span.bytes = f->bytes + f->index[i].offset;
		else if (end - (size_t)(span.bytes - f->bytes) > max)
			break;
		span.len = end - (size_t)(span.bytes - f->bytes);
		span.n++;
		span.through = page_frames_seq(f, i);
	}
	if (i == f->n) /* through also passes numbers that carry no event */
		span.through = through < limit ? through : limit;
	return span;
}
