/* Who may read and send where, remembered for a few seconds for senders that are not
 * subscribed. The commit decides; this refuses early what can't succeed. */
#ifndef PUSH_AUTHZ_H
#define PUSH_AUTHZ_H

#include "hub/hub.h"

struct authz;

struct authz *authz_new(void);
/* Nothing is under way; who still waits for an answer is dropped. */
void authz_free(struct authz **az);
/* May this connection's user read and send here? Cached; done is called once, never from
 * inside. ES_OK, ES_NOT_FOUND, ES_CHANNEL_ARCHIVED (may read, not send), ES_UNAVAILABLE.
 * The connection may be gone by then: ctx carries what is needed. */
typedef void authz_done(void *ctx, enum es_code rc, const struct es_err *err);
void authz_check(struct hub *hub, const struct conn *c, const struct channel_id *channel,
    authz_done *done, void *ctx);
/* Answer what could be answered from memory, and forget what is too old. */
void authz_turn(struct hub *hub);
void authz_forget_channel(struct authz *az, const struct channel_id *channel);
void authz_forget_tenant(struct authz *az, const struct tenant_id *tenant);

#endif
