/* Presence of this worker: the status of its users goes to Redis, the status of
 * everybody comes back from there and goes to those that it concerns: as changes, which
 * may be lost, and as snapshots in their place. */
#ifndef PUSH_PRESENCE_H
#define PUSH_PRESENCE_H

#include "conn/conn.h"
#include "presence/presence_keys.h"
#include "redis/redis_async.h"

#define PRESENCE_WATCH_MAX 500

struct presence;

struct presence_limits {
	int64_t hold_ms; /* a user without a connection is not offline yet */
	int64_t idle_ms; /* without a frame other than ping */
};
extern const struct presence_limits presence_limits_default;

/* What presence asks of the outside. */
struct presence_io {
	void *ctx;
	void (*topic)(void *ctx, const char *topic, bool wanted);
	/* A script, or (script NULL) a command, on the commands' connection to Redis.
	 * False: it can't be asked now, and done is not called; otherwise done, if there
	 * is one, is called exactly once, never from inside. */
	bool (*redis)(void *ctx, struct redis_script *script, size_t argc,
	    const struct redis_arg argv[], redis_async_done *done, void *arg);
};

/* env and conns outlive it. */
struct presence *presence_new(struct loop_env *env, struct conns *conns,
    const struct presence_limits *limits, const struct presence_io *io);
/* Connections are gone. */
void presence_free(struct presence **p);

void presence_conn_open(struct presence *p, struct conn *c);
void presence_conn_closed(struct presence *p, struct conn *c);
/* The connection's user says how this connection is to count. */
void presence_choose(struct presence *p, struct conn *c, enum presence_status status);
/* Whose changes the connection gets in a large tenant; replaces the earlier list. */
void presence_watch(
    struct presence *p, struct conn *c, const struct user_id users[], size_t n);

/* This user is not to be here any more (deactivated, or of a suspended tenant): offline
 * at once, however many connections of it are still open. */
void presence_user_gone(
    struct presence *p, const struct tenant_id *tenant, const struct user_id *user);

/* es:t:<tenant>:p */
bool presence_owns(const char *topic);
void presence_message(
    struct presence *p, const char *topic, const char *data, size_t len);
void presence_subscribed(struct presence *p, const char *topic);
void presence_redis_state(struct presence *p, bool up);
/* End of a turn of the loop: who came is told of, and told who is there. */
void presence_turn(struct presence *p);
void presence_tick(struct presence *p);

#endif
