/* A subscription is {connection, channel, cursor}; a state machine whose states are also
 * the lists that it stands on. */
#ifndef PUSH_SUBSCRIPTION_H
#define PUSH_SUBSCRIPTION_H

#include "hub/channel.h"
#include "hub/sub_request.h"
#include "wire/event_frame.h"

enum sub_state {
	SUB_WAITING, /* channel->joining: the topic is not confirmed */
	SUB_TO_ASK,  /* hub_conn->to_ask */
	SUB_ASKED,   /* on no list: the ticket finds it */
	SUB_IDLE,    /* channel->idle or ->woken: the cursor is at the head or ahead */
	SUB_PENDING, /* hub_conn->pending: behind, written when the socket takes bytes */
	SUB_PAGING,  /* the waiters of a page */
	SUB_STATES
};

/* Large channels have as many as a worker has connections: what only a request needs
 * stands in the request. */
struct subscription {
	struct list of_conn; /* on hub_conn->subscriptions */
	struct table_node node;
	struct conn *conn;
	struct channel *channel;
	struct list of_channel, place;
	int64_t at;        /* delivered, or covered, up to here */
	int64_t clear;     /* the reader was allowed to read as of this number */
	int64_t stop_at;   /* lost its membership with this number; else INT64_MAX */
	int64_t live_from; /* later numbers were not there when it subscribed */
	uint64_t ticket;   /* of the question under way */
	/* Not answered yet, the oldest first. Never NULL while the subscription is not
	 * joined. */
	struct sub_request *requests;
	enum sub_state state;
	bool joined;  /* acked: from here on it is a cursor */
	bool doubted; /* nothing is delivered before the right was asked for again */
};
_Static_assert(sizeof(struct subscription) <= 144, "a subscription is small");

struct subscription *sub_find(
    const struct hub *hub, const struct conn *c, const struct channel *ch);
struct subscription *sub_new(struct conn *c, struct channel *ch);
void sub_free(struct subscription *sub);
/* The only place where a state changes; list: where it goes, NULL for SUB_ASKED. */
void sub_place(struct subscription *sub, enum sub_state next, struct list *list);
/* Not before it is joined and has a cursor. */
bool sub_live(const struct subscription *sub);

/* The connection has a question for the end of the turn. */
void sub_conn_asks(struct hub_conn *hc);
/* The database is to be asked, at the end of the turn or later (gather.h). */
void sub_ask(struct subscription *sub);
/* As sub_ask(). Nothing more is delivered before the answer. A live reader who waits for
 * it longer than a subscribe may take is told so once, by the error `unavailable`. */
void sub_ask_again(struct subscription *sub);
/* Behind: to be written when the socket takes bytes. */
void sub_behind(struct subscription *sub);
/* Tell the reader that numbers up to `to` are not delivered; the cursor is there then. */
void sub_gap(struct subscription *sub, int64_t to, enum gap_reason reason);
/* Answer every request with the error and end the subscription. */
void sub_fail(struct subscription *sub, enum es_code code, const char *text);
/* The removal of the reader was delivered: the end, or the request that came meanwhile.
 */
void sub_over(struct subscription *sub);

#endif
