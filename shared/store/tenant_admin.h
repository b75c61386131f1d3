/* The first user of a tenant, who is created with the tenant. */
#ifndef STORE_TENANT_ADMIN_H
#define STORE_TENANT_ADMIN_H

#include "pg/pg.h"

struct tenant_admin {
	struct user_id id;
	const char *email, *display_name;
};

/* Reads the tenant's first user. The strings of *out are allocated in the arena a.
 * ES_NOT_FOUND: no such tenant. */
enum es_code tenant_admin_first(struct pg *pg, const struct tenant_id *id,
    struct arena *a, struct tenant_admin *out, struct es_err *err) ES_MUST_CHECK;
#endif
