/* Publishes committed changes to the workers of push-server, through Redis. A failure is
 * logged and counted, and never fails the request: push-server finds a missing event by
 * its number and reads it from PostgreSQL. */
#ifndef API_ANNOUNCE_H
#define API_ANNOUNCE_H

#include "env/api.h"
#include "event/control.h"
#include "event/event.h"

/* Publishes the event on the topic of its channel, and stores its seq in Redis as the
 * head of the channel. Removes the head when the event deletes the channel. Sets
 * event->traceparent. Does nothing when seq is 0, because nothing has changed. Publishes
 * the events of feeds after it (struct event.feed), each on its own topic. */
void announce_event(struct api *api, const struct http_req *req, struct event *event);
void announce_events(
    struct api *api, const struct http_req *req, struct event_list *events);

/* Publishes that the rights of a user or of the tenant have changed. The workers of
 * push-server then read acl_version, and look up first the connections that the change
 * names. */
void announce_acl(
    struct api *api, const struct http_req *req, const struct control *change);

/* Marks the user, or every user of the tenant, as offline in the presence that Redis
 * keeps. */
void announce_user_offline(
    struct api *api, const struct http_req *req, const struct user_id *user);
void announce_tenant_offline(
    struct api *api, const struct http_req *req, const struct tenant_id *tenant);

/* Publishes that the caller is typing, at most once in 3 s for a user and channel. */
void announce_typing(
    struct api *api, const struct http_req *req, const struct channel_id *channel);
/* Publishes that the caller has read the channel up to this message. push-server merges
 * receipts, so this function has no limit of its own. */
void announce_receipt(struct api *api, const struct http_req *req,
    const struct channel_id *channel, int64_t message);
/* Publishes to the caller's sockets that its read mark in the channel stands at this
 * message. */
void announce_read(struct api *api, const struct http_req *req,
    const struct channel_id *channel, int64_t message);

#endif
