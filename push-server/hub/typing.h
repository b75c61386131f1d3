/* Typing notices: lossy, at most one per user and channel in 3 s, never to the typist,
 * none in a channel with many readers here. */
#ifndef PUSH_TYPING_H
#define PUSH_TYPING_H

#include "hub/hub.h"

#define TYPING_EVERY_MS    3000
#define TYPING_READERS_MAX 200

struct channel;
struct event;
struct typing;

struct typing *typing_new(void);
void typing_free(struct typing **t);

/* The connection's user types and may: tell all workers, unless that was done just now.
 */
void typing_publish(
    struct hub *hub, const struct conn *c, const struct channel_id *channel);
/* A notice from the channel's topic, of this worker, another one or REST. */
void typing_event(struct channel *ch, const struct event *ev);

#endif
