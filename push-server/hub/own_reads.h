/* The frame `read` in a user's feed: the user's read mark has moved, by any of its
 * sockets or by REST. Lossy: the database has the mark. */
#ifndef PUSH_OWN_READS_H
#define PUSH_OWN_READS_H

#include "hub/channel.h"

/* Publishes that the user's mark in the channel stands at this message. */
void own_reads_publish(struct hub *hub, const struct tenant_id *tenant,
    const struct channel_id *channel, const struct user_id *user, int64_t message);
/* Handles that event on the topic of the feed: sends it to each reader of the feed. */
void own_reads_event(struct channel *feed, const struct event *ev);

#endif
