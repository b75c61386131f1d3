/* The hub of one worker: its channels, their subscribers, and the turn of the loop in
 * which new events go out. Pure logic: the outside comes in as struct hub_io. */
#ifndef PUSH_HUB_H
#define PUSH_HUB_H

#include "core/gather.h"
#include "hub/hub_io.h"

struct hub_limits {
	size_t log_bytes, log_channel_bytes;
	size_t page_bytes;
	unsigned max_subscriptions; /* of one connection */
	int64_t replay_limit;       /* events of one channel before a gap */
	int64_t replay_budget;      /* events from PostgreSQL per connection and minute */
	struct gather_limits lookups; /* questions for rights */
	unsigned turn_writes;    /* socket writes before the loop gets its turn again */
	unsigned turn_wakes;     /* likewise subscriptions whose connections get ready */
	int64_t linger_ms;       /* a channel without subscribers is kept */
	int64_t join_timeout_ms; /* a subscribe without an answer fails */
	int64_t rights_keep_ms;  /* a sender's right is remembered */
	size_t rights_max;       /* so many of them */
	int64_t acl_poll_ms;
};
extern const struct hub_limits hub_limits_default;

/* env and conns outlive the hub. */
struct hub *hub_new(struct loop_env *env, struct conns *conns,
    const struct hub_limits *limits, const struct hub_io *io);
/* Connections are gone and nothing is under way. */
void hub_free(struct hub **hub);

/* The ctx of the io that hub_new() was given. */
void *hub_io_ctx(const struct hub *hub);

/* hello was queued. Sets c->hub. */
void hub_conn_open(struct hub *hub, struct conn *c);
/* Called once per hub_conn_open, from the top of the loop. Frees c->hub and the
 * subscriptions. */
void hub_conn_closed(struct hub *hub, struct conn *c);
/* A blocked connection takes bytes again and its control frames are out. */
void hub_conn_writable(struct hub *hub, struct conn *c);

/* A message on a channel's topic or on the control topic. */
void hub_topic_message(struct hub *hub, const char *topic, const char *data, size_t len);
void hub_topic_subscribed(struct hub *hub, const char *topic);
/* The connection that hears topics came up or was lost. */
void hub_topics_state(struct hub *hub, bool up);

/* End of a turn of the loop: ask, deliver. True: more is waiting, come back without
 * sleeping. */
bool hub_turn(struct hub *hub);
/* Every 250 ms or so: retries, time-outs, channels nobody wants any more. */
void hub_tick(struct hub *hub);
/* Every second: a thirtieth of the heads is compared with the database. */
void hub_second(struct hub *hub);

#endif
