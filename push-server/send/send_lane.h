/* A lane holds the messages and changes that one connection sends into one channel, in
 * their order. */
#ifndef PUSH_SEND_LANE_H
#define PUSH_SEND_LANE_H

#include "conn/conn.h"
#include "event/envelope.h"

/* The fields of a frame send, edit, delete, react or unreact. */
struct send_new {
	enum envelope_op op;
	struct channel_id channel;
	int64_t target;           /* the message that the op changes; 0 for OP_MESSAGE */
	int64_t if_version;       /* 0: any */
	const char *body, *emoji; /* NULL for an op without it */
	const char *client_id, *id; /* or NULL */
	const char *traceparent;    /* of a sampled trace, or NULL */
	bool untraced;              /* the client decided against a trace */
};

/* One waiting message or change; its texts follow in the same block. */
struct send_item {
	struct list link, due;
	struct send_lane *lane;
	uint64_t number;
	int64_t deadline_ms;
	/* may go into an envelope: the rate limit has allowed it, or will be asked by the
	 * send */
	bool ready;
	bool uncharged; /* the send asks the rate limit; only the first item of a lane */
	bool held;      /* an allowed reaction that send_queue_release() lets go */
	struct send_new new; /* with copies of the texts */
};

struct send_lane {
	struct list link; /* on conn->lanes */
	struct list held; /* on a list of lanes that have held items */
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

/* Append a message or change; its texts are copied. deadline_ms must not be earlier than
 * that of any item added before. */
struct send_item *send_lane_add(
    struct send_lane *lane, const struct send_new *new, int64_t deadline_ms);
/* Returns the first item of the lane, or NULL when it is empty. */
struct send_item *send_lane_first(const struct send_lane *lane);
/* Returns the item with this number, or NULL when it no longer waits. */
struct send_item *send_lane_item(struct send_lane *lane, uint64_t number);
void send_lane_remove(struct send_item *item);
/* The held items of the lane need wait no longer. */
void send_lane_release(struct send_lane *lane);
/* Returns how many items, counted from the first, may go into one envelope now. */
size_t send_lane_ready(const struct send_lane *lane);

bool send_lane_is_reaction(enum envelope_op op);
/* The type of the client's frame for this op. */
const char *send_lane_frame_type(enum envelope_op op);

#endif
