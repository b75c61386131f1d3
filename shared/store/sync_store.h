/* Statements of the push server: made for an event loop, so each is a statement, a
 * function that makes its parameters and a row or a function that reads it. Parameters
 * live in the arena; "with the tenant" means that the tenant goes to pg_async_send as
 * well. */
#ifndef STORE_SYNC_STORE_H
#define STORE_SYNC_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/event.h"
#include "pg/pg.h"

/* May user i of tenant i, who must be active, read channel i? For many of any tenants,
 * without a tenant. A row for each that may, in order, with what holds in the snapshot of
 * the answer; no row: no such channel. Reading is also subscribing and sending (unless
 * archived). */
struct sync_right {
	struct tenant_id tenant;
	struct user_id user;
	struct channel_id channel;
};
struct sync_channel {
	int64_t ord;  /* index in the question */
	int64_t head; /* number of its newest event */
	bool is_private, is_member, archived;
	int64_t acl_version; /* keep with the yes */
	char epoch[ES_UUID_TEXT];
	bool may_post;    /* by the posting policy; not by archived */
	bool admins_post; /* the posting policy is admins */
};
extern const struct pg_stmt sync_store_rights; /* row: struct sync_channel */
const char *const *sync_store_rights_params(
    struct arena *a, const struct sync_right asks[], size_t n);

/* Events with after < seq <= to, in order, at most limit. With the tenant. */
#define SYNC_PAGE_MAX 1000
extern const struct pg_stmt sync_store_page;
const char *const *sync_store_page_params(struct arena *a, const struct tenant_id *tenant,
    const struct channel_id *channel, int64_t after, int64_t to, int64_t limit);
struct sync_page {
	struct event *events;
	size_t n;
	/* Every number after `after` up to this is in the page or carries no event. Below
	 * `after` when the head is: then the cursor is of another life. */
	int64_t through;
	int64_t head; /* of the channel, in the same snapshot */
};
/* ES_NOT_FOUND when there is no such channel. after, to and limit as sent. */
enum es_code sync_store_page_read(struct pg_rows *rows, const struct tenant_id *tenant,
    const struct channel_id *channel, int64_t after, int64_t to, int64_t limit,
    struct arena *a, struct sync_page *out, struct es_err *err) ES_MUST_CHECK;

/* Heads of channels of any tenants, a row each, in order. Without a tenant. */
struct sync_head {
	int64_t ord; /* index in tenants and channels */
	bool exists; /* false: no such channel */
	int64_t head;
	bool archived;
};
extern const struct pg_stmt sync_store_heads; /* row: struct sync_head */
const char *const *sync_store_heads_params(struct arena *a,
    const struct tenant_id tenants[], const struct channel_id channels[], size_t n);

/* Versions of many tenants, a row each, in order. Without a tenant. */
struct sync_acl {
	int64_t ord; /* index in tenants */
	bool exists;
	int64_t acl_version;
	const char *status; /* active suspended; NULL: no such tenant */
};
extern const struct pg_stmt sync_store_acl; /* row: struct sync_acl */
const char *const *sync_store_acl_params(
    struct arena *a, const struct tenant_id tenants[], size_t n);

#endif
