#include "store/envelope_version.h"

#include "core/banned.h"

const struct pg_stmt envelope_version_stmt = {
    .name = "envelope_version",
    .sql = "SELECT envelope_version FROM cluster_meta"
	   " /* no tenant_id: the data of no tenant */",
    .cols = (const struct pg_col[]){{PG_INT8, 0}},
    .n_cols = 1,
};

int64_t
envelope_version_read(struct pg_rows *rows, struct arena *a)
{
	int64_t version = 0;

	IGNORE(pg_next(rows, a, &version));
	return version;
}
