#include "store/api_key_bearer.h"

#include <string.h>

#include "store/api_key_text.h"

#include "core/banned.h"

struct key_answer {
	struct uuid id;
	const char *name, *scopes;
	int64_t expires_ms, acl_version, max_messages_per_second;
	bool use_is_old;
	const char *tenant_status, *settings, *user_status, *role, *display_name;
	struct tenant_id tenant;
	struct user_id user, bot;
	char epoch[ES_UUID_TEXT];
};

static const struct pg_col answer_cols[] = {
    PG_COL(struct key_answer, tenant, PG_UUID),
    PG_COL(struct key_answer, id, PG_UUID),
    PG_COL(struct key_answer, name, PG_TEXT),
    PG_COL(struct key_answer, scopes, PG_TEXT),
    PG_COL(struct key_answer, bot, PG_UUID),
    PG_COL(struct key_answer, expires_ms, PG_INT8),
    PG_COL(struct key_answer, use_is_old, PG_BOOL),
    PG_COL(struct key_answer, tenant_status, PG_TEXT),
    PG_COL(struct key_answer, acl_version, PG_INT8),
    PG_COL(struct key_answer, max_messages_per_second, PG_INT8),
    PG_COL(struct key_answer, settings, PG_TEXT),
    PG_COL(struct key_answer, user, PG_UUID),
    PG_COL(struct key_answer, user_status, PG_TEXT),
    PG_COL(struct key_answer, role, PG_TEXT),
    PG_COL(struct key_answer, display_name, PG_TEXT),
    PG_COL(struct key_answer, epoch, PG_UUID),
};

static const struct pg_stmt api_key_bearer_find = {
    .name = "api_key_bearer",
    .sql = "SELECT tenant_id, id, name, scopes, bot_user_id, expires_ms, use_is_old,"
	   " tenant_status, acl_version, COALESCE(max_messages_per_second, -2), settings,"
	   " user_id,"
	   " user_status, role, display_name, epoch FROM es_api_key($1, $2)",
    .cols = answer_cols,
    .n_cols = ES_COUNT(answer_cols),
    .n_params = 2,
};

/* SKIP LOCKED: when another request is updating the row of the same key, skip the update
 * instead of waiting for that request. */
static const struct pg_stmt api_key_bearer_used = {
    .name = "api_key_used",
    .sql = "UPDATE api_keys SET last_used_at = now() WHERE tenant_id = $1 AND id ="
	   " (SELECT id FROM api_keys WHERE tenant_id = $1 AND id = $2"
	   " AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')"
	   " FOR NO KEY UPDATE SKIP LOCKED)",
    .n_params = 2,
};

static enum api_key_user
api_key_bearer_user_state(const struct key_answer *row, bool asked)
{
	if (row->user.text[0] == '\0')
		return asked ? API_KEY_UNKNOWN : API_KEY_NOBODY;
	return strcmp(row->user_status, "active") == 0 ? API_KEY_ACTIVE
	                                               : API_KEY_DEACTIVATED;
}

static enum es_code
api_key_bearer_check(
    const struct key_answer *row, int64_t now_ms, bool is_own_bot, struct es_err *err)
{
	if (strcmp(row->tenant_status, "active") != 0)
		return es_fail(err, ES_TENANT_SUSPENDED, "the tenant is suspended");
	if (row->expires_ms != 0 && row->expires_ms <= now_ms)
		return es_fail(err, ES_TOKEN_EXPIRED, "the API key has expired");
	if (is_own_bot && strcmp(row->user_status, "active") != 0)
		return es_fail(err, ES_TOKEN_REVOKED,
		    "the bot user of the API key is deactivated or deleted");
	return ES_OK;
}

static void
api_key_bearer_fill(
    const struct key_answer *row, bool asked, bool is_own_bot, struct api_key_bearer *out)
{
	*out = (struct api_key_bearer){
	    .id = row->id,
	    .name = row->name,
	    .scopes = key_scope_set(row->scopes),
	    .expires_ms = row->expires_ms,
	    .use_is_old = row->use_is_old,
	    .is_own_bot = is_own_bot,
	    .user = api_key_bearer_user_state(row, asked),
	    .principal = {.actor = {.tenant = row->tenant,
			      .user = row->user,
			      .role = row->role != NULL ? row->role : "",
			      .display_name =
				  row->display_name != NULL ? row->display_name : ""},
		.acl_version = row->acl_version,
		.max_messages_per_second = row->max_messages_per_second,
		.settings = row->settings},
	};
	if (row->user.text[0] == '\0')
		memcpy(out->principal.actor.user.text, ACTOR_NOBODY, ES_UUID_TEXT);
	memcpy(out->principal.epoch, row->epoch, sizeof(row->epoch));
}

enum es_code
api_key_bearer_get(struct pg *pg, const char *key, const struct user_id *on_behalf,
    int64_t now_ms, struct arena *a, struct api_key_bearer *out, struct es_err *err)
{
	char hash[API_KEY_HASH_TEXT];
	const char *const params[] = {hash, on_behalf != NULL ? on_behalf->text : NULL};
	struct key_answer row = {0};
	struct pg_rows rows;
	bool is_own_bot;

	api_key_text_hash(key, hash);
	TRY(pg_ahead_run(pg, NULL, &api_key_bearer_find, params, a, &rows, err));
	if (!pg_next(&rows, a, &row))
		return es_fail(err, ES_UNAUTHENTICATED, "unknown or revoked API key");
	is_own_bot = row.user.text[0] != '\0' && strcmp(row.user.text, row.bot.text) == 0;
	TRY(api_key_bearer_check(&row, now_ms, is_own_bot, err));
	api_key_bearer_fill(&row, on_behalf != NULL, is_own_bot, out);
	return ES_OK;
}

enum es_code
api_key_bearer_use(struct pg *pg, const struct tenant_id *tenant, const struct uuid *id,
    struct arena *a, struct es_err *err)
{
	const char *const key[] = {tenant->text, id->text};
	struct pg_rows rows;

	return pg_run(pg, tenant, &api_key_bearer_used, key, a, &rows, err);
}
