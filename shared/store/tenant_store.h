/* Tenants, for the operator. The functions cross tenants: call them only for a request
 * with the operator's key. */
#ifndef STORE_TENANT_STORE_H
#define STORE_TENANT_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "pg/pg.h"
#include "store/tenant_settings.h"

struct tenant {
	struct tenant_id id;
	const char *name;
	int64_t created_ms;
	int64_t max_channels, max_messages_per_second; /* or TENANT_NO_LIMIT */
	int64_t channel_count, acl_version;
	const char *status;   /* "active" or "suspended" */
	const char *settings; /* JSON object */
};

struct tenant_new {
	const char *name;
	/* -1: the default. TENANT_NO_LIMIT: no limit. */
	int64_t max_channels, max_messages_per_second;
	const char *settings; /* JSON object; NULL: {} */
	const char *admin_email, *admin_display_name;
	struct tenant_id id; /* "": the store chooses a new id */
};

/* NULL and -1 leave a value as it is. The members of settings replace those of the same
 * name. A null member removes the setting; a null user_send_limit means no limit. */
struct tenant_patch {
	const char *name;
	int64_t max_channels, max_messages_per_second;
	const char *settings;
};

struct tenant_page {
	struct tenant *items;
	size_t n;
	bool more; /* the next page begins after items[n - 1].id */
};

/* Creates a tenant and its first user with the role owner; *admin receives the user's
 * id. */
enum es_code tenant_store_create(struct pg *pg, const struct tenant_new *in,
    struct arena *a, struct tenant *out, struct user_id *admin,
    struct es_err *err) ES_MUST_CHECK;
enum es_code tenant_store_get(struct pg *pg, const struct tenant_id *id, struct arena *a,
    struct tenant *out, struct es_err *err) ES_MUST_CHECK;
/* One page of tenants, ordered by id. after NULL: from the start. limit is 1 to
 * STORE_LIST_MAX. */
enum es_code tenant_store_list(struct pg *pg, const struct tenant_id *after,
    int64_t limit, struct arena *a, struct tenant_page *out,
    struct es_err *err) ES_MUST_CHECK;
enum es_code tenant_store_patch(struct pg *pg, const struct tenant_id *id,
    const struct tenant_patch *patch, struct arena *a, struct tenant *out,
    struct es_err *err) ES_MUST_CHECK;
/* Repeating the call changes nothing. ES_NOT_FOUND: no such tenant. */
enum es_code tenant_store_suspend(struct pg *pg, const struct tenant_id *id,
    struct arena *a, struct tenant *out, struct es_err *err) ES_MUST_CHECK;
enum es_code tenant_store_resume(struct pg *pg, const struct tenant_id *id,
    struct arena *a, struct tenant *out, struct es_err *err) ES_MUST_CHECK;

#endif
