#include "hub/deliver_batch.h"

#include <stdlib.h>
#include <string.h>

#include "conn/conn_write.h"
#include "core/check.h"

#include "core/banned.h"

struct deliver_batch {
	size_t room, len;
	int64_t replayed;
	unsigned n;
	struct deliver_part parts[DELIVER_PARTS];
	char bytes[CONN_WRITE_MAX];
};

struct deliver_batch *
deliver_batch_new(void)
{
	return mem_new(1, sizeof(struct deliver_batch));
}

void
deliver_batch_free(struct deliver_batch **b)
{
	free(*b);
	*b = NULL;
}

void
deliver_batch_begin(struct deliver_batch *b, size_t room)
{
	b->room = room;
	b->len = 0;
	b->replayed = 0;
	b->n = 0;
}

size_t
deliver_batch_room(const struct deliver_batch *b)
{
	return b->len < b->room ? b->room - b->len : 1;
}

/* A batch that begins with a long span takes no other span. */
static bool
deliver_batch_full(const struct deliver_batch *b)
{
	return b->n == DELIVER_PARTS || (b->n == 1 && b->len > DELIVER_SHORT);
}

bool
deliver_batch_add(struct deliver_batch *b, const struct deliver_part *part)
{
	const size_t len = part->span.len;

	if (b->n > 0 &&
	    (deliver_batch_full(b) || len > DELIVER_SHORT || b->len + len > b->room))
		return false;
	b->parts[b->n++] = *part;
	b->len += len;
	if (part->from_page)
		b->replayed += part->span.n;
	return true;
}

unsigned
deliver_batch_n(const struct deliver_batch *b)
{
	return b->n;
}

const struct deliver_part *
deliver_batch_part(const struct deliver_batch *b, unsigned i)
{
	CHECK(i < b->n);
	return &b->parts[i];
}

int64_t
deliver_batch_replayed(const struct deliver_batch *b)
{
	return b->replayed;
}

bool
deliver_batch_write(struct deliver_batch *b, struct conn *c)
{
	size_t at = 0;
	bool written;

	CHECK(b->n > 0);
	if (b->n == 1)
		return conn_write_frames(
		    c, (const char *)b->parts[0].span.bytes, b->parts[0].span.len);
	for (unsigned i = 0; i < b->n; i++) {
		const struct chan_span *span = &b->parts[i].span;

		memcpy(b->bytes + at, span->bytes, span->len);
		at += span->len;
	}
	written = conn_write_frames(c, b->bytes, at);
	explicit_bzero(b->bytes, at); /* a message of them may be deleted */
	return written;
}
