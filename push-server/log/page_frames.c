#include "log/page_frames.h"

#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "wire/event_frame.h"

#include "core/banned.h"

void
page_frames_clear(struct page_frames *f)
{
	free(f->bytes);
	f->bytes = NULL;
	f->len = f->size = 0;
	f->n = f->n_removals = 0;
}

void
page_frames_add(struct page_frames *f, const struct event *ev, struct arena *a)
{
	static unsigned char buf[EVENT_FRAME_MAX];
	const struct event_frame frame = event_frame_encode(ev, buf);

	CHECK(f->n < PAGE_EVENTS);
	if (f->len + frame.len > f->size) {
		f->size = (f->len + frame.len) * 2;
		f->bytes = mem_grow(f->bytes, f->size);
	}
	memcpy(f->bytes + f->len, frame.bytes, frame.len);
	f->index[f->n].seq = ev->seq;
	f->index[f->n].offset = f->len;
	f->len += frame.len;
	f->n++;
	if (removal_of(ev, a, &f->removals[f->n_removals]))
		f->n_removals++;
}

struct chan_span
page_frames_span(const struct page_frames *f, int64_t through, int64_t after,
    int64_t limit, size_t max)
{
	struct chan_span span = {.through = after};
	unsigned i = 0;

	while (i < f->n && f->index[i].seq <= after)
		i++;
	for (; i < f->n; i++) {
		const size_t end = i + 1 < f->n ? f->index[i + 1].offset : f->len;

		if (f->index[i].seq > limit)
			break;
		if (span.n == 0)
			span.bytes = f->bytes + f->index[i].offset;
		else if (end - (size_t)(span.bytes - f->bytes) > max)
			break;
		span.len = end - (size_t)(span.bytes - f->bytes);
		span.n++;
		span.through = f->index[i].seq;
	}
	if (i == f->n) /* also past the numbers that carry no event */
		span.through = through < limit ? through : limit;
	return span;
}
