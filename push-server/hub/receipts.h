/* Read receipts: frames that tell how far a user has read a channel. They are lossy. A
 * worker merges the receipts of a user and channel and writes them once a second. */
#ifndef PUSH_RECEIPTS_H
#define PUSH_RECEIPTS_H

#include "hub/hub.h"

/* A channel with more subscribers in this worker gets no receipts. The publisher has
 * counted the members; a public channel may have more subscribers than members. */
#define RECEIPT_READERS_MAX 200
#define RECEIPTS_MAX        10000 /* receipts that may wait; further ones are dropped */

struct channel;
struct event;
struct receipts;

struct receipts *receipts_new(void);
void receipts_free(struct receipts **r);

/* The user's mark in the channel has moved to this message: publish it to all workers.
 * The caller has checked that receipts are on and that the channel is small. */
void receipts_publish(struct hub *hub, const struct tenant_id *tenant,
    const struct channel_id *channel, const struct user_id *user, int64_t message);
/* Keep a receipt that came on the channel's topic, from this worker, another one or
 * REST. */
void receipts_event(struct channel *ch, const struct event *ev, struct arena *a);
/* Call it once a second: writes the receipts that wait to the channels' subscribers,
 * except to the user's own connections and to users who have switched receipts off. */
void receipts_flush(struct hub *hub);

#endif
