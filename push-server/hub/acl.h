/* The acl versions of the tenants that have connections in this worker. The worker polls
 * them every acl_poll_ms, and immediately after a reconnect to Redis, or when the version
 * in a hint shows that an earlier hint was lost. When a tenant's version changes, the
 * worker looks up the users of the tenant's connections again. */
#ifndef PUSH_ACL_H
#define PUSH_ACL_H

#include "hub/hub.h"

#define ACL_STALE_MS 60000 /* readiness fails after this time without an answer */

struct acl;

/* Called when the acl version of a tenant has changed. */
typedef void acl_moved(struct hub *hub, const struct tenant_id *tenant);

struct acl *acl_new(acl_moved *moved);
void acl_free(struct acl **acl);
void acl_conn_open(struct hub *hub, struct conn *c);
void acl_conn_closed(struct hub *hub, const struct conn *c);
/* The newest acl version that this worker knows of a tenant; 0 when the tenant has no
 * connection in this worker. */
int64_t acl_version(const struct hub *hub, const struct tenant_id *tenant);
/* Poll in the next tick. */
void acl_poll_soon(struct hub *hub);
/* Handle a message on the control topic es:ctl (event/control.h). */
void acl_hint(struct hub *hub, const char *json, size_t len);
void acl_tick(struct hub *hub);

#endif
