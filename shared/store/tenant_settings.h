/* The tenant's settings that programs understand, out of the JSON in the row. */
#ifndef STORE_TENANT_SETTINGS_H
#define STORE_TENANT_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"

/* A limit that is null in JSON and NULL in a row. 0 is a limit: nothing passes. */
#define TENANT_NO_LIMIT (-2)

struct tenant_settings {
	/* -1: not set, the program's own. The limit may be TENANT_NO_LIMIT. */
	int64_t user_send_limit, user_send_window_s;
	const char *const *allowed_origins;
	size_t n_origins; /* 0: none was named */
};

/* json NULL or "" is {}. Unknown members are kept by the database and ignored here. A
 * known one of the wrong kind is ES_INVALID naming it: the check of what an operator
 * sets. */
enum es_code tenant_settings_parse(const char *json, struct arena *a,
    struct tenant_settings *out, struct es_err *err) ES_MUST_CHECK;

/* Messages of a user in a window: the tenant's number, or the installation's (its
 * settings know no null: there 0 is no limit). TENANT_NO_LIMIT: none. */
int64_t tenant_settings_user_send(
    const struct tenant_settings *s, int64_t of_installation);

#endif
