/* Lists of users: all users, or those that match a filter. Each list uses an index, so
 * that its cost does not grow with the tenant. */
#include <string.h>

#include "store/store_private.h"
#include "store/user_private.h"
#include "unicode/unicode.h"

#include "core/banned.h"

/* $1 tenant, $2 the user after whom the page begins, $3 rows, $4 role or NULL, $5 status
 * or NULL, $6 true: deleted users only, false: all others. */
#define FIND(where) \
	"SELECT " USER_COLS " FROM users WHERE tenant_id = $1" where \
	" AND (deleted_at IS NOT NULL) = $6::boolean"
#define AFTER        " AND id > " STORE_AFTER("$2") " ORDER BY id LIMIT $3"
#define MAYBE_ROLE   " AND ($4::text IS NULL OR role = $4)"
#define MAYBE_STATUS " AND ($5::text IS NULL OR status = $5)"

static const struct pg_stmt user_find_all =
    USER_STMT("list", FIND(MAYBE_ROLE MAYBE_STATUS) AFTER, 6);
static const struct pg_stmt user_find_role =
    USER_STMT("list_role", FIND(" AND role = $4" MAYBE_STATUS) AFTER, 6);
static const struct pg_stmt user_find_status =
    USER_STMT("list_status", FIND(MAYBE_ROLE " AND status = $5") AFTER, 6);
/* $7 key of the e-mail address. */
static const struct pg_stmt user_find_email =
    USER_STMT("by_email", FIND(" AND email_key = $7" MAYBE_ROLE MAYBE_STATUS) AFTER, 7);
/* $7 external id of the user. */
static const struct pg_stmt user_find_external = USER_STMT(
    "by_external", FIND(" AND external_id = $7" MAYBE_ROLE MAYBE_STATUS) AFTER, 7);
/* Ordered by name. $7 key of the prefix, $8 a key after all keys with this prefix. The
 * key of the last user of the previous page is an index condition, too, so that a page
 * does not read the pages before it. */
#define LAST_KEY \
	"(SELECT p.name_key FROM users p WHERE p.tenant_id = $1 AND p.id = $2::uuid)"
#define FROM_NAME \
	" AND name_key >= GREATEST($7 COLLATE \"C\", " LAST_KEY ") AND name_key < $8" \
	" AND ($2::uuid IS NULL OR name_key > " LAST_KEY " OR id > $2)"
static const struct pg_stmt user_find_name = USER_STMT("by_name",
    FIND(FROM_NAME MAYBE_ROLE MAYBE_STATUS) " ORDER BY name_key, id LIMIT $3", 8);

static const struct pg_stmt *
user_find_choose_stmt(const struct user_filter *filter, const char *status)
{
	if (filter->email != NULL)
		return &user_find_email;
	if (filter->external_id != NULL)
		return &user_find_external;
	if (filter->name_prefix != NULL)
		return &user_find_name;
	if (filter->role != NULL)
		return &user_find_role;
	return status != NULL ? &user_find_status : &user_find_all;
}

enum es_code
user_store_list(struct pg *pg, const struct actor *who, const struct user_filter *filter,
    const struct user_id *after, int64_t limit, struct arena *a, struct user_page *out,
    struct es_err *err)
{
	const bool gone =
	    filter->status != NULL && strcmp(filter->status, "deleted") == 0;
	const char *status = gone ? "deactivated" : filter->status;
	const char *params[] = {who->tenant.text, after != NULL ? after->text : NULL,
	    pg_int(a, limit + 1), filter->role, status, pg_bool(gone), NULL, NULL};
	const struct pg_stmt *stmt = user_find_choose_stmt(filter, status);
	struct pg_rows rows;

	if (stmt == &user_find_email)
		params[6] = unicode_key(filter->email, a);
	if (stmt == &user_find_external)
		params[6] = filter->external_id;
	if (stmt == &user_find_name) {
		params[6] = unicode_key(filter->name_prefix, a);
		/* U+10FFFF is not a character: no name contains it, and every name with
		 * the prefix sorts before it. */
		params[7] = arena_printf(a, "%s\xf4\x8f\xbf\xbf", params[6]);
	}
	TRY(pg_run(pg, &who->tenant, stmt, params, a, &rows, err));
	*out = (struct user_page){.more = rows.count > limit};
	out->items = arena_alloc(a, (size_t)rows.count * sizeof(*out->items));
	while ((int64_t)out->n < limit && pg_next(&rows, a, &out->items[out->n]))
		out->n++;
	return ES_OK;
}
