/* Publishes what a batch has committed: events on the topics of their channels, outcomes
 * on the reply topics. Redis may lose any of it: push-server finds missing events by
 * their numbers, and the program that accepted a message looks its outcome up. Writes no
 * key: the fsync of a write would delay the events. */
#ifndef FANOUT_PUBLICATION_H
#define FANOUT_PUBLICATION_H

#include "event/event.h"
#include "redis/redis.h"

struct publication;

/* Makes an empty publication in the arena a. Nothing is sent before
 * publication_start(). */
struct publication *publication_new(struct arena *a);
/* Both functions encode or copy their arguments before they return. */
void publication_add_event(struct publication *p, const struct event *e);
void publication_add_reply(
    struct publication *p, const char *topic, const struct reply *r);

/* Sends the first 256 commands, in the order added, and does not wait for the answers.
 * Until publication_finish(), which must follow, r can't be used. */
void publication_start(struct publication *p, struct redis *r);
/* Waits for the answers and sends the rest, in round trips of at most 256 commands.
 * Repeats a round trip once when its connection was cut. After a failure a part may have
 * been sent. */
enum es_code publication_finish(
    struct publication *p, struct redis *r, struct es_err *err) ES_MUST_CHECK;

#endif
