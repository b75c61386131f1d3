/* From "subscribe" to a live cursor.
 *
 * A channel that this worker holds: Redis confirms its topic, then the database says in
 * one snapshot whether the user may read and where the head is, then the worker sends the
 * ack and the events after the client's number.
 *
 * A channel that this worker does not hold: an applicant (applicant.h) asks for the right
 * first. A refusal ends the applicant. A permission makes the channel and subscribes to
 * its topic in Redis. From there the way is the one above, so the database is asked for
 * the right and the head a second time, after the confirmation. The first answer must not
 * be used for the cursor: an event that is committed after its snapshot and published
 * before Redis has subscribed this worker is above its head, and the worker does not
 * receive it on the topic. With the second snapshot S there is no such event. An event
 * that S contains is at or below its head, and the log or a page has it. Any other event
 * is committed after S, so it is published after the confirmation, and this worker
 * receives it. The same holds for the right: S sees a removal before it, and the topic
 * tells of a removal after it. Between the two questions the worker sends nothing of the
 * channel to the client.
 *
 * Meanwhile `unsubscribe` or the close of the connection may free the applicant; a late
 * answer then finds no ticket. A second `subscribe` waits for the same answer. A channel
 * that no reader could enter in the end is freed as soon as its topic is confirmed and
 * its last subscription is gone. */
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

/* ES_OK: the client will receive an answer, see sub_answer.h. ES_TOO_MANY_SUBSCRIPTIONS:
 * the connection has max_subscriptions subscriptions and applicants. */
enum es_code subscribe_begin(struct hub *hub, struct conn *c,
    const struct subscribe_request *req, struct es_err *err) ES_MUST_CHECK;

/* The connection's user has become a guest: the worker asks for each right again before
 * it delivers more. Nothing before hello. */
void subscribe_doubt(struct conn *c);
/* End the connection's subscription to the channel, or its applicant, if there is one. No
 * frame of the channel is written after this. */
void subscribe_end(struct hub *hub, struct conn *c, const struct channel_id *channel);

/* Take the answer to a question of rights_ask.h; row is NULL when the user may not read.
 * The answer is dropped when the item's ticket is not that of the present applicant or
 * subscription: then the question was for an earlier one. */
void subscribe_judge(struct hub *hub, const struct authorise_item *item,
    const struct rights_row *row, enum es_code rc);

#endif
