/* Tell the push servers what was committed. Nothing here fails a request: Redis may lose
 * anything, and who listens heals by number from PostgreSQL. */
#ifndef API_ANNOUNCE_H
#define API_ANNOUNCE_H

#include "env/api.h"
#include "event/control.h"
#include "event/event.h"

/* A numbered event; seq 0: nothing was changed, nothing is told. */
void announce_event(struct api *api, const struct http_req *req, struct event *event);
void announce_events(
    struct api *api, const struct http_req *req, struct event_list *events);

/* A user or the tenant itself has changed: the push servers look at acl_version again,
 * and at the user's connections first. */
void announce_acl(
    struct api *api, const struct http_req *req, const struct control *change);

/* The user, or everybody of the tenant, is offline from now on. */
void announce_user_offline(
    struct api *api, const struct http_req *req, const struct user_id *user);
void announce_tenant_offline(
    struct api *api, const struct http_req *req, const struct tenant_id *tenant);

/* The caller is typing; at most once in 3 s for a user and channel. */
void announce_typing(
    struct api *api, const struct http_req *req, const struct channel_id *channel);

#endif
