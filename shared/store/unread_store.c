#include "store/unread_store.h"

#include <string.h>

#include "core/check.h"
#include "store/store_private.h"

#include "core/banned.h"

struct unread_row {
	struct unread item;
	bool shown; /* false: the row only says how far the page has examined */
	int64_t nth;
};

static const struct pg_col unread_cols[] = {
    PG_COL(struct unread_row, item.channel, PG_UUID),
    PG_COL(struct unread_row, item.last_seq, PG_INT8),
    PG_COL(struct unread_row, item.last_read_seq, PG_INT8),
    PG_COL(struct unread_row, item.unread, PG_INT8),
    PG_COL(struct unread_row, item.capped, PG_BOOL),
    PG_COL(struct unread_row, shown, PG_BOOL),
    PG_COL(struct unread_row, nth, PG_INT8),
};

/* The numbers as SQL. */
#define COUNTED  "1000"
#define EXAMINED "200"
_Static_assert(UNREAD_MAX == 1000 && UNREAD_EXAMINED == 200, "in the SQL");
#define AFTER STORE_AFTER("$3")

/* SQL: everything that is counted for the member `page` of a channel with the head h; $1
 * tenant, $2 user. The scan starts at the head and ends at the stored mark, or after
 * UNREAD_MAX messages. Counts of other tables (mentions, threads) belong here, too: each
 * is one more LATERAL, bounded in the same way, and one more column of struct unread. */
#define UNREAD_COUNTS \
	" CROSS JOIN LATERAL (SELECT COALESCE(max(w.own), 0) AS own," \
	" count(*) FILTER (WHERE w.counts AND w.id > w.own) AS unread," \
	" count(*) = " COUNTED " AND COALESCE(max(w.own), 0) = 0 AS capped" \
	" FROM (SELECT s.id, s.counts," \
	" COALESCE(max(s.id) FILTER (WHERE s.mine) OVER (), 0) AS own" \
	" FROM (SELECT m.id, m.sender_id <> $2 AND m.deleted_at IS NULL AS counts," \
	" m.sender_id = $2 AND m.id > page.own_after_seq AS mine" \
	" FROM messages m WHERE m.tenant_id = $1 AND m.channel_id = page.channel_id" \
	" AND m.id > page.last_read_seq ORDER BY m.id DESC LIMIT " COUNTED ") s) w) n"
/* LATERAL with a LIMIT looks up each head by its key. */
#define UNREAD_HEAD \
	" LEFT JOIN LATERAL (SELECT h.last_seq, h.archived FROM channel_heads h" \
	" WHERE h.tenant_id = $1 AND h.channel_id = page.channel_id LIMIT 1) h ON true"
#define UNREAD_NUMBERS \
	"page.channel_id, h.last_seq, GREATEST(page.last_read_seq, n.own)," \
	" n.unread, n.capped"

/* The page begins after channel $3. $5: show channels without unread messages, too. The
 * row of the last channel that was examined always comes, so that the next page can begin
 * after it. A channel without a head is deleted. */
static const struct pg_stmt list = {
    .name = "unread_list",
    .sql = "SELECT * FROM (SELECT " UNREAD_NUMBERS ", h.last_seq IS NOT NULL"
	   " AND ($5::boolean OR (n.unread > 0 AND NOT h.archived)) AS shown, page.nth"
	   " FROM (SELECT m.channel_id, m.last_read_seq, m.own_after_seq, row_number()"
	   " OVER (ORDER BY m.channel_id) AS nth FROM channel_members m"
	   " WHERE m.tenant_id = $1 AND m.user_id = $2 AND m.channel_id > " AFTER
	   " ORDER BY m.channel_id LIMIT " EXAMINED ") page" UNREAD_HEAD UNREAD_COUNTS
	   ") u WHERE u.shown OR u.nth = " EXAMINED " ORDER BY u.channel_id LIMIT $4",
    .cols = unread_cols,
    .n_cols = ES_COUNT(unread_cols),
    .n_params = 5,
};

static const struct pg_stmt of = {
    .name = "unread_of",
    .sql = "SELECT " UNREAD_NUMBERS ", h.last_seq IS NOT NULL, 0::bigint"
	   " FROM unnest($3::uuid[]) k (id) CROSS JOIN LATERAL (SELECT m.channel_id,"
	   " m.last_read_seq, m.own_after_seq FROM channel_members m"
	   " WHERE m.tenant_id = $1 AND m.channel_id = k.id AND m.user_id = $2"
	   " LIMIT 1) page" UNREAD_HEAD UNREAD_COUNTS,
    .cols = unread_cols,
    .n_cols = ES_COUNT(unread_cols),
    .n_params = 3,
};

enum es_code
unread_store_list(struct pg *pg, const struct actor *who, bool all,
    const struct channel_id *after, int64_t limit, struct arena *a,
    struct unread_page *out, struct es_err *err)
{
	const char *const params[] = {who->tenant.text, who->user.text,
	    after != NULL ? after->text : NULL, pg_int(a, limit + 1), pg_bool(all)};
	struct unread_row row = {0};
	struct pg_rows rows;

	CHECK(limit >= 1 && limit <= UNREAD_EXAMINED);
	TRY(pg_run(pg, &who->tenant, &list, params, a, &rows, err));
	*out = (struct unread_page){0};
	out->items = arena_alloc(a, (size_t)(rows.count + 1) * sizeof(*out->items));
	while (pg_next(&rows, a, &row)) {
		if (row.shown && (int64_t)out->n == limit) {
			out->next = out->items[limit - 1].channel;
			break;
		}
		if (row.shown)
			out->items[out->n++] = row.item;
		if (row.nth == UNREAD_EXAMINED)
			out->next = row.item.channel;
	}
	return ES_OK;
}

enum es_code
unread_store_of(struct pg *pg, const struct actor *who, const struct channel_id ids[],
    size_t n, struct arena *a, struct unread **out, size_t *n_out, struct es_err *err)
{
	const char **texts = arena_alloc(a, (n + 1) * sizeof(*texts));
	const char *params[] = {who->tenant.text, who->user.text, NULL};
	struct unread_row row = {0};
	struct pg_rows rows;

	for (size_t i = 0; i < n; i++)
		texts[i] = ids[i].text;
	params[2] = pg_array(a, texts, n);
	TRY(pg_run(pg, &who->tenant, &of, params, a, &rows, err));
	*out = arena_alloc(a, (size_t)(rows.count + 1) * sizeof(**out));
	for (*n_out = 0; pg_next(&rows, a, &row);)
		if (row.shown)
			(*out)[(*n_out)++] = row.item;
	return ES_OK;
}
