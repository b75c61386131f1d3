/* The frames that one write sends to one connection: the spans of several of its
 * subscriptions. Several short spans are copied into one buffer. A single span is written
 * without a copy, from the log or the page that holds it. */
#ifndef PUSH_DELIVER_BATCH_H
#define PUSH_DELIVER_BATCH_H

#include "hub/subscription.h"
#include "log/chan_log.h"

/* Bytes. A longer span is written alone and without a copy, because copying it would cost
 * more than the system call that the copy saves. */
#define DELIVER_SHORT 4096
/* Maximum number of spans in one write. */
#define DELIVER_PARTS 256

struct deliver_part {
	struct subscription *sub;
	struct chan_span span;
	bool from_page; /* counts against the connection's replay budget */
};

struct deliver_batch;

/* A worker has one batch and uses it for one connection after the other. */
struct deliver_batch *deliver_batch_new(void);
/* Takes NULL; leaves NULL. */
void deliver_batch_free(struct deliver_batch **b);

/* Empty the batch for a write of at most room bytes. A single frame may be longer than
 * room. */
void deliver_batch_begin(struct deliver_batch *b, size_t room);
/* Maximum bytes of the next span, at least 1. A span of a single frame may be longer. */
size_t deliver_batch_room(const struct deliver_batch *b);
/* Add a span to the write. Returns false when the span does not fit behind the spans in
 * the batch. An empty batch takes any span. The span's bytes must stay valid until the
 * write. */
bool deliver_batch_add(
    struct deliver_batch *b, const struct deliver_part *part) ES_MUST_CHECK;
unsigned deliver_batch_n(const struct deliver_batch *b);
const struct deliver_part *deliver_batch_part(const struct deliver_batch *b, unsigned i);
/* Number of the batch's events that come from pages. */
int64_t deliver_batch_replayed(const struct deliver_batch *b);
/* Write all spans in their order by one conn_write_frames(), and return its result. The
 * batch must not be empty. */
bool deliver_batch_write(struct deliver_batch *b, struct conn *c) ES_MUST_CHECK;

#endif
