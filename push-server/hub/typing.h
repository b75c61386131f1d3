/* Typing notices. They are lossy: at most one per user and channel in 3 s, none to the
 * typing user, and none in a channel with more than TYPING_READERS_MAX readers in this
 * worker. */
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

/* The connection's user types and may send: publish a notice to all workers, unless this
 * worker has published one for the user and channel in the last 3 s. */
void typing_publish(
    struct hub *hub, const struct conn *c, const struct channel_id *channel);
/* Show a notice that came on the channel's topic, from this worker, another one or
 * REST. */
void typing_event(struct channel *ch, const struct event *ev);

#endif
