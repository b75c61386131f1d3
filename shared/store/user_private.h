/* Declarations shared by user_store.c, user_status.c and user_find.c. */
#ifndef STORE_USER_PRIVATE_H
#define STORE_USER_PRIVATE_H

#include "store/user_store.h"

/* The columns of a struct user. A deleted user keeps its row. No answer shows its
 * placeholder e-mail address. */
#define USER_COLS \
	"id, CASE WHEN deleted_at IS NULL THEN email END, display_name, role," \
	" CASE WHEN deleted_at IS NULL THEN status ELSE 'deleted' END, " \
	"es_ms(created_at), external_id, read_receipts"
#define USER_N_COLS 8
extern const struct pg_col user_cols[USER_N_COLS];

#define USER_STMT(name_, sql_, n) \
	{ \
		.name = "user_" name_, .sql = sql_, .cols = user_cols, \
		.n_cols = USER_N_COLS, .n_params = (n) \
	}

/* Runs a statement that returns one user. ES_NOT_FOUND with STORE_NO_USER: no row.
 * ES_EMAIL_TAKEN: another user has the e-mail address. ES_NAME_TAKEN: another user has
 * the external id. */
enum es_code user_store_run_one(struct pg *pg, const struct actor *who,
    const struct pg_stmt *stmt, const char *const params[], struct arena *a,
    struct user *out, struct es_err *err) ES_MUST_CHECK;

/* The functions below run inside a transaction. */

/* Reads the user, and checks that the caller may apply the patch to the user. patch NULL:
 * that the caller may change the user's status. version is NULL when the change touches
 * no rights. Otherwise the call locks the tenant's row first and reads its
 * acl_version. */
enum es_code user_store_read_locked(struct pg *pg, const struct actor *who,
    const struct user_id *id, const struct user_patch *patch, struct arena *a,
    struct user *now, int64_t *version, struct es_err *err) ES_MUST_CHECK;
/* ES_LAST_OWNER: the change takes the role from the last active owner of the tenant.
 * next_role NULL: the user is deactivated or deleted. */
enum es_code user_store_check_owner_left(struct pg *pg, const struct actor *who,
    const struct user *now, const char *next_role, struct arena *a,
    struct es_err *err) ES_MUST_CHECK;
/* Raises the tenant's acl_version. */
enum es_code user_store_raise_version(struct pg *pg, const struct actor *who,
    struct arena *a, int64_t *version, struct es_err *err) ES_MUST_CHECK;

#endif
