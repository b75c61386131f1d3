#include "store/read_mark_store.h"

#include "core/check.h"
#include "store/store_private.h"

#include "core/banned.h"

static const struct pg_col mark_cols[] = {
    PG_COL(struct read_mark, stands, PG_INT8),
    PG_COL(struct read_mark, members, PG_INT8),
};

#define MEMBERS_COUNT "201"
_Static_assert(READ_MARK_MEMBERS_MAX == 200, "in the SQL, also of es_read_many()");
#define RECEIPTS_ON STORE_RECEIPTS_ON("u", "t")

static const struct pg_stmt read_stmt = {
    .name = "read_mark_read",
    .sql = "SELECT r.last_read_seq, (SELECT count(*) FROM (SELECT FROM channel_members m"
	   " WHERE m.tenant_id = $1 AND m.channel_id = $2 ORDER BY m.user_id "
	   "LIMIT " MEMBERS_COUNT
	   ") m WHERE EXISTS (SELECT FROM users u JOIN tenants t ON t.id = $1"
	   " WHERE u.tenant_id = $1 AND u.id = $3 AND " RECEIPTS_ON "))"
	   " FROM es_read($1, $2, $3, $4) r",
    .cols = mark_cols,
    .n_cols = ES_COUNT(mark_cols),
    .n_params = 4,
};

static const struct pg_stmt unread_stmt = {
    .name = "read_mark_unread",
    .sql = "UPDATE channel_members m SET last_read_at = clock_timestamp(),"
	   " last_read_seq = GREATEST(LEAST($4::bigint - 1, h.last_seq), 0),"
	   " own_after_seq = h.last_seq FROM channel_heads h WHERE m.tenant_id = $1"
	   " AND m.channel_id = $2 AND m.user_id = $3 AND h.tenant_id = $1"
	   " AND h.channel_id = $2 RETURNING m.last_read_seq, 0::bigint",
    .cols = mark_cols,
    .n_cols = ES_COUNT(mark_cols),
    .n_params = 4,
};

static enum es_code
read_mark_store_move(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, int64_t id, const struct pg_stmt *stmt,
    struct arena *a, struct read_mark *out, struct es_err *err)
{
	const char *const params[] = {
	    who->tenant.text, channel->text, who->user.text, pg_int(a, id)};
	struct pg_batch_item items[] = {
	    {.stmt = &store_visible, .params = params},
	    {.stmt = stmt, .params = params},
	};

	TRY(pg_batch(pg, &who->tenant, items, ES_COUNT(items), a, err));
	if (items[0].rows.count == 0)
		return es_fail(err, ES_NOT_FOUND, STORE_NO_CHANNEL);
	if (!pg_next(&items[1].rows, a, out))
		return es_fail(
		    err, ES_FORBIDDEN, "only members of the channel have a read mark");
	return ES_OK;
}

enum es_code
read_mark_store_read(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, int64_t id, struct arena *a, struct read_mark *out,
    struct es_err *err)
{
	return read_mark_store_move(pg, who, channel, id, &read_stmt, a, out, err);
}

enum es_code
read_mark_store_unread(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, int64_t id, struct arena *a, struct read_mark *out,
    struct es_err *err)
{
	return read_mark_store_move(pg, who, channel, id, &unread_stmt, a, out, err);
}

struct read_row {
	int64_t ord;
	struct read_mark mark;
	const char *code;
};

static const struct pg_col read_cols[] = {
    PG_COL(struct read_row, ord, PG_INT8),
    PG_COL(struct read_row, code, PG_TEXT),
    PG_COL(struct read_row, mark.stands, PG_INT8),
    PG_COL(struct read_row, mark.members, PG_INT8),
};

const struct pg_stmt read_mark_store_many = {
    .name = "read_many",
    .sql = "SELECT ord, code, last_read_seq, members FROM es_read_many($1::uuid[], "
	   "$2::uuid[],"
	   " $3::uuid[], $4::bigint[])",
    .cols = read_cols,
    .n_cols = ES_COUNT(read_cols),
    .n_params = 4,
};

enum { TENANT, CHANNEL, USER, ID, ARRAYS };

const char *const *
read_mark_store_many_params(struct arena *a, const struct read_mark_ask asks[], size_t n)
{
	const char **params = arena_alloc(a, ARRAYS * sizeof(*params));
	const char **column[ARRAYS];

	CHECK(n >= 1 && n <= READ_MARK_STORE_MAX);
	for (unsigned c = 0; c < ARRAYS; c++)
		column[c] = arena_alloc(a, n * sizeof(*column[c]));
	for (size_t i = 0; i < n; i++) {
		column[TENANT][i] = asks[i].tenant.text;
		column[CHANNEL][i] = asks[i].channel.text;
		column[USER][i] = asks[i].user.text;
		column[ID][i] = pg_int(a, asks[i].id);
	}
	for (unsigned c = 0; c < ARRAYS; c++)
		params[c] = pg_array(a, column[c], n);
	return params;
}

void
read_mark_store_many_read(
    struct pg_rows *rows, size_t n, struct arena *a, struct read_mark_answer out[])
{
	struct read_row row = {0};

	for (size_t i = 0; i < n; i++)
		out[i] = (struct read_mark_answer){.rc = ES_INTERNAL};
	while (pg_next(rows, a, &row))
		if (row.ord >= 1 && (size_t)row.ord <= n)
			out[row.ord - 1] = (struct read_mark_answer){
			    es_code_from_name(row.code), row.mark};
}
