#include "store/origin_store.h"

#include <string.h>

#include "core/banned.h"

bool
origin_store_valid(const char *s)
{
	const char *host = strstr(s, "://");

	/* The first of these characters must be the slash of "://". */
	return host != NULL && host > s && host[3] != '\0' &&
	       strcspn(s, "/ *?#") == (size_t)(host - s) + 1 &&
	       strnlen(s, ORIGIN_MAX + 1) <= ORIGIN_MAX &&
	       strpbrk(host + 3, "/ *?#") == NULL;
}

static const struct pg_col origin_cols[] = {PG_COL(struct origin_row, origin, PG_TEXT)};

const struct pg_stmt origin_store_allowed = {
    .name = "origin_allowed",
    .sql = "SELECT es_origins_allowed($1)",
    .cols = origin_cols,
    .n_cols = ES_COUNT(origin_cols),
    .n_params = 1,
};

const char *const *
origin_store_params(struct arena *a, const char *const origins[], size_t n)
{
	const char **params = arena_alloc(a, sizeof(*params));

	params[0] = pg_array(a, origins, n);
	return params;
}
