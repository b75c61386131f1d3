/* Statements of push-server, for an event loop. Each query has a statement, a function
 * that makes the parameters (unless they are plain), and a row type or a function that
 * reads the rows. Parameters are allocated in the arena a. "With the tenant" means: pass
 * the tenant to pg_async_send() as well. */
#ifndef STORE_READER_STORE_H
#define STORE_READER_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/event.h"
#include "pg/pg.h"

/* Asks whether user i of tenant i may read channel i. The user must be active. The asks
 * may name any tenants; send the statement without a tenant. Returns a row for each user
 * who may read, in order, with the state of the channel in the same snapshot. No row: for
 * this user there is no such channel. A user who may read may also subscribe, and may
 * send unless the channel is archived or may_post is false. */
struct rights_key {
	struct tenant_id tenant;
	struct user_id user;
	struct channel_id channel;
};
struct rights_row {
	int64_t ord;  /* index in asks */
	int64_t head; /* sequence number of the newest event */
	bool is_private, is_member, archived;
	int64_t acl_version; /* store this version with the positive answer */
	char epoch[ES_UUID_TEXT];
	/* the posting policy lets the user post; does not look at archived */
	bool may_post;
	bool admins_post; /* the posting policy is "admins" */
};
extern const struct pg_stmt reader_store_rights; /* row: struct rights_row */
const char *const *reader_store_rights_params(
    struct arena *a, const struct rights_key asks[], size_t n);

/* Asks for one request whether the user may post in the channel. Run the statement in the
 * tenant, with the parameters tenant, user and channel. No row: for this user there is no
 * such channel. */
struct post_right {
	bool archived, may_post;
};
extern const struct pg_stmt reader_store_post_right; /* row: struct post_right */

/* Reads events with after < seq <= to, in order, at most limit. Send the statement with
 * the tenant. */
#define EVENT_PAGE_MAX 1000
extern const struct pg_stmt reader_store_page;
const char *const *reader_store_page_params(struct arena *a,
    const struct tenant_id *tenant, const struct channel_id *channel, int64_t after,
    int64_t to, int64_t limit);
struct event_page {
	struct event *events;
	size_t n;
	/* The page covers every number from after + 1 up to this one: a number without an
	 * event in the page has no event. through is below `after` only when the head is,
	 * too. Then the cursor comes from another epoch of the database. */
	int64_t through;
	int64_t head; /* head of the channel, in the same snapshot */
};
/* Pass after, to and limit as in the parameters. The events are allocated in the arena a.
 * ES_NOT_FOUND: there is no such channel. */
enum es_code reader_store_page_read(struct pg_rows *rows, const struct tenant_id *tenant,
    const struct channel_id *channel, int64_t after, int64_t to, int64_t limit,
    struct arena *a, struct event_page *out, struct es_err *err) ES_MUST_CHECK;

/* Returns the heads of channels of any tenants, one row each, in order. Send the
 * statement without a tenant. */
struct head_row {
	int64_t ord; /* index in tenants and channels */
	bool exists; /* false: no such channel */
	int64_t head;
	bool archived;
};
extern const struct pg_stmt reader_store_heads; /* row: struct head_row */
const char *const *reader_store_heads_params(struct arena *a,
    const struct tenant_id tenants[], const struct channel_id channels[], size_t n);

/* Returns the versions of the rights of many tenants, one row each, in order. Send the
 * statement without a tenant. */
struct acl_row {
	int64_t ord; /* index in tenants */
	bool exists;
	int64_t acl_version;
	const char *status; /* "active" or "suspended"; NULL: no such tenant */
};
extern const struct pg_stmt reader_store_acl; /* row: struct acl_row */
const char *const *reader_store_acl_params(
    struct arena *a, const struct tenant_id tenants[], size_t n);

#endif
