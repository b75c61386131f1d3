/* The acl versions of the tenants that have connections here: polled, at once after a
 * loss or a hint; a tenant whose version has moved has its users looked up again. */
#ifndef PUSH_ACL_H
#define PUSH_ACL_H

#include "hub/hub.h"

#define ACL_STALE_MS 60000 /* no check possible for this long: readiness is red */

struct acl;

/* The version of this tenant has moved. */
typedef void acl_moved(struct hub *hub, const struct tenant_id *tenant);

struct acl *acl_new(acl_moved *moved);
void acl_free(struct acl **acl);
void acl_conn_open(struct hub *hub, struct conn *c);
void acl_conn_closed(struct hub *hub, const struct conn *c);
/* The version known of a tenant; 0 when none of its connections is here. */
int64_t acl_version(const struct hub *hub, const struct tenant_id *tenant);
/* Poll in the next tick. */
void acl_poll_soon(struct hub *hub);
/* A message on es:ctl: see event/control.h. */
void acl_hint(struct hub *hub, const char *json, size_t len);
void acl_tick(struct hub *hub);

#endif
