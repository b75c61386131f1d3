/* Users of a tenant. A change of a user's rights (role, status) raises the tenant's
 * acl_version in the same transaction. Other changes, and a patch that changes nothing,
 * do not raise it, because each raise makes all push workers check all connections of the
 * tenant. */
#ifndef STORE_USER_STORE_H
#define STORE_USER_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "event/event.h"
#include "pg/pg.h"
#include "store/actor.h"

struct user {
	struct user_id id;
	const char *email; /* NULL: the user is deleted */
	const char *display_name;
	const char *role;   /* owner admin member guest bot */
	const char *status; /* active deactivated deleted */
	/* the id that the tenant's own system gives the user, or NULL */
	const char *external_id;
	bool read_receipts; /* false: the user sends and sees no receipts */
	int64_t created_ms;
	/* The tenant's acl_version after this change. Set by user_store_patch() with a
	 * role or read_receipts, and by the functions that change the status; else 0. */
	int64_t acl_version;
	/* Events of channels that got another owner, because this user was their last
	 * active owner (ownership_store.h). The caller publishes them. Set by
	 * user_store_deactivate() and user_store_delete(). */
	struct event_list handed_on;
	/* An event of the tenant's feed that the call has stored, to be published; or
	 * NULL. Set by the functions that create or change a user. */
	struct event *feed;
};

struct user_new {
	const char *email, *display_name;
	const char *role;        /* NULL: "member" */
	const char *external_id; /* NULL: none */
	struct user_id id;       /* "": the store chooses a new id */
};

/* A member that is NULL leaves the value as it is. external_id "" removes it. Only the
 * user itself may set read_receipts. */
struct user_patch {
	const char *email, *display_name, *role, *external_id;
	const bool *read_receipts;
};

#define USER_DELETED_NAME "Deleted user"
#define USER_STATUSES     "active deactivated deleted"

/* A user must match all members that are set. Set at most one of email, external_id and
 * name_prefix. */
struct user_filter {
	const char *email;       /* compared by its key, see unicode/unicode.h */
	const char *external_id; /* compared byte by byte */
	const char *name_prefix; /* prefix of the display name, compared by its key */
	const char *role;
	const char *status; /* NULL: all users that are not deleted */
};

struct user_page {
	struct user *items;
	size_t n;
	bool more; /* the next page begins after items[n - 1].id */
};

/* ES_NOT_FOUND with STORE_NO_USER for an unknown id and an id of another tenant. */
enum es_code user_store_get(struct pg *pg, const struct actor *who,
    const struct user_id *id, struct arena *a, struct user *out,
    struct es_err *err) ES_MUST_CHECK;
/* One page of users, ordered by id; with name_prefix ordered by name. after NULL: from
 * the start. limit is 1 to STORE_LIST_MAX. */
enum es_code user_store_list(struct pg *pg, const struct actor *who,
    const struct user_filter *filter, const struct user_id *after, int64_t limit,
    struct arena *a, struct user_page *out, struct es_err *err) ES_MUST_CHECK;
/* Finds which of the ids (n at most 500) are users of the tenant. *out is in no order and
 * is allocated in the arena a. */
enum es_code user_store_known(struct pg *pg, const struct actor *who,
    const struct user_id ids[], size_t n, struct arena *a, struct user_id **out,
    size_t *n_out, struct es_err *err) ES_MUST_CHECK;

/* Creates a user. The caller must be an owner or admin, and an owner to create an owner:
 * else ES_FORBIDDEN. ES_EMAIL_TAKEN: another user has the e-mail address. ES_NAME_TAKEN:
 * another user has the external id. */
enum es_code user_store_create(struct pg *pg, const struct actor *who,
    const struct user_new *in, struct arena *a, struct user *out,
    struct es_err *err) ES_MUST_CHECK;
/* Changes a user. Every user may change its own display name. For every other change the
 * caller must be an owner or admin, and an owner when the user is or becomes an owner:
 * else ES_FORBIDDEN. ES_LAST_OWNER: the tenant would have no active owner.
 * ES_EMAIL_TAKEN: another user has the e-mail address. ES_NAME_TAKEN: another user has
 * the external id. */
enum es_code user_store_patch(struct pg *pg, const struct actor *who,
    const struct user_id *id, const struct user_patch *patch, struct arena *a,
    struct user *out, struct es_err *err) ES_MUST_CHECK;

/* The caller of the three functions below must be an owner or admin, and an owner when
 * the user is an owner: else ES_FORBIDDEN. Repeating a call changes nothing.
 * ES_LAST_OWNER: the tenant would have no active owner. */

/* Deactivates a user and revokes all its tokens. Its name and e-mail address stay
 * taken. */
enum es_code user_store_deactivate(struct pg *pg, const struct actor *who,
    const struct user_id *id, struct arena *a, struct user *out,
    struct es_err *err) ES_MUST_CHECK;
/* Makes a deactivated user active again. Its old tokens stay revoked. ES_CONFLICT: the
 * user is deleted. */
enum es_code user_store_reactivate(struct pg *pg, const struct actor *who,
    const struct user_id *id, struct arena *a, struct user *out,
    struct es_err *err) ES_MUST_CHECK;
/* Deletes a user for good and revokes all its tokens. The e-mail address is free again.
 * The name becomes USER_DELETED_NAME, here and in all messages and events. The database
 * keeps a hash of the external id: tokens of the tenant's issuer with this id are refused
 * and create no user, until user_store_create() or user_store_patch() gives the id to a
 * user. */
enum es_code user_store_delete(struct pg *pg, const struct actor *who,
    const struct user_id *id, struct arena *a, struct user *out,
    struct es_err *err) ES_MUST_CHECK;

#endif
