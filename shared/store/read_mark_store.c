#include "store/read_mark_store.h"

#include "core/check.h"

#include "core/banned.h"

struct read_row {
	int64_t ord, stands;
	const char *code;
};

static const struct pg_col read_cols[] = {
    PG_COL(struct read_row, ord, PG_INT8),
    PG_COL(struct read_row, code, PG_TEXT),
    PG_COL(struct read_row, stands, PG_INT8),
};

const struct pg_stmt read_mark_store_many = {
    .name = "read_many",
    .sql = "SELECT ord, code, last_read_seq FROM es_read_many($1::uuid[], $2::uuid[],"
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
			    es_code_from_name(row.code), row.stands};
}
