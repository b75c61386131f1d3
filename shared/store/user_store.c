#include "store/user_store.h"

#include <string.h>

#include "store/feed_store.h"
#include "store/store_private.h"
#include "store/user_private.h"
#include "unicode/unicode.h"

#include "core/banned.h"

const struct pg_col user_cols[USER_N_COLS] = {
    PG_COL(struct user, id, PG_UUID),
    PG_COL(struct user, email, PG_TEXT),
    PG_COL(struct user, display_name, PG_TEXT),
    PG_COL(struct user, role, PG_TEXT),
    PG_COL(struct user, status, PG_TEXT),
    PG_COL(struct user, created_ms, PG_INT8),
    PG_COL(struct user, external_id, PG_TEXT),
    PG_COL(struct user, read_receipts, PG_BOOL),
};

static const struct pg_stmt get = USER_STMT(
    "get", "SELECT " USER_COLS " FROM users WHERE tenant_id = $1 AND id = $2", 2);

static const struct pg_stmt known = {
    .name = "user_known",
    /* LATERAL with a LIMIT looks up each user by its key. With a plain join the planner
     * may read all users. */
    .sql =
	"SELECT u.id FROM (SELECT DISTINCT unnest($2::uuid[]) AS id) k CROSS JOIN LATERAL"
	" (SELECT u.id FROM users u WHERE u.tenant_id = $1 AND u.id = k.id LIMIT 1) u",
    .cols = user_cols, /* only the column id */
    .n_cols = 1,
    .n_params = 2,
};

static const struct pg_stmt create = USER_STMT("create",
    "INSERT INTO users (tenant_id, id, email, display_name, role, email_key, name_key,"
    " external_id) VALUES ($1, $2, $3, $4, COALESCE($5, 'member'), $6, $7, $8)"
    " RETURNING " USER_COLS,
    8);

static const struct pg_stmt change = USER_STMT("change",
    "UPDATE users SET email = COALESCE($3, email),"
    " display_name = COALESCE($4, display_name), role = COALESCE($5, role),"
    " email_key = COALESCE($6, email_key), name_key = COALESCE($7, name_key),"
    " external_id = NULLIF(COALESCE($8, external_id), ''),"
    " read_receipts = COALESCE($9::boolean, read_receipts)"
    " WHERE tenant_id = $1 AND id = $2 RETURNING " USER_COLS,
    9);

struct count {
	int64_t n;
};
static const struct pg_col count_cols[] = {PG_COL(struct count, n, PG_INT8)};

/* Lock the tenant's row, so that changes of rights run one after the other. Otherwise two
 * owners could take the role from each other at the same time. */
static const struct pg_stmt lock_rights = {
    .name = "user_lock_rights",
    .sql = "SELECT acl_version FROM tenants WHERE id = $1 FOR NO KEY UPDATE",
    .cols = count_cols,
    .n_cols = ES_COUNT(count_cols),
    .n_params = 1,
};

static const struct pg_stmt raise_version = {
    .name = "user_raise_version",
    .sql = "UPDATE tenants SET acl_version = acl_version + 1 WHERE id = $1"
	   " RETURNING acl_version",
    .cols = count_cols,
    .n_cols = ES_COUNT(count_cols),
    .n_params = 1,
};

static const struct pg_stmt other_owners = {
    .name = "user_other_owners",
    .sql = "SELECT count(*) FROM (SELECT FROM users WHERE tenant_id = $1 AND id <> $2"
	   " AND role = 'owner' AND status = 'active' ORDER BY id LIMIT 1) o",
    .cols = count_cols,
    .n_cols = 1,
    .n_params = 2,
};

enum es_code
user_store_run_one(struct pg *pg, const struct actor *who, const struct pg_stmt *stmt,
    const char *const params[], struct arena *a, struct user *out, struct es_err *err)
{
	struct pg_rows rows;
	struct user found = {0};
	const enum es_code rc = pg_run(pg, &who->tenant, stmt, params, a, &rows, err);

	if (rc == ES_CONFLICT && strstr(pg_detail(pg), "users_external_id_key"))
		return es_fail_field(err, ES_NAME_TAKEN, "externalId",
		    "another user has this external id");
	if (rc == ES_CONFLICT) /* the only other unique key is the e-mail address */
		return es_fail_field(
		    err, ES_EMAIL_TAKEN, "email", "another user has this e-mail address");
	TRY(rc);
	if (!pg_next(&rows, a, &found))
		return es_fail(err, ES_NOT_FOUND, STORE_NO_USER);
	*out = found;
	return ES_OK;
}

