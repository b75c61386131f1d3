/* What one connection sends into one channel and what waits there for its turn, in order.
 */
#ifndef PUSH_SEND_LANE_H
#define PUSH_SEND_LANE_H

#include "conn/conn.h"

/* One message that waits; its texts follow it in the same block. */
struct send_item {
	struct list link, due;
	struct send_lane *lane;
	uint64_t number;
	int64_t deadline_ms;
	bool ready; /* the rate limit has said yes */
	const char *id, *client_id, *body;
};

struct send_lane {
	struct list link; /* on conn->lanes */
	struct conn *conn;
	struct list *due; /* items of all lanes, the longest waiting first */
	struct channel_id channel;
	struct list items;
	unsigned n;
	bool busy; /* authorising or enqueuing */
};

/* NULL: the connection has none into this channel. */
struct send_lane *send_lane_find(struct conn *c, const struct channel_id *channel);
struct send_lane *send_lane_get(
    struct conn *c, const struct channel_id *channel, struct list *due);
/* With all that waits in it. */
void send_lane_free(struct send_lane *lane);

/* Copies the texts; client_id and id may be NULL. No deadline may be earlier than one
 * given before. */
struct send_item *send_lane_add(struct send_lane *lane, const char *body,
    const char *client_id, const char *id, int64_t deadline_ms);
/* The first item of the lane; NULL: none waits. */
struct send_item *send_lane_first(const struct send_lane *lane);
/* NULL: it waits no more. */
struct send_item *send_lane_item(struct send_lane *lane, uint64_t number);
void send_lane_remove(struct send_item *item);

#endif
