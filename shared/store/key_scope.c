#include "store/key_scope.h"

#include <string.h>

#include "core/banned.h"

const struct key_scope_name key_scope_names[KEY_SCOPES] = {
    {KEY_MESSAGES, "messages:write"},
    {KEY_CHANNELS, "channels:manage"},
    {KEY_USERS, "users:manage"},
    {KEY_TOKENS, "tokens:mint"},
    {KEY_ADMIN, "admin"},
};

unsigned
key_scope_of(const char *name, size_t len)
{
	for (size_t i = 0; i < KEY_SCOPES; i++)
		if (strlen(key_scope_names[i].name) == len &&
		    memcmp(key_scope_names[i].name, name, len) == 0)
			return key_scope_names[i].scope;
	return 0;
}

unsigned
key_scope_set(const char *names)
{
	unsigned set = 0;

	for (const char *s = names; *s != '\0'; s += strspn(s, " ")) {
		const size_t len = strcspn(s, " ");

		set |= key_scope_of(s, len);
		s += len;
	}
	return set;
}
