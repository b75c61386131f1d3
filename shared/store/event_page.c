#include <string.h>

#include "store/actor.h"
#include "store/reader_store.h"
#include "store/user_store.h"

#include "core/banned.h"

/* One event of a page. An empty page has one row with only the head. */
struct page_row {
	int64_t head, seq, created_ms, message_id, version, edited_ms, deleted_ms;
	const char *kind, *display_name, *body, *client_id, *payload;
	struct user_id user;
};

static const struct pg_col page_cols[] = {
    PG_COL(struct page_row, head, PG_INT8),
    PG_COL(struct page_row, seq, PG_INT8),
    PG_COL(struct page_row, kind, PG_TEXT),
    PG_COL(struct page_row, user, PG_UUID),
    PG_COL(struct page_row, display_name, PG_TEXT),
    PG_COL(struct page_row, created_ms, PG_INT8),
    PG_COL(struct page_row, body, PG_TEXT),
    PG_COL(struct page_row, client_id, PG_TEXT),
    PG_COL(struct page_row, payload, PG_TEXT),
    PG_COL(struct page_row, message_id, PG_INT8),
    PG_COL(struct page_row, version, PG_INT8),
    PG_COL(struct page_row, edited_ms, PG_INT8),
    PG_COL(struct page_row, deleted_ms, PG_INT8),
};

/* Both halves of the union read their keys in order. An edit shows the present text of
 * its message, looked up by key: the event has no text of its own, so that none is left
 * when the message is deleted. The head comes from the same
 * snapshot: a number up to the head that is missing in the page will never appear. */
const struct pg_stmt reader_store_page = {
    .name = "reader_page",
    .sql = "SELECT h.last_seq, e.seq, e.kind, e.user_id,"
	   " COALESCE((SELECT CASE WHEN u.deleted_at IS NULL"
	   " THEN COALESCE(e.sender_name, u.display_name) ELSE u.display_name END"
	   " FROM users u WHERE u.tenant_id = $1 AND u.id = e.user_id), e.sender_name),"
	   " es_ms(e.created_at), e.body, e.client_id, e.payload, e.message_id,"
	   " e.version, es_ms(e.edited_at), es_ms(e.deleted_at)"
	   " FROM channel_heads h LEFT JOIN LATERAL ("
	   "(SELECT m.id AS seq, 'message' AS kind, m.sender_id AS user_id,"
	   " m.sender_name,"
	   " m.created_at, CASE WHEN m.deleted_at IS NULL THEN m.body END AS body,"
	   " m.client_message_id AS client_id, NULL::jsonb AS payload,"
	   " NULL::bigint AS message_id, m.version, m.edited_at, m.deleted_at"
	   " FROM messages m WHERE m.tenant_id = $1 AND m.channel_id = $2"
	   " AND m.id > $3 AND m.id <= $4 ORDER BY m.id LIMIT $5)"
	   " UNION ALL "
	   "(SELECT c.seq, c.kind, c.actor_id, NULL, c.created_at,"
	   " CASE WHEN m.deleted_at IS NULL THEN m.body END, NULL, "
	   /* Show no name when the user of a member event has been deleted since. */
	   "CASE WHEN c.payload ? 'displayName' AND EXISTS ("
	   "SELECT FROM users u WHERE u.tenant_id = $1 AND u.deleted_at IS NOT NULL"
	   " AND u.id = (c.payload ->> 'userId')::uuid) THEN c.payload"
	   " || '{\"displayName\": \"" USER_DELETED_NAME "\"}' ELSE c.payload END,"
	   " c.message_id, m.version, m.edited_at, m.deleted_at FROM channel_events c"
	   " LEFT JOIN LATERAL (SELECT m.* FROM messages m"
	   " WHERE c.kind = 'message_updated' AND m.tenant_id = $1"
	   " AND m.channel_id = $2 AND m.id = c.message_id LIMIT 1) m ON true WHERE "
	   "c.tenant_id = $1 AND c.channel_id = $2"
	   " AND c.seq > $3 AND c.seq <= $4 ORDER BY c.seq LIMIT $5)"
	   " ORDER BY seq LIMIT $5) e ON true"
	   " WHERE h.tenant_id = $1 AND h.channel_id = $2 ORDER BY e.seq",
    .cols = page_cols,
    .n_cols = ES_COUNT(page_cols),
    .n_params = 5,
};

const char *const *
reader_store_page_params(struct arena *a, const struct tenant_id *tenant,
    const struct channel_id *channel, int64_t after, int64_t to, int64_t limit)
{
	const char **params = arena_alloc(a, 5 * sizeof(*params));

	params[0] = arena_strdup(a, tenant->text);
	params[1] = arena_strdup(a, channel->text);
	params[2] = pg_int(a, after);
	params[3] = pg_int(a, to);
	params[4] = pg_int(a, limit);
	return params;
}

/* False for an event kind that only a newer program knows. The page still covers its
 * number. */
static bool
event_page_row_to_event(const struct page_row *row, const struct tenant_id *tenant,
    const struct channel_id *channel, struct event *out)
{
	*out = (struct event){
	    .tenant = *tenant,
	    .channel = *channel,
	    .user = row->user,
	    .display_name = row->display_name != NULL ? row->display_name : "",
	    .seq = row->seq,
	    .created_ms = row->created_ms,
	    .body = row->body,
	    .client_id = row->client_id,
	    .edited = row->edited_ms != 0,
	    .deleted = row->deleted_ms != 0,
	    .payload = row->payload,
	    .message_id = row->message_id,
	    .version = row->version,
	    .edited_ms = row->edited_ms,
	    .deleted_ms = row->deleted_ms,
	};
	return event_kind_parse(row->kind, &out->kind);
}

static int64_t
event_page_min(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

enum es_code
reader_store_page_read(struct pg_rows *rows, const struct tenant_id *tenant,
    const struct channel_id *channel, int64_t after, int64_t to, int64_t limit,
    struct arena *a, struct event_page *out, struct es_err *err)
{
	struct page_row row = {0};
	int64_t last = after;

	if (rows->count == 0)
		return es_fail(err, ES_NOT_FOUND, STORE_NO_CHANNEL);
	*out = (struct event_page){0};
	out->events = arena_alloc(a, (size_t)rows->count * sizeof(*out->events));
	while (pg_next(rows, a, &row)) {
		out->head = row.head;
		if (row.kind == NULL)
			continue;
		last = row.seq;
		if (event_page_row_to_event(&row, tenant, channel, &out->events[out->n]))
			out->n++;
	}
	/* A full page may stop before `to`. Any other page covers all numbers up to
	 * `to`. */
	out->through =
	    rows->count >= limit && last > after ? last : event_page_min(to, out->head);
	return ES_OK;
}
