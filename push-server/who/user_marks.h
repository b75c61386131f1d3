/* Marks of users whose connections must be looked up again or closed at the end of this
 * turn. One walk over the worker's connections handles all marks of the turn. A walk for
 * each mark would visit all connections each time, and one answer of the database may
 * refuse a thousand users. */
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
		char jti[64];        /* not "": every token with this jti */
	} key;
	/* true: close the connections; false: look the user up again */
	bool gone;
	struct es_err err; /* the reason for the close, when gone */
};

/* Part of struct who; starts zeroed. */
struct user_marks {
	struct table table;
	size_t n_jtis; /* number of marks with a jti */
};

/* Returns the mark of a user, or of all users of the tenant when user is NULL; creates it
 * if there is none. Valid until user_marks_clear(). */
struct user_mark *user_marks_add(
    struct user_marks *m, const struct tenant_id *tenant, const struct user_id *user);
/* Like user_marks_add(), but returns NULL if there is no such mark. */
const struct user_mark *user_marks_find(const struct user_marks *m,
    const struct tenant_id *tenant, const struct user_id *user);
/* Marks the tokens with this jti, which has 1 to 63 bytes. A token without jti ("") has
 * no mark. */
void user_marks_add_jti(
    struct user_marks *m, const struct tenant_id *tenant, const char *jti);
bool user_marks_has_jti(const struct user_marks *m, const struct tenant_id *tenant,
    const char *jti) ES_MUST_CHECK;
void user_marks_clear(struct user_marks *m);

#endif
