/* What one connection is to receive by one write: the spans of several of its
 * subscriptions. Short spans are copied behind each other; one span alone is written from
 * where it lies. */
#ifndef PUSH_DELIVER_BATCH_H
#define PUSH_DELIVER_BATCH_H

#include "hub/subscription.h"
#include "log/chan_log.h"

/* A longer span goes alone and without a copy: above it copying costs more than the
 * system call that it saves. */
#define DELIVER_SHORT 4096
/* Spans of one write. */
#define DELIVER_PARTS 256

struct deliver_part {
	struct subscription *sub;
	struct chan_span span;
	bool from_page; /* counts against the connection's replay budget */
};

struct deliver_batch;

/* One for a worker: it is empty between two turns of a connection. */
struct deliver_batch *deliver_batch_new(void);
/* Takes NULL; leaves NULL. */
void deliver_batch_free(struct deliver_batch **b);

/* Empty it for a write of at most room bytes; a single frame may be longer. */
void deliver_batch_begin(struct deliver_batch *b, size_t room);
/* Bytes that the next span may have; at least 1, for a span has at least one frame. */
size_t deliver_batch_room(const struct deliver_batch *b);
/* Take part in the next write. False: it does not fit behind what is there. A batch that
 * is empty takes any span. The span's bytes must stay valid until the write. */
bool deliver_batch_add(
    struct deliver_batch *b, const struct deliver_part *part) ES_MUST_CHECK;
unsigned deliver_batch_n(const struct deliver_batch *b);
const struct deliver_part *deliver_batch_part(const struct deliver_batch *b, unsigned i);
/* Events from pages among its parts. */
int64_t deliver_batch_replayed(const struct deliver_batch *b);
/* One conn_write_frames() of all parts in their order; the batch must not be empty. */
bool deliver_batch_write(struct deliver_batch *b, struct conn *c) ES_MUST_CHECK;

#endif
