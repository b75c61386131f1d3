/* Checks the right to send to a channel before a message goes to the queue. Rights of
 * senders that are not subscribed are cached for rights_keep_ms. The commit checks the
 * right again and decides; this check only refuses earlier. */
#ifndef PUSH_AUTHZ_H
#define PUSH_AUTHZ_H

#include "hub/hub.h"

struct authz;

struct authz *authz_new(const struct hub_limits *limits);
/* No question may be under way. Callers that still wait are dropped without an answer. */
void authz_free(struct authz **az);
/* Check whether the connection's user may read and send in the channel. done is called
 * exactly once, after this call has returned, with ES_OK, ES_NOT_FOUND,
 * ES_CHANNEL_ARCHIVED, ES_FORBIDDEN (the user may read, but not send) or ES_UNAVAILABLE.
 * The connection may be freed by then, so ctx must not depend on it. */
typedef void authz_done(void *ctx, enum es_code rc, const struct es_err *err);
void authz_check(struct hub *hub, const struct conn *c, const struct channel_id *channel,
    authz_done *done, void *ctx);
/* Call at the end of each turn of the loop. Sends the new questions, of all users and
 * channels, in as few statements as the limits allow; answers the waiters that need no
 * question; drops expired rights. Returns true when more work waits, so the loop must not
 * sleep. */
bool authz_turn(struct hub *hub) ES_MUST_CHECK;
/* Call about every 250 ms: asks again for the rights that were used and expire soon, many
 * in one statement, so that senders who keep sending do not wait. */
void authz_tick(struct hub *hub);
void authz_forget_channel(struct authz *az, const struct channel_id *channel);
void authz_forget_tenant(struct authz *az, const struct tenant_id *tenant);

#endif
