/* An asynchronous connection that reconnects: dial, AUTH, SELECT, PING, then up. After a
 * loss it starts again with a jittered back-off. Only this file creates and frees hiredis
 * contexts of the event loop. */
#ifndef REDIS_REDIS_LINK_H
#define REDIS_REDIS_LINK_H

#include <hiredis/async.h>

#include "redis/redis_private.h"

struct ev_loop;
struct redis_link;

struct redis_link_events {
	void (*up)(void *ctx);
	/* The link was up. Afterwards each call in flight ends with a NULL reply. */
	void (*down)(void *ctx);
	void *ctx;
};

enum es_code redis_link_open(struct ev_loop *loop, const char *url, int64_t timeout_ms,
    const struct redis_link_events *events, struct redis_link **out,
    struct es_err *err) ES_MUST_CHECK;
/* Each call in flight ends with a NULL reply, now or when hiredis returns to its
 * caller. */
void redis_link_close(struct redis_link **l);

/* NULL while the link is not up. */
redisAsyncContext *redis_link_context(const struct redis_link *l);

/* Returns the number of tries with which the next back-off begins. The last connection
 * was up for up_ms; -1: it never came up. The back-off protects a server that is down. A
 * server that accepts connections and cuts them is dialled again within 400 ms each
 * time. */
unsigned redis_link_tries(unsigned tries, int64_t up_ms);

/* For a callback: true when the context still belongs to its link. */
bool redis_link_current(const redisAsyncContext *ac);

/* For a callback that got a NULL reply: hiredis is about to free the context. */
void redis_link_lost(redisAsyncContext *ac);
/* Closes the connection, because the server does not answer, and dials again. */
void redis_link_drop(struct redis_link *l);

#endif
