#include <stdlib.h>
#include <string.h>

#include "pg/pg_private.h"

#include "core/banned.h"

static void
pg_row_copy_text(char *slot, const char *value, struct arena *a)
{
	const char *copy = value != NULL ? arena_strdup(a, value) : NULL;

	memcpy(slot, &copy, sizeof(copy));
}

/* Stores "" for a text that is no UUID. */
static void
pg_row_copy_uuid(char *slot, const char *value)
{
	memset(slot, 0, ES_UUID_TEXT);
	if (value != NULL && uuid_valid(value))
		memcpy(slot, value, ES_UUID_TEXT);
}

static void
pg_row_copy_int8(char *slot, const char *value)
{
	const int64_t n = value != NULL ? strtoll(value, NULL, 10) : 0;

	memcpy(slot, &n, sizeof(n));
}

static void
pg_row_copy_bool(char *slot, const char *value)
{
	const bool yes = value != NULL && value[0] == 't';

	memcpy(slot, &yes, sizeof(yes));
}

bool
pg_next(struct pg_rows *rows, struct arena *a, void *out)
{
	if (rows->next >= rows->count)
		return false;
	for (unsigned i = 0; i < rows->stmt->n_cols; i++) {
		const struct pg_col *col = &rows->stmt->cols[i];
		const char *value = PQgetisnull(rows->res, rows->next, (int)i)
		                        ? NULL
		                        : PQgetvalue(rows->res, rows->next, (int)i);
		char *slot = (char *)out + col->offset;

		switch (col->type) {
		case PG_TEXT:
			pg_row_copy_text(slot, value, a);
			break;
		case PG_UUID:
			pg_row_copy_uuid(slot, value);
			break;
		case PG_INT8:
			pg_row_copy_int8(slot, value);
			break;
		case PG_BOOL:
			pg_row_copy_bool(slot, value);
			break;
		}
	}
	rows->next++;
	return true;
}
