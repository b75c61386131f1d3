/* The columns of a struct user, for all files that read users. */
#ifndef STORE_USER_COLS_H
#define STORE_USER_COLS_H

#include "store/user_store.h"

/* A deleted user keeps its row. Its placeholder e-mail address is shown to nobody. */
#define USER_COLS \
	"id, CASE WHEN deleted_at IS NULL THEN email END, display_name, role," \
	" CASE WHEN deleted_at IS NULL THEN status ELSE 'deleted' END, " \
	"es_ms(created_at), external_id"
#define USER_N_COLS 7
extern const struct pg_col user_cols[USER_N_COLS];

#define USER_STMT(name_, sql_, n) \
	{ \
		.name = "user_" name_, .sql = sql_, .cols = user_cols, \
		.n_cols = USER_N_COLS, .n_params = (n) \
	}

#endif
