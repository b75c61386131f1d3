/* Presence in one worker. The worker writes the status of its own users to Redis, and
 * reads the statuses of all users of a tenant from Redis. Clients receive a change as a
 * lossy frame; a client that missed one receives a snapshot of all statuses instead. */
#ifndef PUSH_PRESENCE_H
#define PUSH_PRESENCE_H

#include "conn/conn.h"
#include "presence/presence_keys.h"
#include "redis/redis_async.h"

#define PRESENCE_WATCH_MAX 500

struct presence;

struct presence_limits {
	int64_t hold_ms; /* how long a user without a connection stays online or idle */
	int64_t idle_ms; /* time without a frame other than ping until a user is idle */
};
extern const struct presence_limits presence_limits_default;

/* Functions that presence/ needs from other folders; worker/ fills the table. */
struct presence_io {
	void *ctx;
	void (*topic)(void *ctx, const char *topic, bool wanted);
	/* Sends a script, or a command when script is NULL, to Redis. Returns false
	 * when the worker cannot reach Redis now; then done is not called. After true,
	 * the Redis client calls done, if not NULL, exactly once, after this function has
	 * returned. */
	bool (*redis)(void *ctx, struct redis_script *script, size_t argc,
	    const struct redis_arg argv[], redis_async_done *done, void *arg);
};

/* env and conns must outlive the result. presence_new() copies limits and io. */
struct presence *presence_new(struct loop_env *env, struct conns *conns,
    const struct presence_limits *limits, const struct presence_io *io);
/* All connections must be closed. */
void presence_free(struct presence **p);

void presence_conn_open(struct presence *p, struct conn *c);
void presence_conn_closed(struct presence *p, struct conn *c);
/* The client chooses the status of this connection. */
void presence_choose(struct presence *p, struct conn *c, enum presence_status status);
/* Sets the users whose changes the connection receives in a large tenant; replaces the
 * earlier list. */
void presence_watch(
    struct presence *p, struct conn *c, const struct user_id users[], size_t n);

/* The user has lost the right to connect (deactivated, or the tenant is suspended). The
 * user becomes offline immediately, even if connections are still open. */
void presence_user_gone(
    struct presence *p, const struct tenant_id *tenant, const struct user_id *user);

/* True for the topics of presence, es:t:<tenant>:p. */
bool presence_owns(const char *topic);
void presence_message(
    struct presence *p, const char *topic, const char *data, size_t len);
void presence_subscribed(struct presence *p, const char *topic);
void presence_redis_state(struct presence *p, bool up);
/* End of a turn of the loop: write changed statuses to Redis, ask for the statuses of new
 * tenants, and queue the snapshots that are due. */
void presence_turn(struct presence *p);
void presence_tick(struct presence *p);

#endif
