/* The content of a page: finished frames, one after the other, and their numbers. */
#ifndef PUSH_PAGE_FRAMES_H
#define PUSH_PAGE_FRAMES_H

#include "log/chan_log.h"
#include "log/removal.h"

#define PAGE_EVENTS 100

struct page_frames {
	unsigned char *bytes;
	size_t len, size;
	int64_t first; /* number of the first frame */
	struct {
		uint32_t above_first; /* number of the frame minus `first` */
		uint32_t offset;
	} index[PAGE_EVENTS];
	unsigned n, n_removals, room_removals;
	struct removal *removals; /* NULL: none */
	int64_t private_at; /* the last event that makes the channel private; 0: none */
	/* first_deleted: the smallest id of a message that an event of the page deletes.
	 * last_deletion: the number of the last such event; 0: none. */
	int64_t first_deleted, last_deletion;
};

/* Bytes of memory that the frames take, without the struct. */
size_t page_frames_bytes(const struct page_frames *f);

void page_frames_clear(struct page_frames *f);
/* Append the frame of an event. Call it at most PAGE_EVENTS times, in the order of the
 * numbers. a is scratch memory. */
void page_frames_add(struct page_frames *f, const struct event *ev, struct arena *a);
/* Like chan_log_span(). through: the last number that the page covers. */
struct chan_span page_frames_span(const struct page_frames *f, int64_t through,
    int64_t after, int64_t limit, size_t max);

#endif
