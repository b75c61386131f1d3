#include "guard/caller_hints.h"

#include <stdint.h>
#include <string.h>

#include "core/check.h"
#include "crypto/keyed_hash.h"

#include "core/banned.h"

struct hint {
	uint64_t key; /* 0: unused */
	struct tenant_id tenant;
	struct user_id user;
};

struct caller_hints {
	struct hint hints[CALLER_HINTS_MAX];
};

static uint64_t
caller_hints_key(struct caller_text caller)
{
	const uint64_t first = keyed_hash(caller.first, strlen(caller.first));
	const uint64_t second =
	    caller.second != NULL ? keyed_hash(caller.second, strlen(caller.second)) : 0;

	return (first * 31 + second) | 1;
}

bool
caller_hints_find(const struct caller_hints *h, struct caller_text caller,
    struct tenant_id *tenant, struct user_id *user)
{
	const uint64_t key = caller_hints_key(caller);
	const struct hint *hint =
	    h != NULL ? &h->hints[key / 2 % CALLER_HINTS_MAX] : NULL;

	if (hint == NULL || hint->key != key)
		return false;
	*tenant = hint->tenant;
	*user = hint->user;
	return true;
}

void
caller_hints_put(struct caller_hints **h, struct caller_text caller,
    const struct tenant_id *tenant, const struct user_id *user)
{
	const uint64_t key = caller_hints_key(caller);

	if (*h == NULL)
		*h = mem_new(1, sizeof(**h));
	(*h)->hints[key / 2 % CALLER_HINTS_MAX] =
	    (struct hint){.key = key, .tenant = *tenant, .user = *user};
}

void
caller_hints_free(struct caller_hints **h)
{
	mem_free(*h);
	*h = NULL;
}