enum es_code
user_store_get(struct pg *pg, const struct actor *who, const struct user_id *id,
    struct arena *a, struct user *out, struct es_err *err)
{
	return user_store_run_one(pg, who, &get,
	    (const char *const[]){who->tenant.text, id->text}, a, out, err);
}

enum es_code
user_store_known(struct pg *pg, const struct actor *who, const struct user_id ids[],
    size_t n, struct arena *a, struct user_id **out, size_t *n_out, struct es_err *err)
{
	const char **texts = arena_alloc(a, n * sizeof(*texts));
	const char *params[] = {who->tenant.text, NULL};
	struct user found;
	struct pg_rows rows;

	for (size_t i = 0; i < n; i++)
		texts[i] = ids[i].text;
	params[1] = pg_array(a, texts, n);
	TRY(pg_run(pg, &who->tenant, &known, params, a, &rows, err));
	*out = arena_alloc(a, (size_t)rows.count * sizeof(**out));
	for (*n_out = 0; pg_next(&rows, a, &found); (*n_out)++)
		(*out)[*n_out] = found.id;
	return ES_OK;
}

static bool
user_store_is_owner_role(const char *role)
{
	return role != NULL && strcmp(role, "owner") == 0;
}

static enum es_code
user_store_insert(struct pg *pg, const struct actor *who, const char *const params[],
    struct arena *a, struct user *out, struct es_err *err)
{
	TRY(user_store_run_one(pg, who, &create, params, a, out, err));
	return feed_store_tenant_user(
	    pg, who, &out->id, EVENT_USER_JOINED, a, &out->feed, err);
}

enum es_code
user_store_create(struct pg *pg, const struct actor *who, const struct user_new *in,
    struct arena *a, struct user *out, struct es_err *err)
{
	struct user_id id = in->id;
	const char *const params[] = {who->tenant.text, id.text, in->email,
	    in->display_name, in->role, unicode_key(in->email, a),
	    unicode_key(in->display_name, a), in->external_id};

	if (!actor_is_admin(who))
		return es_fail(err, ES_FORBIDDEN, "only an owner or admin may do this");
	if (user_store_is_owner_role(in->role) && !actor_is_owner(who))
		return es_fail_field(
		    err, ES_FORBIDDEN, "role", "only an owner may do this");
	if (id.text[0] == '\0')
		uuid_new(id.text);
	TRY(pg_begin(pg, &who->tenant, err));
	return store_end(pg, user_store_insert(pg, who, params, a, out, err), err);
}

/* Refuses a caller that may not apply this patch to this user. patch NULL: the change is
 * deactivate, reactivate or delete. */
static enum es_code
user_store_check_rights(const struct actor *who, const struct user *now,
    const struct user_patch *patch, struct es_err *err)
{
	const bool self = strcmp(who->user.text, now->id.text) == 0;
	const bool only_name = patch != NULL && patch->email == NULL &&
	                       patch->role == NULL && patch->external_id == NULL;

	if (patch != NULL && patch->read_receipts != NULL && !self)
		return es_fail_field(err, ES_FORBIDDEN, "readReceipts",
		    "only the user itself may do this");
	if (self && only_name)
		return ES_OK;
	if (!actor_is_admin(who))
		return es_fail(err, ES_FORBIDDEN, "only an owner or admin may do this");
	if (user_store_is_owner_role(now->role) && !actor_is_owner(who))
		return es_fail(err, ES_FORBIDDEN, "only an owner may do this");
	if (patch != NULL && user_store_is_owner_role(patch->role) &&
	    !actor_is_owner(who))
		return es_fail_field(
		    err, ES_FORBIDDEN, "role", "only an owner may do this");
	return ES_OK;
}

