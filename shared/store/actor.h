/* The user in whose name a store reads or changes something. Every statement runs in the
 * tenant of this user. */
#ifndef STORE_ACTOR_H
#define STORE_ACTOR_H

#include <stdbool.h>

#include "core/id.h"

struct actor {
	struct tenant_id tenant;
	struct user_id user;
	const char *role; /* role in the tenant: owner admin member guest bot */
	const char *display_name;
};

/* True when the actor is an owner or admin of the tenant. */
bool actor_is_admin(const struct actor *who) ES_MUST_CHECK;
/* True when the actor is an owner of the tenant. */
bool actor_is_owner(const struct actor *who) ES_MUST_CHECK;

/* Texts of ES_NOT_FOUND. An unknown id, an id of another tenant and an object that the
 * caller may not see get the same text, so that the answer does not tell them apart. */
#define STORE_NO_CHANNEL "no such channel"
#define STORE_NO_USER    "no such user"
#define STORE_NO_MESSAGE "no such message"
/* The reason of ES_FORBIDDEN for changes that direct messages and groups do not have. */
#define STORE_DIRECT "direct messages and groups can't be changed, joined or left"
/* The reason of a refusal with ES_INVALID: the message is a dead letter. */
#define MESSAGE_NOT_STORABLE "the database cannot store it"

/* The user id of an actor that is not a user, for example an API key without a bot. No
 * user has this id. */
#define ACTOR_NOBODY "00000000-0000-0000-0000-000000000000"

/* Largest number of rows of one page of a list. */
#define STORE_LIST_MAX 200

#endif
