/* An asynchronous connection that comes back by itself: dial, AUTH, SELECT, PING, up;
 * after any loss a jittered back-off and again. Nobody else makes or frees hiredis
 * contexts. */
#ifndef REDIS_REDIS_LINK_H
#define REDIS_REDIS_LINK_H

#include <hiredis/async.h>

#include "redis/redis_private.h"

struct ev_loop;
struct redis_link;

struct redis_link_events {
	void (*up)(void *ctx);
	void (*down)(
	    void *ctx); /* was up; calls in flight end with a NULL reply after it */
	void *ctx;
};

enum es_code redis_link_open(struct ev_loop *loop, const char *url, int64_t timeout_ms,
    const struct redis_link_events *events, struct redis_link **out,
    struct es_err *err) ES_MUST_CHECK;
/* Calls in flight end with a NULL reply, now or when hiredis returns to its caller. */
void redis_link_close(struct redis_link **l);

/* NULL unless up. */
redisAsyncContext *redis_link_context(const struct redis_link *l);

/* The tries that the next back-off counts with, after a connection that was up for up_ms;
 * -1: that never came up. Back-off is for a server that is away: one that answers and is
 * cut again and again is come back to within 400 ms each time. */
unsigned redis_link_tries(unsigned tries, int64_t up_ms);

/* In a callback: does this context still belong to its link? */
bool redis_link_current(const redisAsyncContext *ac);

/* A callback got a NULL reply: hiredis is about to free the context. */
void redis_link_lost(redisAsyncContext *ac);
/* Hang up on a server that doesn't answer, and dial again. */
void redis_link_drop(struct redis_link *l);

#endif
