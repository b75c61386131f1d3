/* Who asks: the user in whose name a store reads or changes something. The tenant of
 * every statement is this one's. */
#ifndef STORE_ACTOR_H
#define STORE_ACTOR_H

#include <stdbool.h>

#include "core/id.h"

struct actor {
	struct tenant_id tenant;
	struct user_id user;
	const char *role; /* in the tenant: owner admin member guest bot */
	const char *display_name;
};

/* Owner or admin of the tenant. */
bool actor_is_admin(const struct actor *who) ES_MUST_CHECK;
/* Owner of the tenant. */
bool actor_is_owner(const struct actor *who) ES_MUST_CHECK;

/* What unknown, foreign and invisible things have in common. */
#define STORE_NO_CHANNEL "no such channel"
#define STORE_NO_USER    "no such user"
#define STORE_NO_MESSAGE "no such message"

/* The user_id of what belongs to no user: no user has it. */
#define ACTOR_NOBODY "00000000-0000-0000-0000-000000000000"

/* Rows of one page of a list. */
#define STORE_LIST_MAX 200

#endif
