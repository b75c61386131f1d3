#include "store/api_key_store.h"

#include <stdio.h>
#include <string.h>

#include "store/store_private.h"
#include "store/token_store.h"

#include "core/banned.h"

#define NO_KEY "no such API key"

static const struct pg_col api_key_store_cols[] = {
    PG_COL(struct api_key, id, PG_UUID),
    PG_COL(struct api_key, name, PG_TEXT),
    PG_COL(struct api_key, hint, PG_TEXT),
    PG_COL(struct api_key, scopes, PG_TEXT),
    PG_COL(struct api_key, bot_user, PG_UUID),
    PG_COL(struct api_key, created_by, PG_UUID),
    PG_COL(struct api_key, created_ms, PG_INT8),
    PG_COL(struct api_key, expires_ms, PG_INT8),
    PG_COL(struct api_key, last_used_ms, PG_INT8),
};

#define KEY_COLS \
	"id, name, hint, array_to_string(scopes, ' '), bot_user_id, created_by," \
	" es_ms(created_at), es_ms(expires_at), es_ms(last_used_at)"
#define KEY_STMT(name_, sql_, n) \
	{ \
		.name = "api_key_" name_, .sql = sql_, .cols = api_key_store_cols, \
		.n_cols = ES_COUNT(api_key_store_cols), .n_params = (n) \
	}

static const struct pg_stmt api_key_store_insert = KEY_STMT("insert",
    "INSERT INTO api_keys (tenant_id, id, hash, hint, name, scopes, bot_user_id,"
    " created_by, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8,"
    " to_timestamp($9::bigint / 1000.0)) RETURNING " KEY_COLS,
    9);

static const struct pg_stmt api_key_store_page = KEY_STMT("list",
    "SELECT " KEY_COLS " FROM api_keys WHERE tenant_id = $1 AND revoked_at IS NULL"
    " AND id > " STORE_AFTER("$2") " ORDER BY id LIMIT $3",
    3);

static const struct pg_stmt api_key_store_end = KEY_STMT("revoke",
    "UPDATE api_keys SET revoked_at = clock_timestamp()"
    " WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL RETURNING " KEY_COLS,
    2);

struct number {
	int64_t n;
};
static const struct pg_col number_cols[] = {PG_COL(struct number, n, PG_INT8)};
#define NUMBER_STMT(name_, sql_, n) \
	{ \
		.name = "api_key_" name_, .sql = sql_, .cols = number_cols, .n_cols = 1, \
		.n_params = (n) \
	}

/* Lock the tenant's row, so that only one transaction at a time counts and creates keys
 * of the tenant. Otherwise two creations could pass the limit together. */
static const struct pg_stmt api_key_store_lock = NUMBER_STMT(
    "lock", "SELECT acl_version FROM tenants WHERE id = $1 FOR NO KEY UPDATE", 1);

static const struct pg_stmt api_key_store_forget = {
    .name = "api_key_forget",
    .sql = "DELETE FROM api_keys WHERE tenant_id = $1"
	   " AND revoked_at < now() - interval '" API_KEY_STORE_KEEP "'",
    .n_params = 1,
};

static const struct pg_stmt api_key_store_count = NUMBER_STMT("count",
    "SELECT count(*) FROM api_keys WHERE tenant_id = $1 AND revoked_at IS NULL"
    " AND (expires_at IS NULL OR expires_at > now())",
    1);

static const struct pg_stmt api_key_store_bot = NUMBER_STMT("bot",
    "SELECT 1 FROM users WHERE tenant_id = $1 AND id = $2 AND role = 'bot'"
    " AND status = 'active' FOR SHARE",
    2);

static enum es_code
api_key_store_check_rights(const struct actor *who, unsigned scopes, struct es_err *err)
{
	if (!actor_is_admin(who))
		return es_fail(err, ES_FORBIDDEN, "only an owner or admin may do this");
	if ((scopes & KEY_ADMIN) != 0 && !actor_is_owner(who))
		return es_fail_field(err, ES_FORBIDDEN, "scopes",
		    "only an owner may create a key with the scope admin");
	return ES_OK;
}

static enum es_code
api_key_store_check_quota(struct pg *pg, const struct actor *who, int64_t max,
    struct arena *a, struct es_err *err)
{
	const char *const key[] = {who->tenant.text};
	struct number found = {0};
	struct pg_rows rows;

	TRY(pg_run(pg, NULL, &api_key_store_lock, key, a, &rows, err));
	TRY(pg_run(pg, NULL, &api_key_store_forget, key, a, &rows, err));
	TRY(pg_run(pg, NULL, &api_key_store_count, key, a, &rows, err));
	if (pg_next(&rows, a, &found) && found.n >= max)
		return es_fail(err, ES_QUOTA_EXCEEDED,
		    "the tenant has %lld API keys, its limit", (long long)found.n);
	return ES_OK;
}

