/* The statuses of a tenant's users. For a small tenant the worker keeps the statuses of
 * all present users; for a large tenant it keeps only those of users that a client
 * watches. The worker updates them from the tenant's topic, and compares them with Redis
 * every PRESENCE_AGAIN_MS. */
#ifndef PUSH_PRESENCE_TENANT_H
#define PUSH_PRESENCE_TENANT_H

#include "presence/presence_state.h"

void presence_tenant_join(struct presence *p, struct presence_conn *pc);
void presence_tenant_leave(struct presence *p, struct presence_conn *pc);
/* Returns NULL when this worker has no connection of the tenant. */
struct presence_tenant *presence_tenant_find(
    struct presence *p, const struct tenant_id *tenant);
/* Takes one change from the tenant's topic. */
void presence_tenant_message(struct presence_tenant *pt, const char *data, size_t len);
/* Ask Redis for the statuses of the whole tenant. */
void presence_tenant_list(struct presence_tenant *pt);
void presence_tenant_list_all(struct presence *p);
/* End of a turn: ask Redis about new tenants. */
void presence_tenant_turn(struct presence *p);
/* Send the collected changes to clients, and compare tenants with Redis when it is
 * time. */
void presence_tenant_tick(struct presence *p);

#endif
