/* Tenants, as the operator sees them. Crosses tenants: only behind the operator key. */
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
	const char *status;   /* active suspended */
	const char *settings; /* JSON object */
};

struct tenant_new {
	const char *name;
	/* -1: the default. Or TENANT_NO_LIMIT. */
	int64_t max_channels, max_messages_per_second;
	const char *settings; /* JSON object; NULL: {} */
	const char *admin_email, *admin_display_name;
	struct tenant_id id; /* "": a fresh one */
};

/* NULL and -1 leave a value as it is. Members of settings replace those of the same name;
 * a null one removes it, but user_send_limit becomes no limit. */
struct tenant_patch {
	const char *name;
	int64_t max_channels, max_messages_per_second;
	const char *settings;
};

struct tenant_page {
	struct tenant *items;
	size_t n;
	bool more; /* go on after items[n - 1].id */
};

/* The tenant and its first user, role owner, whose id goes to admin. */
enum es_code tenant_store_create(struct pg *pg, const struct tenant_new *in,
    struct arena *a, struct tenant *out, struct user_id *admin,
    struct es_err *err) ES_MUST_CHECK;
enum es_code tenant_store_get(struct pg *pg, const struct tenant_id *id, struct arena *a,
    struct tenant *out, struct es_err *err) ES_MUST_CHECK;
/* after NULL: from the start. limit 1 to STORE_LIST_MAX. */
enum es_code tenant_store_list(struct pg *pg, const struct tenant_id *after,
    int64_t limit, struct arena *a, struct tenant_page *out,
    struct es_err *err) ES_MUST_CHECK;
enum es_code tenant_store_patch(struct pg *pg, const struct tenant_id *id,
    const struct tenant_patch *patch, struct arena *a, struct tenant *out,
    struct es_err *err) ES_MUST_CHECK;
/* Repeating changes nothing. */
enum es_code tenant_store_suspend(struct pg *pg, const struct tenant_id *id,
    struct arena *a, struct tenant *out, struct es_err *err) ES_MUST_CHECK;
enum es_code tenant_store_resume(struct pg *pg, const struct tenant_id *id,
    struct arena *a, struct tenant *out, struct es_err *err) ES_MUST_CHECK;

#endif
