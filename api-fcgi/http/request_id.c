#include "http/request_id.h"

#include <stdbool.h>
#include <string.h>

#include "core/id.h"

#include "core/banned.h"

const char *
request_id_take(const char *given, struct arena *a)
{
	static const char allowed[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789._-";
	char fresh[ES_UUID_TEXT];
	size_t len = given == NULL ? 0 : strlen(given);

	if (len >= 8 && len <= 64 && strspn(given, allowed) == len)
		return arena_strdup(a, given);
	uuid_new(fresh);
	return arena_strdup(a, fresh);
}

static bool
request_id_is_hex(const char *s, size_t len, bool may_be_zero)
{
	if (strspn(s, "0123456789abcdef") < len)
		return false;
	return may_be_zero || strspn(s, "0") < len;
}

const char *
traceparent_take(const char *given, struct arena *a)
{
	if (given == NULL || strlen(given) != 55 || strncmp(given, "00-", 3) != 0)
		return NULL;
	if (!request_id_is_hex(given + 3, 32, false) || given[35] != '-' ||
	    !request_id_is_hex(given + 36, 16, false) || given[52] != '-' ||
	    !request_id_is_hex(given + 53, 2, true))
		return NULL;
	return arena_strdup(a, given);
}
