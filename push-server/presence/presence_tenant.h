/* The statuses of a tenant's users. A small tenant has all of its users here, a large one
 * only those that a reader watches. The tenant's topic keeps them up to date, and every
 * PRESENCE_AGAIN_MS they are compared with Redis. */
#ifndef PUSH_PRESENCE_TENANT_H
#define PUSH_PRESENCE_TENANT_H

#include "presence/presence_state.h"

void presence_tenant_join(struct presence *p, struct presence_conn *pc);
void presence_tenant_leave(struct presence *p, struct presence_conn *pc);
/* NULL: no connection of this tenant is here. */
struct presence_tenant *presence_tenant_find(
    struct presence *p, const struct tenant_id *tenant);
/* A change, from the tenant's topic. */
void presence_tenant_message(struct presence_tenant *pt, const char *data, size_t len);
/* Ask Redis for the whole tenant. */
void presence_tenant_list(struct presence_tenant *pt);
void presence_tenant_list_all(struct presence *p);
/* End of a turn: new tenants are listed. */
void presence_tenant_turn(struct presence *p);
/* Changes go out; what is due is compared with Redis. */
void presence_tenant_tick(struct presence *p);

#endif
