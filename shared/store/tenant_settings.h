/* The tenant's settings that programs understand, out of the JSON in the row. */
#ifndef STORE_TENANT_SETTINGS_H
#define STORE_TENANT_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"
#include "json/json_bind.h"
#include "json/json_write.h"

/* A limit that is null in JSON and NULL in a row. 0 is a limit: nothing passes. */
#define TENANT_NO_LIMIT (-2)

struct tenant_settings {
	/* -1: not set, the program's own. The limit may be TENANT_NO_LIMIT. */
	int64_t user_send_limit, user_send_window_s;
	const char *const *allowed_origins;
	size_t n_origins; /* 0: none was named */
};

/* Above these a setting is refused where it is set. */
#define TENANT_SETTINGS_BYTES_MAX 16384 /* all of a tenant's, as stored */
#define TENANT_ORIGINS_MAX        100
#define TENANT_SEND_LIMIT_MAX     1000000
#define TENANT_SEND_WINDOW_MAX_S  86400

/* json NULL or "" is {}. Unknown members are kept by the database and ignored here. A
 * known one of the wrong kind is ES_INVALID naming it. */
enum es_code tenant_settings_parse(const char *json, struct arena *a,
    struct tenant_settings *out, struct es_err *err) ES_MUST_CHECK;

/* Messages of a user in a window: the tenant's number, or the installation's (its
 * settings know no null: there 0 is no limit). TENANT_NO_LIMIT: none. */
int64_t tenant_settings_user_send(
    const struct tenant_settings *s, int64_t of_installation);

/* Settings have two spellings: clients write camelCase (allowedOrigins), the row holds
 * the first release's snake_case (allowed_origins), which older programs read. The old
 * spelling is taken from clients too. */

/* Turn a client's settings, a JSON object, into a patch of the row. null stays null and
 * removes a setting. Each unknown or wrong member is added to faults as
 * "settings/<member>". by_owner: refuse what only the operator sets. */
enum es_code tenant_settings_take(const char *json, bool by_owner, struct arena *a,
    struct json_faults *faults, const char **out, struct es_err *err) ES_MUST_CHECK;

/* Write the row's settings for a client, as an object under key. What the programs do not
 * understand is left out. */
void tenant_settings_show(
    const char *json, struct json_write *w, const char *key, struct arena *a);

#endif
