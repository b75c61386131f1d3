/* Who may read and send where, remembered for a few seconds for senders that are not
 * subscribed. The commit decides; this refuses early what can't succeed. */
#ifndef PUSH_AUTHZ_H
#define PUSH_AUTHZ_H

#include "hub/hub.h"

struct authz;

struct authz *authz_new(void);
/* Nothing is under way; who still waits for an answer is dropped. */
void authz_free(struct authz **az);
/* Answer what could be answered from memory, and forget what is too old. */
void authz_turn(struct hub *hub);
void authz_forget_channel(struct authz *az, const struct channel_id *channel);
void authz_forget_tenant(struct authz *az, const struct tenant_id *tenant);

#endif
