/* Tells the world what was committed: events on the channels' topics, the channels'
 * heads, outcomes on the reply topics. Redis may lose any of it: push-server heals from
 * the numbers, acceptors look their outcomes up. */
#ifndef FANOUT_PUBLICATION_H
#define FANOUT_PUBLICATION_H

#include "event/event.h"
#include "redis/redis.h"

struct publication;

/* Collects in a; nothing is sent before publish_send. */
struct publication *publication_new(struct arena *a);
/* Copies what it needs: encodes at once. */
void publication_add_event(struct publication *p, const struct event *e);
void publication_add_reply(
    struct publication *p, const char *topic, const struct reply *r);

/* In the order added, in round trips of at most 256 commands; per channel only the last
 * head is set. A round whose connection is cut is sent once more. On failure some may
 * have been sent. */
enum es_code publication_send(
    struct publication *p, struct redis *r, struct es_err *err) ES_MUST_CHECK;

#endif
