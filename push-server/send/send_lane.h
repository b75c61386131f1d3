/* A lane holds the messages that one connection sends into one channel, in their
 * order. */
#ifndef PUSH_SEND_LANE_H
#define PUSH_SEND_LANE_H

#include "conn/conn.h"

/* The fields of a send frame. */
struct send_new {
	struct channel_id channel;
	const char *body;
	const char *client_id, *id; /* or NULL */
	const char *traceparent;    /* of a sampled trace, or NULL */
	bool untraced;              /* the client decided against a trace */
};

/* One waiting message; its texts follow in the same block. */
struct send_item {
	struct list link, due;
	struct send_lane *lane;
	uint64_t number;
	int64_t deadline_ms;
	bool ready;     /* the rate limit has allowed it, or will be asked by the send */
	bool uncharged; /* the send asks the rate limit; only the first item of a lane */
	bool untraced;  /* the client decided against a trace */
	const char *id, *client_id, *body, *traceparent;
};

struct send_lane {
	struct list link; /* on conn->lanes */
	struct conn *conn;
	/* the waiting items of all lanes of this worker, in the order of their
	 * deadlines */
	struct list *due;
	struct channel_id channel;
	struct list items;
	unsigned n;
	bool busy; /* a check of rights or a hand-over to the queue is under way */
};

/* Returns NULL when the connection has no lane for this channel. */
struct send_lane *send_lane_find(struct conn *c, const struct channel_id *channel);
struct send_lane *send_lane_get(
    struct conn *c, const struct channel_id *channel, struct list *due);
/* Also frees the items that wait in the lane. */
void send_lane_free(struct send_lane *lane);

/* Append a message; its texts are copied. deadline_ms must not be earlier than that of
 * any item added before. */
struct send_item *send_lane_add(
    struct send_lane *lane, const struct send_new *message, int64_t deadline_ms);
/* Returns the first item of the lane, or NULL when it is empty. */
struct send_item *send_lane_first(const struct send_lane *lane);
/* Returns the item with this number, or NULL when it no longer waits. */
struct send_item *send_lane_item(struct send_lane *lane, uint64_t number);
void send_lane_remove(struct send_item *item);

/* Returns how many items, counted from the first, may go into one envelope now. */
size_t send_lane_ready(const struct send_lane *lane);

#endif
