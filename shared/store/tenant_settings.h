/* The tenant's settings that programs understand, out of the JSON in the row. */
#ifndef STORE_TENANT_SETTINGS_H
#define STORE_TENANT_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"

struct tenant_settings {
	int64_t user_send_limit, user_send_window_s; /* -1: not set, the program's own */
	const char *const *allowed_origins;
	size_t n_origins; /* 0: none was named */
};

/* json NULL or "" is {}. Unknown members are kept by the database and ignored here. A
 * known one of the wrong kind is ES_INVALID naming it: the check of what an operator
 * sets. */
enum es_code tenant_settings_parse(const char *json, struct arena *a,
    struct tenant_settings *out, struct es_err *err) ES_MUST_CHECK;

#endif
