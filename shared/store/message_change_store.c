#include "store/message_change_store.h"

#include <string.h>

#include "store/store_private.h"

#include "core/banned.h"

struct change_right {
	int64_t envelope_version;
	bool sees;
	const char *refusal;
};

static const struct pg_col right_cols[] = {
    PG_COL(struct change_right, envelope_version, PG_INT8),
    PG_COL(struct change_right, sees, PG_BOOL),
    PG_COL(struct change_right, refusal, PG_TEXT),
};

/* SQL: the user u of this statement is an admin of the channel or the tenant; r is the
 * user's membership. */
#define IS_ADMIN "(COALESCE(r.role <> 'member', false) OR u.role IN ('owner', 'admin'))"

/* The conditions of es_change_refusal(), in the same order. */
static const struct pg_stmt right_stmt = {
    .name = "message_change_right",
    .sql = "SELECT (SELECT v.envelope_version FROM cluster_meta v), s.sees,"
	   " CASE WHEN t.status <> 'active' THEN 'tenant_suspended'"
	   " WHEN u.status <> 'active' THEN 'forbidden'"
	   " WHEN NOT s.sees THEN 'not_found'"
	   " WHEN h.archived THEN 'channel_archived'"
	   " WHEN m.sender_id IS NULL THEN 'not_found'"
	   " WHEN m.deleted_at IS NOT NULL THEN 'gone'"
	   " WHEN $5 NOT IN ('edit', 'delete') THEN NULL"
	   " WHEN NOT s.is_admin AND m.sender_id <> u.id THEN 'forbidden'"
	   " WHEN $5 = 'edit' AND NOT s.is_admin AND m.created_at + make_interval(secs =>"
	   " (t.settings ->> 'editWindowSeconds')::double precision)"
	   " < clock_timestamp() THEN 'edit_window_over'"
	   " WHEN m.version <> $6::bigint THEN 'version_conflict' END"
	   " FROM tenants t JOIN users u ON u.tenant_id = $1 AND u.id = $3"
	   " JOIN channels c ON c.tenant_id = $1 AND c.id = $2"
	   " JOIN channel_heads h ON h.tenant_id = $1 AND h.channel_id = $2"
	   " LEFT JOIN channel_members r ON r.tenant_id = $1 AND r.channel_id = $2"
	   " AND r.user_id = $3"
	   " LEFT JOIN messages m ON m.tenant_id = $1 AND m.channel_id = $2 AND m.id = $4"
	   " CROSS JOIN LATERAL (SELECT " STORE_MAY_SEE(
	       "r.role IS NOT NULL", "$3") " AS sees, " IS_ADMIN " AS is_admin) s"
					   " WHERE t.id = $1",
    .cols = right_cols,
    .n_cols = ES_COUNT(right_cols),
    .n_params = 6,
};

enum es_code
message_change_store_refuse(enum es_code code, struct es_err *err)
{
	static const struct {
		enum es_code code;
		const char *text;
	} texts[] = {
	    {ES_NOT_FOUND, STORE_NO_MESSAGE},
	    {ES_CHANNEL_ARCHIVED, "the channel is archived"},
	    {ES_GONE, "the message is deleted"},
	    {ES_FORBIDDEN,
		"only the author and admins of the channel or of the tenant may do this"},
	    {ES_EDIT_WINDOW_OVER, "the message is too old to be edited by its author"},
	    {ES_VERSION_CONFLICT,
		"the message has another version; read it again before you change it"},
	    {ES_TOO_MANY_REACTIONS, "the message has the most different emoji, 50"},
	};

	for (size_t i = 0; i < ES_COUNT(texts); i++)
		if (texts[i].code == code)
			return es_fail(err, code, "%s", texts[i].text);
	return es_fail(err, code == ES_OK ? ES_INTERNAL : code,
	    "the change was refused: %s", es_code_title(code));
}

