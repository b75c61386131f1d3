/* A subscription is {connection, channel, cursor}. It is a state machine; its state
 * decides which list the subscription is on. */
#ifndef PUSH_SUBSCRIPTION_H
#define PUSH_SUBSCRIPTION_H

#include "hub/channel.h"
#include "hub/sub_request.h"
#include "wire/event_frame.h"

enum sub_state {
	SUB_WAITING, /* channel->joining: the topic is not confirmed */
	SUB_TO_ASK,  /* hub_conn->to_ask */
	SUB_ASKED,   /* on no list; takes only the answer with its ask_id */
	SUB_IDLE,    /* channel->idle or ->woken: the cursor is at the head or ahead */
	SUB_PENDING, /* hub_conn->pending: behind, written when the socket takes bytes */
	SUB_PAGING,  /* on the list of waiters of a page */
	SUB_STATES
};

/* Why the server ends a subscription. SUB_END_PRIVATE and SUB_END_REFUSED: the database
 * says that the user may not read the channel any more, and no event has said why. */
enum sub_end {
	SUB_END_NONE,
	SUB_END_LEFT,
	SUB_END_REMOVED,
	SUB_END_BANNED,
	SUB_END_DELETED,
	SUB_END_PRIVATE,
	SUB_END_REFUSED,
	SUB_ENDS
};

/* A large channel can have a subscription for each connection of the worker. So the
 * struct is small: fields that only a request needs are in struct sub_request. */
struct subscription {
	struct list of_conn; /* on hub_conn->subscriptions */
	struct table_node node;
	struct conn *conn;
	struct channel *channel;
	struct list of_channel, place;
	int64_t at; /* the cursor: delivered, or covered by a gap, up to here */
	/* the database has confirmed the right to read as of this number */
	int64_t clear;
	int64_t stop_at;   /* number of the reader's removal, else INT64_MAX */
	int64_t live_from; /* events above it are newer than the subscribe */
	uint64_t ask_id;   /* number of the question under way */
	/* Requests without an answer, the oldest first. Never NULL before the
	 * subscription is joined. */
	struct sub_request *requests;
	enum sub_state state;
	uint8_t end; /* enum sub_end: the reason for stop_at, or for the last one */
	bool joined; /* the ack is sent, and the cursor is valid */
	bool
	    unconfirmed; /* deliver nothing before the database has confirmed the right */
};
_Static_assert(sizeof(struct subscription) <= 144, "a subscription is small");

struct subscription *sub_find(
    const struct hub *hub, const struct conn *c, const struct channel *ch);
struct subscription *sub_new(struct conn *c, struct channel *ch);
void sub_free(struct subscription *sub);
/* Change the state and put the subscription on the list, which is NULL for SUB_ASKED. No
 * other function changes the state. */
void sub_place(struct subscription *sub, enum sub_state next, struct list *list);
/* Returns true when only a member may read, because the channel is private or the user is
 * a guest. */
bool sub_members_only(const struct subscription *sub);
/* True for a joined subscription that does not wait for the database. */
bool sub_live(const struct subscription *sub);

/* Mark the connection, so that its questions are sent at the end of the turn or later. */
void sub_conn_asks(struct hub_conn *hc);
/* Queue a question to the database, which is sent at the end of the turn or later
 * (gather.h). */
void sub_ask(struct subscription *sub);
/* Like sub_ask(), and deliver nothing before the answer. A live reader receives the error
 * `unavailable` once if the answer takes longer than join_timeout_ms. */
void sub_ask_again(struct subscription *sub);
/* The cursor is behind: deliver when the socket takes bytes. */
void sub_set_pending(struct subscription *sub);
/* Send a gap: the numbers up to `to` are not delivered. Moves the cursor to `to`. */
void sub_gap(struct subscription *sub, int64_t to, enum gap_reason reason);
/* Set stop_at and its reason. at is INT64_MAX when the subscription does not end. */
void sub_stop(struct subscription *sub, int64_t at, enum sub_end end);
enum sub_end sub_end_of(const struct removal *removal);
/* Answer every request with the error and end the subscription. A reader that has
 * received an ack before also receives `unsubscribed`. */
void sub_fail(struct subscription *sub, enum es_code code, const char *text);
/* The reader's removal was delivered: end the subscription by `unsubscribed`, or ask the
 * database again if a newer request waits. */
void sub_removal_delivered(struct subscription *sub);

#endif