static enum es_code
api_key_store_check_bot(struct pg *pg, const struct actor *who, const struct user_id *bot,
    struct arena *a, struct es_err *err)
{
	const char *const key[] = {who->tenant.text, bot->text};
	struct number found;
	struct pg_rows rows;

	TRY(pg_run(pg, NULL, &api_key_store_bot, key, a, &rows, err));
	if (!pg_next(&rows, a, &found))
		return es_fail_field(
		    err, ES_INVALID, "botUserId", "not an active user with the role bot");
	return ES_OK;
}

static const char *
api_key_store_scopes_array(struct arena *a, unsigned scopes)
{
	const char *names[KEY_SCOPES];
	size_t n = 0;

	for (size_t i = 0; i < KEY_SCOPES; i++)
		if ((scopes & key_scope_names[i].scope) != 0)
			names[n++] = key_scope_names[i].name;
	return pg_array(a, names, n);
}

static enum es_code
api_key_store_create_locked(struct pg *pg, const struct actor *who,
    const struct api_key_new *in, struct arena *a, struct api_key *out,
    struct es_err *err)
{
	const bool by_key = strcmp(who->user.text, ACTOR_NOBODY) == 0;
	char hash[API_KEY_HASH_TEXT];
	struct uuid id = in->id;
	const char *const params[] = {who->tenant.text, id.text, hash,
	    in->key + strlen(in->key) - API_KEY_HINT, in->name,
	    api_key_store_scopes_array(a, in->scopes),
	    in->bot != NULL ? in->bot->text : NULL, by_key ? NULL : who->user.text,
	    in->expires_ms != 0 ? pg_int(a, in->expires_ms) : NULL};
	struct pg_rows rows;

	TRY(api_key_store_check_quota(pg, who, in->max, a, err));
	if (in->bot != NULL)
		TRY(api_key_store_check_bot(pg, who, in->bot, a, err));
	if (id.text[0] == '\0')
		uuid_new(id.text);
	api_key_text_hash(in->key, hash);
	TRY(pg_run(pg, NULL, &api_key_store_insert, params, a, &rows, err));
	if (!pg_next(&rows, a, out))
		return es_fail(
		    err, ES_INTERNAL, "PostgreSQL returned no row for the new API key");
	return ES_OK;
}

enum es_code
api_key_store_create(struct pg *pg, const struct actor *who, const struct api_key_new *in,
    struct arena *a, struct api_key *out, struct es_err *err)
{
	TRY(api_key_store_check_rights(who, in->scopes, err));
	*out = (struct api_key){0};
	TRY(pg_begin(pg, &who->tenant, err));
	return store_end(pg, api_key_store_create_locked(pg, who, in, a, out, err), err);
}

enum es_code
api_key_store_list(struct pg *pg, const struct actor *who, const char *after,
    int64_t limit, struct arena *a, struct api_key_page *out, struct es_err *err)
{
	const char *const params[] = {who->tenant.text, after, pg_int(a, limit + 1)};
	struct pg_rows rows;

	TRY(api_key_store_check_rights(who, 0, err));
	TRY(pg_run(pg, &who->tenant, &api_key_store_page, params, a, &rows, err));
	*out = (struct api_key_page){.more = rows.count > limit};
	out->items = arena_alloc(a, (size_t)rows.count * sizeof(*out->items));
	memset(out->items, 0, (size_t)rows.count * sizeof(*out->items));
	while ((int64_t)out->n < limit && pg_next(&rows, a, &out->items[out->n]))
		out->n++;
	return ES_OK;
}

void
api_key_store_jti(const struct uuid *id, char out[API_KEY_JTI])
{
	(void)snprintf(out, API_KEY_JTI, "esk:%s", id->text);
}

enum es_code
api_key_store_revoke(struct pg *pg, const struct actor *who, const struct uuid *id,
    int64_t revoked_ms, struct arena *a, struct api_key *out, struct es_err *err)
{
	const char *const key[] = {who->tenant.text, id->text};
	char jti[API_KEY_JTI];
	const struct token_jti opened = {.jti = jti, .expires_ms = revoked_ms};
	struct token_revocation done = {0};
	struct api_key ended = {0};
	struct pg_rows rows;
	enum es_code rc;

	TRY(api_key_store_check_rights(who, 0, err));
	api_key_store_jti(id, jti);
	TRY(pg_begin(pg, &who->tenant, err));
	rc = pg_run(pg, NULL, &api_key_store_lock, key, a, &rows, err);
	if (rc == ES_OK)
		rc = pg_run(pg, NULL, &api_key_store_end, key, a, &rows, err);
	if (rc == ES_OK && !pg_next(&rows, a, &ended))
		rc = es_fail(err, ES_NOT_FOUND, NO_KEY);
	if (rc == ES_OK)
		rc = token_store_end_jti(pg, &who->tenant, &opened, a, &done, err);
	TRY(store_end(pg, rc, err));
	ended.acl_version = done.acl_version;
	*out = ended;
	return ES_OK;
}
