/* The hub of one worker: its channels, who is subscribed, and the turn of the loop in
 * which what is new goes out. Pure logic: the outside comes in as struct hub_io. */
#ifndef PUSH_HUB_H
#define PUSH_HUB_H

#include "core/gather.h"
#include "hub/hub_hooks.h"
#include "hub/hub_io.h"

struct hub_limits {
	size_t log_bytes, log_channel_bytes;
	size_t page_bytes;
	unsigned max_subscriptions; /* of one connection */
	int64_t replay_limit;       /* events of one channel before a gap */
	int64_t replay_budget;      /* events from PostgreSQL per connection and minute */
	struct gather_limits lookups; /* questions for rights */
	unsigned turn_writes;    /* socket writes before the loop gets its turn again */
	int64_t linger_ms;       /* a channel without subscribers is kept */
	int64_t join_timeout_ms; /* a subscribe without an answer fails */
	int64_t rights_keep_ms;  /* a sender's right is remembered */
	size_t rights_max;       /* so many of them */
	int64_t acl_poll_ms;
	int64_t presence_hold_ms; /* a user without connection is not offline yet */
	int64_t presence_idle_ms; /* without a frame other than ping */
};
extern const struct hub_limits hub_limits_default;

/* worker gives now_ms, conns and metrics. */
struct hub *hub_new(
    struct worker *w, const struct hub_limits *limits, const struct hub_io *io);
/* Connections are gone and nothing is under way. */
void hub_free(struct hub **hub);

/* End of a turn of the loop: ask, deliver. True: more is waiting, come back without
 * sleeping. */
bool hub_turn(struct hub *hub);
/* Every 250 ms or so: retries, time-outs, channels nobody wants any more. */
void hub_tick(struct hub *hub);
/* Every second: a thirtieth of the heads is compared with the database. */
void hub_second(struct hub *hub);

#endif
