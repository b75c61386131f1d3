#include "store/receipt_store.h"

#include "core/check.h"
#include "store/read_mark_store.h"
#include "store/store_private.h"

#include "core/banned.h"

/* The numbers as SQL. */
#define MEMBERS_LIMIT "200"
#define MEMBERS_COUNT "201"
#define OWN_LIMIT     "1000"
_Static_assert(READ_MARK_MEMBERS_MAX == 200 && RECEIPT_OWN_MAX == 1000, "in the SQL");
#define RECEIPTS_ON STORE_RECEIPTS_ON("u", "t")
#define AFTER       STORE_AFTER("$4")

/* What decides whether the caller may see receipts of the channel. */
struct room {
	bool receipts;
	int64_t members; /* at most READ_MARK_MEMBERS_MAX + 1 */
};

static const struct pg_col room_cols[] = {
    PG_COL(struct room, receipts, PG_BOOL),
    PG_COL(struct room, members, PG_INT8),
};

static const struct pg_stmt room_stmt = {
    .name = "receipt_room",
    .sql = "SELECT (SELECT " RECEIPTS_ON " FROM users u JOIN tenants t ON t.id = $1"
	   " WHERE u.tenant_id = $1 AND u.id = $3), (SELECT count(*) FROM"
	   " (SELECT FROM channel_members m WHERE m.tenant_id = $1"
	   " AND m.channel_id = $2 ORDER BY m.user_id LIMIT " MEMBERS_COUNT ") m)",
    .cols = room_cols,
    .n_cols = ES_COUNT(room_cols),
    .n_params = 3,
};

static const struct pg_stmt there = {
    .name = "receipt_message",
    .sql = "SELECT FROM messages WHERE tenant_id = $1 AND channel_id = $2 AND id = $3",
    .n_params = 3,
};

static const struct pg_col reader_cols[] = {
    PG_COL(struct reader, user, PG_UUID),
    PG_COL(struct reader, display_name, PG_TEXT),
};

/* The message is $3, the page begins after user $4. */
static const struct pg_stmt readers = {
    .name = "receipt_readers",
    .sql =
	"WITH wrote AS MATERIALIZED (SELECT s.sender_id, max(s.id) AS id FROM (SELECT"
	" m.sender_id, m.id FROM messages m WHERE m.tenant_id = $1 AND m.channel_id = $2"
	" AND m.id >= $3 ORDER BY m.id LIMIT " OWN_LIMIT ") s GROUP BY 1)"
	" SELECT m.user_id, u.display_name FROM (SELECT m.user_id, m.last_read_seq,"
	" m.own_after_seq FROM channel_members m WHERE m.tenant_id = $1"
	" AND m.channel_id = $2 AND m.user_id > " AFTER
	" ORDER BY m.user_id LIMIT " MEMBERS_LIMIT ") m"
	" CROSS JOIN LATERAL (SELECT u.display_name, u.read_receipts FROM users u"
	" WHERE u.tenant_id = $1 AND u.id = m.user_id LIMIT 1) u"
	" LEFT JOIN wrote w ON w.sender_id = m.user_id"
	" WHERE u.read_receipts AND (m.last_read_seq >= $3 OR w.id > m.own_after_seq)"
	" AND m.user_id <> COALESCE((SELECT o.sender_id FROM messages o"
	" WHERE o.tenant_id = $1 AND o.channel_id = $2 AND o.id = $3), '" ACTOR_NOBODY
	"')"
	" ORDER BY m.user_id LIMIT $5",
    .cols = reader_cols,
    .n_cols = ES_COUNT(reader_cols),
    .n_params = 5,
};

static enum es_code
receipt_store_may_see(const struct room *room, int64_t members_max, struct es_err *err)
{
	if (!room->receipts)
		return es_fail(err, ES_FORBIDDEN,
		    "you or your tenant have switched read receipts off");
	if (room->members > members_max)
		return es_fail(err, ES_FORBIDDEN,
		    "the channel has more than %lld members, too many for read receipts",
		    (long long)members_max);
	return ES_OK;
}

enum es_code
receipt_store_readers(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, int64_t message, int64_t members_max,
    const struct user_id *after, int64_t limit, struct arena *a, struct reader_page *out,
    struct es_err *err)
{
	const char *const seen[] = {who->tenant.text, channel->text, who->user.text};
	const char *const params[] = {who->tenant.text, channel->text, pg_int(a, message),
	    after != NULL ? after->text : NULL, pg_int(a, limit + 1)};
	struct pg_batch_item items[] = {
	    {.stmt = &store_visible, .params = seen},
	    {.stmt = &room_stmt, .params = seen},
	    {.stmt = &there, .params = params},
	    {.stmt = &readers, .params = params},
	};
	struct pg_rows *rows = &items[3].rows;
	struct room room = {0};

	CHECK(members_max <= READ_MARK_MEMBERS_MAX);
	TRY(pg_batch(pg, &who->tenant, items, ES_COUNT(items), a, err));
	if (items[0].rows.count == 0 || !pg_next(&items[1].rows, a, &room))
		return es_fail(err, ES_NOT_FOUND, STORE_NO_CHANNEL);
	TRY(receipt_store_may_see(&room, members_max, err));
	if (items[2].rows.count == 0)
		return es_fail(err, ES_NOT_FOUND, STORE_NO_MESSAGE);
	*out = (struct reader_page){.more = rows->count > limit};
	out->items = arena_alloc(a, (size_t)(rows->count + 1) * sizeof(*out->items));
	while ((int64_t)out->n < limit && pg_next(rows, a, &out->items[out->n]))
		out->n++;
	return ES_OK;
}
