#include "store/reader_store.h"

#include <string.h>

#include "core/banned.h"

static const struct pg_col right_cols[] = {
    PG_COL(struct rights_row, ord, PG_INT8),
    PG_COL(struct rights_row, head, PG_INT8),
    PG_COL(struct rights_row, is_private, PG_BOOL),
    PG_COL(struct rights_row, is_member, PG_BOOL),
    PG_COL(struct rights_row, archived, PG_BOOL),
    PG_COL(struct rights_row, acl_version, PG_INT8),
    PG_COL(struct rights_row, epoch, PG_UUID),
    PG_COL(struct rights_row, may_post, PG_BOOL),
    PG_COL(struct rights_row, admins_post, PG_BOOL),
};

/* The version of the rights and the answer come from one snapshot. A change after that
 * snapshot has a higher version. */
const struct pg_stmt reader_store_rights = {
    .name = "reader_rights",
    .sql = "SELECT ord - 1, last_seq, is_private, is_member, archived, acl_version,"
	   " epoch, may_post, admins_post FROM es_rights($1, $2, $3)",
    .cols = right_cols,
    .n_cols = ES_COUNT(right_cols),
    .n_params = 3,
};

static const struct pg_col post_cols[] = {
    PG_COL(struct post_right, archived, PG_BOOL),
    PG_COL(struct post_right, may_post, PG_BOOL),
};

/* The conditions of es_rights(). A plain statement in one tenant costs PostgreSQL a
 * fraction of that function: its plan is cached, and it changes no settings. */
const struct pg_stmt reader_store_post_right = {
    .name = "reader_post_right",
    .sql = "SELECT h.archived, c.posting_policy = 'everyone'"
	   " OR u.role IN ('owner', 'admin') OR COALESCE(m.role <> 'member', false)"
	   " FROM tenants t JOIN users u ON u.tenant_id = $1 AND u.id = $2"
	   " JOIN channels c ON c.tenant_id = $1 AND c.id = $3"
	   " JOIN channel_heads h ON h.tenant_id = $1 AND h.channel_id = $3"
	   " LEFT JOIN channel_members m ON m.tenant_id = $1 AND m.channel_id = $3"
	   " AND m.user_id = $2"
	   " WHERE t.id = $1 AND t.status = 'active' AND u.status = 'active'"
	   " AND (m.user_id IS NOT NULL OR (NOT c.is_private AND u.role <> 'guest'"
	   " AND NOT EXISTS (SELECT FROM channel_bans b WHERE b.tenant_id = $1"
	   " AND b.channel_id = $3 AND b.user_id = $2)))",
    .cols = post_cols,
    .n_cols = ES_COUNT(post_cols),
    .n_params = 3,
};

static const struct pg_col head_cols[] = {
    PG_COL(struct head_row, ord, PG_INT8),
    PG_COL(struct head_row, exists, PG_BOOL),
    PG_COL(struct head_row, head, PG_INT8),
    PG_COL(struct head_row, archived, PG_BOOL),
};

const struct pg_stmt reader_store_heads = {
    .name = "reader_heads",
    .sql = "SELECT ord - 1, last_seq IS NOT NULL, last_seq, archived"
	   " FROM es_heads($1, $2)",
    .cols = head_cols,
    .n_cols = ES_COUNT(head_cols),
    .n_params = 2,
};

static const struct pg_col acl_cols[] = {
    PG_COL(struct acl_row, ord, PG_INT8),
    PG_COL(struct acl_row, exists, PG_BOOL),
    PG_COL(struct acl_row, acl_version, PG_INT8),
    PG_COL(struct acl_row, status, PG_TEXT),
};

const struct pg_stmt reader_store_acl = {
    .name = "reader_acl",
    .sql = "SELECT ord - 1, status IS NOT NULL, acl_version, status"
	   " FROM es_acl_versions($1)",
    .cols = acl_cols,
    .n_cols = ES_COUNT(acl_cols),
    .n_params = 1,
};

static const char *
reader_store_text_array(struct arena *a, const char *first, size_t step, size_t n)
{
	const char **texts = arena_alloc(a, n * sizeof(*texts));

	for (size_t i = 0; i < n; i++)
		texts[i] = first + i * step;
	return pg_array(a, texts, n);
}

/* The ids are an array of structs which hold only their text, so that the next text
 * begins ES_UUID_TEXT bytes later. */
static const char *
reader_store_id_array(struct arena *a, const char *first, size_t n)
{
	return reader_store_text_array(a, first, ES_UUID_TEXT, n);
}

const char *const *
reader_store_rights_params(struct arena *a, const struct rights_key asks[], size_t n)
{
	const char **params = arena_alloc(a, 3 * sizeof(*params));

	params[0] = reader_store_text_array(a, asks[0].tenant.text, sizeof(asks[0]), n);
	params[1] = reader_store_text_array(a, asks[0].user.text, sizeof(asks[0]), n);
	params[2] = reader_store_text_array(a, asks[0].channel.text, sizeof(asks[0]), n);
	return params;
}

const char *const *
reader_store_heads_params(struct arena *a, const struct tenant_id tenants[],
    const struct channel_id channels[], size_t n)
{
	const char **params = arena_alloc(a, 2 * sizeof(*params));

	params[0] = reader_store_id_array(a, tenants[0].text, n);
	params[1] = reader_store_id_array(a, channels[0].text, n);
	return params;
}

const char *const *
reader_store_acl_params(struct arena *a, const struct tenant_id tenants[], size_t n)
{
	const char **params = arena_alloc(a, sizeof(*params));

	params[0] = reader_store_id_array(a, tenants[0].text, n);
	return params;
}
