#include "store/actor.h"

#include <string.h>

#include "core/banned.h"

bool
actor_is_admin(const struct actor *who)
{
	return strcmp(who->role, "admin") == 0 || actor_is_owner(who);
}

bool
actor_is_owner(const struct actor *who)
{
	return strcmp(who->role, "owner") == 0;
}
