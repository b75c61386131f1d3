/* From a subscribe frame to a subscription with a valid cursor.
 *
 * A channel that this worker holds: when Redis has confirmed its topic, the worker asks
 * the database for the right to read and for the head, in one snapshot. Then it sends the
 * ack and the events after the client's number.
 *
 * A channel that this worker does not hold: an applicant (applicant.h) asks for the right
 * first. A refusal ends the applicant. After a permission the worker creates the channel,
 * subscribes to its topic in Redis, and continues as above. So it asks for the right and
 * the head a second time, after the confirmation.
 *
 * The head of the first answer must not become the cursor. An event may be committed
 * after that snapshot and published before Redis has confirmed the topic; the worker
 * would never receive it. The second snapshot leaves no such hole. An event in the
 * snapshot is at or below its head, and the worker reads it from the log or from a page.
 * Any other event is committed after the snapshot, so it is published after the
 * confirmation, and the worker receives it on the topic. The same holds for rights: the
 * snapshot reflects every earlier removal, and a later one arrives on the topic. Until
 * the second answer the worker sends the client nothing of the channel.
 *
 * Meanwhile `unsubscribe` or the close of the connection may free the applicant or the
 * subscription; a late answer is then dropped, because its ask_id matches nothing. A
 * second `subscribe` waits for the same answer. A channel that no reader has entered is
 * freed when its topic is confirmed and its last subscription is gone. */
#ifndef PUSH_SUBSCRIBE_H
#define PUSH_SUBSCRIBE_H

#include "hub/hub.h"

/* Maximum of `last`, the number of newest events that a subscribe may ask for: a first
 * screen of a chat, and one page of history. */
#define SUBSCRIBE_LAST_MAX 100

struct sync_answer;

struct subscribe_request {
	struct channel_id channel;
	const char *op; /* "subscribe", "sync": static */
	const char *id; /* the client's, or NULL */
	bool has_after;
	int64_t after;
	const char *epoch; /* the client's, or NULL */
	/* `last`: replay so many of the newest events; 0: absent. Not with `after`. */
	int64_t newest;
	struct sync_answer *sync; /* the sync that the request is part of, or NULL */
	size_t sync_i;            /* its index there */
};

/* ES_OK: the client will receive an answer, see sub_answer.h. ES_TOO_MANY_SUBSCRIPTIONS:
 * the connection has max_subscriptions subscriptions and applicants. */
enum es_code subscribe_begin(struct hub *hub, struct conn *c,
    const struct subscribe_request *req, struct es_err *err) ES_MUST_CHECK;

/* The connection's user has become a guest: ask for the right to each channel again
 * before delivering more. Does nothing before hello. */
void subscribe_check_rights_again(struct conn *c);
/* End the connection's subscription to the channel, or its applicant, if there is one. No
 * frame of the channel is written after this. */
void subscribe_end(struct hub *hub, struct conn *c, const struct channel_id *channel);

/* Take the answer to a question of rights_ask.h; row is NULL when the user may not read.
 * Drops the answer when the ask_id of the item differs from that of the present applicant
 * or subscription: the question belonged to an earlier one. */
void subscribe_judge(struct hub *hub, const struct authorise_item *item,
    const struct rights_row *row, enum es_code rc);

#endif
