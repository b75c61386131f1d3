/* Tell the push servers what was committed. Nothing here fails a request: Redis may lose
 * anything, and who listens heals by number from PostgreSQL. */
#ifndef API_ANNOUNCE_H
#define API_ANNOUNCE_H

#include "api.h"
#include "event/event.h"

/* A numbered event; seq 0: nothing was changed, nothing is told. */
void announce_event(struct api *api, const struct http_req *req, struct event *event);

/* Roles, users or the tenant itself changed: look at acl_version again. */
void announce_acl(struct api *api, const struct http_req *req,
    const struct tenant_id *tenant, int64_t acl_version);

/* The caller is typing; at most once in 3 s for a user and channel. */
void announce_typing(
    struct api *api, const struct http_req *req, const struct channel_id *channel);

#endif