enum es_code
user_store_check_owner_left(struct pg *pg, const struct actor *who,
    const struct user *now, const char *next_role, struct arena *a, struct es_err *err)
{
	const char *const params[] = {who->tenant.text, now->id.text};
	struct count others = {0};
	struct pg_rows rows;

	if (!user_store_is_owner_role(now->role) || strcmp(now->status, "active") != 0 ||
	    user_store_is_owner_role(next_role))
		return ES_OK;
	TRY(pg_run(pg, NULL, &other_owners, params, a, &rows, err));
	if (pg_next(&rows, a, &others) && others.n > 0)
		return ES_OK;
	return es_fail(
	    err, ES_LAST_OWNER, "the tenant must keep at least one active owner");
}

static enum es_code
user_store_run_version(struct pg *pg, const struct pg_stmt *stmt, const struct actor *who,
    struct arena *a, int64_t *version, struct es_err *err)
{
	const char *const key[] = {who->tenant.text};
	struct count row = {0};
	struct pg_rows rows;

	TRY(pg_run(pg, NULL, stmt, key, a, &rows, err));
	IGNORE(pg_next(&rows, a, &row));
	*version = row.n;
	return ES_OK;
}

enum es_code
user_store_raise_version(struct pg *pg, const struct actor *who, struct arena *a,
    int64_t *version, struct es_err *err)
{
	return user_store_run_version(pg, &raise_version, who, a, version, err);
}

enum es_code
user_store_read_locked(struct pg *pg, const struct actor *who, const struct user_id *id,
    const struct user_patch *patch, struct arena *a, struct user *now, int64_t *version,
    struct es_err *err)
{
	const char *const key[] = {who->tenant.text, id->text};

	if (version != NULL)
		TRY(user_store_run_version(pg, &lock_rights, who, a, version, err));
	TRY(user_store_run_one(pg, who, &get, key, a, now, err));
	return user_store_check_rights(who, now, patch, err);
}

static const char *
user_store_key_or_null(const char *name, struct arena *a)
{
	return name != NULL ? unicode_key(name, a) : NULL;
}

static enum es_code
user_store_patch_locked(struct pg *pg, const struct actor *who, const struct user_id *id,
    const struct user_patch *patch, struct arena *a, struct user *out, struct es_err *err)
{
	const char *const params[] = {who->tenant.text, id->text, patch->email,
	    patch->display_name, patch->role, user_store_key_or_null(patch->email, a),
	    user_store_key_or_null(patch->display_name, a), patch->external_id,
	    patch->read_receipts != NULL ? pg_bool(*patch->read_receipts) : NULL};
	const bool rights = patch->role != NULL || patch->read_receipts != NULL;
	int64_t version = 0;
	struct user now = {0};

	TRY(user_store_read_locked(
	    pg, who, id, patch, a, &now, rights ? &version : NULL, err));
	if (strcmp(now.status, "deleted") == 0)
		return es_fail(err, ES_CONFLICT, "the user is deleted");
	if (patch->role != NULL && strcmp(patch->role, now.role) != 0) {
		TRY(user_store_check_owner_left(pg, who, &now, patch->role, a, err));
		TRY(user_store_raise_version(pg, who, a, &version, err));
	} else if (patch->read_receipts != NULL &&
		   *patch->read_receipts != now.read_receipts) {
		/* push-server keeps the preference with each connection */
		TRY(user_store_raise_version(pg, who, a, &version, err));
	}
	TRY(user_store_run_one(pg, who, &change, params, a, out, err));
	out->acl_version = version;
	if (strcmp(now.display_name, out->display_name) == 0 &&
	    strcmp(now.role, out->role) == 0)
		return ES_OK; /* the rest of a user is not for all */
	return feed_store_tenant_user(
	    pg, who, id, EVENT_USER_UPDATED, a, &out->feed, err);
}

enum es_code
user_store_patch(struct pg *pg, const struct actor *who, const struct user_id *id,
    const struct user_patch *patch, struct arena *a, struct user *out, struct es_err *err)
{
	TRY(pg_begin(pg, &who->tenant, err));
	return store_end(
	    pg, user_store_patch_locked(pg, who, id, patch, a, out, err), err);
}
