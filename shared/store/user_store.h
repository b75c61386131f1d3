/* Users of a tenant. A change of a user's rights (role, status) raises the tenant's
 * acl_version in the same transaction; a change of name or address, and a patch that
 * changes nothing, do not: each raise makes all workers look up the tenant's
 * connections. */
#ifndef STORE_USER_STORE_H
#define STORE_USER_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "event/event.h"
#include "pg/pg.h"
#include "store/actor.h"

struct user {
	struct user_id id;
	const char *email; /* NULL: deleted */
	const char *display_name;
	const char *role;        /* owner admin member guest bot */
	const char *status;      /* active deactivated deleted */
	const char *external_id; /* the tenant's own name for the user, or NULL */
	int64_t created_ms;
	/* Set by user_store_patch with a role and by the changes of the status: the
	 * tenant's version with that change. 0 otherwise. */
	int64_t acl_version;
	/* Set by user_store_deactivate and user_store_delete: channels whose last active
	 * owner the user was have another one now (ownership_store.h). To be published.
	 */
	struct event_list handed_on;
};

struct user_new {
	const char *email, *display_name;
	const char *role;        /* NULL: member */
	const char *external_id; /* NULL: none */
	struct user_id id;       /* "": a fresh one */
};

/* NULL leaves a value as it is; the external id "" takes it away. */
struct user_patch {
	const char *email, *display_name, *role, *external_id;
};

#define USER_DELETED_NAME "Deleted user"
#define USER_STATUSES     "active deactivated deleted"

/* All that are set must hold. At most one of email, external_id and name_prefix is set.
 */
struct user_filter {
	const char *email;       /* compared as keys are, see unicode/unicode.h */
	const char *external_id; /* compared byte by byte */
	const char *name_prefix; /* of the display name, compared by its key */
	const char *role;
	const char *status; /* NULL: all but deleted ones */
};

struct user_page {
	struct user *items;
	size_t n;
	bool more; /* go on after items[n - 1].id */
};

/* ES_NOT_FOUND "no such user" for unknown and foreign ids. */
enum es_code user_store_get(struct pg *pg, const struct actor *who,
    const struct user_id *id, struct arena *a, struct user *out,
    struct es_err *err) ES_MUST_CHECK;
/* By id, with name_prefix by name. after NULL: from the start. limit 1 to STORE_LIST_MAX.
 */
enum es_code user_store_list(struct pg *pg, const struct actor *who,
    const struct user_filter *filter, const struct user_id *after, int64_t limit,
    struct arena *a, struct user_page *out, struct es_err *err) ES_MUST_CHECK;
/* Those of ids (n at most 500) that are users of the tenant, in no order. */
enum es_code user_store_known(struct pg *pg, const struct actor *who,
    const struct user_id ids[], size_t n, struct arena *a, struct user_id **out,
    size_t *n_out, struct es_err *err) ES_MUST_CHECK;

/* Owners and admins; only an owner makes owners. ES_EMAIL_TAKEN, ES_NAME_TAKEN for the
 * external id of another user. */
enum es_code user_store_create(struct pg *pg, const struct actor *who,
    const struct user_new *in, struct arena *a, struct user *out,
    struct es_err *err) ES_MUST_CHECK;
/* Everybody may change their own display name; the rest takes an owner or admin, and an
 * owner where an owner is concerned. ES_LAST_OWNER, ES_EMAIL_TAKEN, ES_NAME_TAKEN
 * for the external id of another user, ES_FORBIDDEN. */
enum es_code user_store_patch(struct pg *pg, const struct actor *who,
    const struct user_id *id, const struct user_patch *patch, struct arena *a,
    struct user *out, struct es_err *err) ES_MUST_CHECK;

/* The three below take an owner or admin, and an owner where an owner is concerned.
 * Repeating changes nothing. ES_LAST_OWNER when nobody would own the tenant. */

/* All tokens end; name and address stay taken. */
enum es_code user_store_deactivate(struct pg *pg, const struct actor *who,
    const struct user_id *id, struct arena *a, struct user *out,
    struct es_err *err) ES_MUST_CHECK;
/* Takes a deactivation back; tokens of before stay ended. ES_CONFLICT: deleted. */
enum es_code user_store_reactivate(struct pg *pg, const struct actor *who,
    const struct user_id *id, struct arena *a, struct user *out,
    struct es_err *err) ES_MUST_CHECK;
/* For good: tokens end, the address is free again, and the name becomes
 * USER_DELETED_NAME, here and wherever messages and events are read. The external id is
 * held as a hash: tokens of the tenant's issuer that name it are refused and make no
 * user, until user_store_create or user_store_patch gives it to a user. */
enum es_code user_store_delete(struct pg *pg, const struct actor *who,
    const struct user_id *id, struct arena *a, struct user *out,
    struct es_err *err) ES_MUST_CHECK;

#endif
