/* The settings of a tenant that the programs know, parsed from the JSON in the tenant's
 * row. */
#ifndef STORE_TENANT_SETTINGS_H
#define STORE_TENANT_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"
#include "json/json_bind.h"
#include "json/json_write.h"

/* A limit that is null in JSON and NULL in the database. The limit 0 allows no
 * message. */
#define TENANT_NO_LIMIT (-2)

struct tenant_settings {
	/* -1: not set; the setting of the program applies. user_send_limit may be
	 * TENANT_NO_LIMIT. */
	int64_t user_send_limit, user_send_window_s;
	bool read_receipts; /* false: nobody in the tenant sends or sees receipts */
	/* Seconds in which authors may edit a message. 0: never. -1: not set, so always.
	 * es_change_refusal() applies it. */
	int64_t edit_window_s;
	const char *const *allowed_origins;
	size_t n_origins; /* 0: the tenant allows no origin by name */
};

/* A request that exceeds one of these limits is refused. A stored value may exceed
 * them. */
/* bytes of all settings of a tenant, as stored */
#define TENANT_SETTINGS_BYTES_MAX 16384
#define TENANT_ORIGINS_MAX        100
#define TENANT_SEND_LIMIT_MAX     1000000
#define TENANT_SEND_WINDOW_MAX_S  86400
#define TENANT_EDIT_WINDOW_MAX_S  31536000 /* a year */

/* json NULL or "" means {}. Ignores unknown members, which the database keeps. ES_INVALID
 * with the field: a known member has the wrong type. The origins are allocated in the
 * arena a. */
enum es_code tenant_settings_parse(const char *json, struct arena *a,
    struct tenant_settings *out, struct es_err *err) ES_MUST_CHECK;

/* Messages that a user may send in one window: the tenant's limit, or that of the
 * installation. In the installation's setting 0 means no limit, because a setting can't
 * be null. Returns TENANT_NO_LIMIT for no limit. */
int64_t tenant_settings_user_send(
    const struct tenant_settings *s, int64_t of_installation);

/* The settings of the first release have two spellings. Clients write camelCase
 * (allowedOrigins). The row has snake_case (allowed_origins), because older programs read
 * it. Clients may still write the old spelling. Newer settings have the client's spelling
 * in the row, too. */

/* Turns a client's settings, a JSON object, into a patch of the row, which is allocated
 * in the arena a. null stays null and removes a setting. Adds a fault with the field
 * "settings/<member>" for each unknown or wrong member. by_owner: also refuse the
 * settings that only the operator may change. */
enum es_code tenant_settings_from_client(const char *json, bool by_owner, struct arena *a,
    struct json_faults *faults, const char **out, struct es_err *err) ES_MUST_CHECK;

/* Writes the row's settings for a client, as an object with this key. Leaves out what the
 * programs do not know. */
void tenant_settings_show(
    const char *json, struct json_write *w, const char *key, struct arena *a);

#endif
