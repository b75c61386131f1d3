/* Users whose connections are to be looked up again or closed at the end of this turn.
 * One walk over the worker's connections serves all marks of the turn. A walk for each
 * mark would cost as many steps as there are connections, for each of a thousand users
 * that one answer of the database refuses. */
#ifndef PUSH_USER_MARKS_H
#define PUSH_USER_MARKS_H

#include <stdbool.h>

#include "core/err.h"
#include "core/id.h"
#include "core/table.h"

struct user_mark {
	struct table_node node;
	struct user_mark_key {
		struct tenant_id tenant;
		struct user_id user; /* "": every user of the tenant */
	} key;
	bool gone;         /* close; else look up */
	struct es_err err; /* why, when gone */
};

/* In struct who, zeroed. */
struct user_marks {
	struct table table;
};

/* The mark of a user, or (user NULL) of all users of the tenant; made when it is not
 * there. Good until user_marks_clear(). */
struct user_mark *user_marks_add(
    struct user_marks *m, const struct tenant_id *tenant, const struct user_id *user);
/* The same, or NULL. */
const struct user_mark *user_marks_find(const struct user_marks *m,
    const struct tenant_id *tenant, const struct user_id *user);
void user_marks_clear(struct user_marks *m);

#endif
