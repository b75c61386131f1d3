/* The hub of one worker: its channels, their subscribers, and the delivery of new events
 * in each turn of the loop. Pure logic: all I/O goes through struct hub_io. */
#ifndef PUSH_HUB_H
#define PUSH_HUB_H

#include "hub/hub_io.h"

struct hub_limits {
	size_t log_bytes, log_channel_bytes;
	size_t page_bytes;
	unsigned max_subscriptions; /* maximum for one connection */
	int64_t replay_limit;       /* events to replay of one channel; more give a gap */
	int64_t replay_budget;      /* events from PostgreSQL per connection and minute */
	size_t lookup_batch;        /* questions for rights in one statement */
	unsigned turn_writes;       /* socket writes in one turn of the loop */
	unsigned turn_wakes;        /* woken subscriptions handled in one turn */
	int64_t linger_ms;          /* how long a channel without subscribers is kept */
	int64_t join_timeout_ms; /* a subscribe without an answer fails after this time */
	int64_t rights_keep_ms;  /* how long a sender's right is cached */
	size_t rights_max;       /* maximum number of senders' rights in the cache */
	int64_t acl_poll_ms;
};
extern const struct hub_limits hub_limits_default;

/* env and conns must outlive the hub. */
struct hub *hub_new(struct loop_env *env, struct conns *conns,
    const struct hub_limits *limits, const struct hub_io *io);
/* All connections must be closed, and no question may be under way. */
void hub_free(struct hub **hub);

/* Sets the limits for later requests; drops nothing that exists. The sizes of logs, pages
 * and the cache of rights, and lookup_batch, stay as hub_new() has set
 * them. */
void hub_set_limits(struct hub *hub, const struct hub_limits *limits);

/* Returns the ctx of the struct hub_io that hub_new() has received. */
void *hub_io_ctx(const struct hub *hub);

/* Call when hello is queued for the connection. Sets c->hub. */
void hub_conn_open(struct hub *hub, struct conn *c);
/* Call once for each hub_conn_open(), never from within a function of the hub. Frees
 * c->hub and the connection's subscriptions. */
void hub_conn_closed(struct hub *hub, struct conn *c);
/* Call when a blocked connection takes bytes again and its control frames are written. */
void hub_conn_writable(struct hub *hub, struct conn *c);

/* Handle a message on a channel's topic or on the control topic. */
void hub_on_topic_message(
    struct hub *hub, const char *topic, const char *data, size_t len);
void hub_on_topic_subscribed(struct hub *hub, const char *topic);
/* The Redis connection that is subscribed to the topics came up or was lost. */
void hub_on_topics_state(struct hub *hub, bool up);

/* Call at the end of each turn of the loop: sends questions to the database and frames to
 * clients. Returns true when more work waits, so the loop must not sleep. */
bool hub_turn(struct hub *hub);
/* Call about every 250 ms: repeats failed questions, ends requests that time out, and
 * frees channels that have had no subscriber for linger_ms. */
void hub_tick(struct hub *hub);
/* Call every second: compares a share of the channels' heads with the database
 * (heads.h). */
void hub_each_second(struct hub *hub);

#endif
