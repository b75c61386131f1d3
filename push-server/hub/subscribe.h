/* From "subscribe" to a live cursor.
 *
 * A channel that this worker holds: its topic is confirmed, then the database says in one
 * snapshot whether the user may read and where the head is, then the ack goes out, then
 * the events after the client's number.
 *
 * A channel that this worker does not hold: an applicant (applicant.h) asks for the right
 * first. A no ends it. A yes makes the channel and subscribes to its topic in Redis; from
 * there the way is the one above, so that the right and the head are read a second time,
 * after the confirmation. The first answer must not be used for the cursor: an event that
 * is committed after its snapshot and published before Redis has subscribed this worker
 * is neither below its head nor heard on the topic. With the second snapshot S there is
 * no such event. An event that S contains is at or below its head, and the log or a page
 * has it. Any other event is committed after S, so it is published after the
 * confirmation, and this worker hears it. The same holds for the right: S sees a removal
 * before it, and the topic tells of a removal after it. Between the two questions nothing
 * of the channel is sent to the client.
 *
 * What a client may end meanwhile: `unsubscribe` and the close of the connection free the
 * applicant, and a late answer finds no ticket. A second `subscribe` waits for the same
 * answer. A channel in which nobody was let in after all is freed as soon as its topic is
 * confirmed and its last subscription is gone. */
#ifndef PUSH_SUBSCRIBE_H
#define PUSH_SUBSCRIBE_H

#include "hub/hub.h"

struct subscribe_request {
	struct channel_id channel;
	const char *op; /* "subscribe", "sync": static */
	const char *id; /* the client's, or NULL */
	bool has_after;
	int64_t after;
	const char *epoch; /* the client's, or NULL */
};

/* ES_OK: will be answered, as sub_answer.h says. ES_TOO_MANY_SUBSCRIPTIONS. */
enum es_code subscribe_begin(struct hub *hub, struct conn *c,
    const struct subscribe_request *req, struct es_err *err) ES_MUST_CHECK;

/* Nothing of the channel is written after this. Also when not subscribed. */
void subscribe_end(struct hub *hub, struct conn *c, const struct channel_id *channel);

/* The answer to a question of rights_ask.h; row is NULL for a no. The ticket of the item
 * tells whether the applicant or the subscription of today is the one that the question
 * was asked for; otherwise nothing happens. */
void subscribe_judge(struct hub *hub, const struct authorise_item *item,
    const struct sync_channel *row, enum es_code rc);

#endif