enum es_code
message_change_store_check(struct pg *pg, const struct tenant_id *tenant,
    const struct channel_id *channel, const struct user_id *user,
    const struct envelope_message *m, struct arena *a, struct es_err *err)
{
	const char *const params[] = {tenant->text, channel->text, user->text,
	    pg_int(a, m->target), envelope_op_name(m->op),
	    m->if_version != 0 ? pg_int(a, m->if_version) : NULL};
	struct change_right right;
	struct pg_rows rows;

	TRY(pg_run(pg, tenant, &right_stmt, params, a, &rows, err));
	if (!pg_next(&rows, a, &right) || !right.sees)
		return es_fail(err, ES_NOT_FOUND, STORE_NO_CHANNEL);
	if (right.refusal != NULL)
		return message_change_store_refuse(es_code_from_name(right.refusal), err);
	if (right.envelope_version < ENVELOPE_VERSION)
		return es_fail(err, ES_UNAVAILABLE, MESSAGE_CHANGE_UPGRADING);
	return ES_OK;
}

struct reader_right {
	bool may;
};

static const struct pg_col reader_cols[] = {PG_COL(struct reader_right, may, PG_BOOL)};

static const struct pg_stmt reader_stmt = {
    .name = "message_revisions_right",
    .sql = "SELECT m.sender_id = $3 OR " IS_ADMIN " FROM messages m"
	   " JOIN users u ON u.tenant_id = $1 AND u.id = $3"
	   " LEFT JOIN channel_members r ON r.tenant_id = $1 AND r.channel_id = $2"
	   " AND r.user_id = $3"
	   " WHERE m.tenant_id = $1 AND m.channel_id = $2 AND m.id = $4",
    .cols = reader_cols,
    .n_cols = ES_COUNT(reader_cols),
    .n_params = 4,
};

static const struct pg_col revision_cols[] = {
    PG_COL(struct message_revision, version, PG_INT8),
    PG_COL(struct message_revision, body, PG_TEXT),
    PG_COL(struct message_revision, replaced_by, PG_UUID),
    PG_COL(struct message_revision, replaced_ms, PG_INT8),
};

static const struct pg_stmt revisions = {
    .name = "message_revisions",
    .sql = "SELECT r.version, r.body, r.replaced_by, es_ms(r.replaced_at)"
	   " FROM message_revisions r WHERE r.tenant_id = $1 AND r.channel_id = $2"
	   " AND r.message_id = $3 AND r.version < $4::bigint"
	   " ORDER BY r.version DESC LIMIT $5",
    .cols = revision_cols,
    .n_cols = ES_COUNT(revision_cols),
    .n_params = 5,
};

enum es_code
message_change_store_revisions(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, int64_t id, int64_t before, int64_t limit,
    struct arena *a, struct message_revisions *out, struct es_err *err)
{
	const char *const right[] = {
	    who->tenant.text, channel->text, who->user.text, pg_int(a, id)};
	const char *const params[] = {who->tenant.text, channel->text, right[3],
	    pg_int(a, before), pg_int(a, limit + 1)};
	struct pg_batch_item items[] = {
	    {.stmt = &store_visible, .params = right},
	    {.stmt = &reader_stmt, .params = right},
	    {.stmt = &revisions, .params = params},
	};
	struct reader_right reader;

	TRY(pg_batch(pg, &who->tenant, items, ES_COUNT(items), a, err));
	if (items[0].rows.count == 0)
		return es_fail(err, ES_NOT_FOUND, STORE_NO_CHANNEL);
	if (!pg_next(&items[1].rows, a, &reader))
		return es_fail(err, ES_NOT_FOUND, STORE_NO_MESSAGE);
	if (!reader.may)
		return message_change_store_refuse(ES_FORBIDDEN, err);
	*out = (struct message_revisions){.more = items[2].rows.count > limit};
	out->items = arena_alloc(a, (size_t)limit * sizeof(*out->items));
	for (int64_t i = 0; i < limit && pg_next(&items[2].rows, a, &out->items[out->n]);
	     i++)
		out->n++;
	return ES_OK;
}
