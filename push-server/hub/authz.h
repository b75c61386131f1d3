/* Rights to read and to send, remembered for a few seconds for senders that are not
 * subscribed. The commit decides; this refuses early what can't succeed. */
#ifndef PUSH_AUTHZ_H
#define PUSH_AUTHZ_H

#include "hub/hub.h"

struct authz;

struct authz *authz_new(const struct hub_limits *limits);
/* Nothing is under way; callers that still wait for an answer are dropped. */
void authz_free(struct authz **az);
/* May this connection's user read and send here? Cached; done is called once, never from
 * inside. ES_OK, ES_NOT_FOUND, ES_CHANNEL_ARCHIVED (may read, not send), ES_UNAVAILABLE.
 * The connection may be gone by then: ctx carries what is needed. */
typedef void authz_done(void *ctx, enum es_code rc, const struct es_err *err);
void authz_check(struct hub *hub, const struct conn *c, const struct channel_id *channel,
    authz_done *done, void *ctx);
/* End of a turn: ask the database what memory does not tell, in one statement for all
 * users and channels; answer; forget what is too old. True: more is waiting, come back
 * without sleeping. */
bool authz_turn(struct hub *hub) ES_MUST_CHECK;
void authz_forget_channel(struct authz *az, const struct channel_id *channel);
void authz_forget_tenant(struct authz *az, const struct tenant_id *tenant);

#endif
