/* The hint, as JSON, that api-fcgi publishes to all push workers on TOPIC_CONTROL when
 * rights of a tenant change. Redis may lose it, so workers also poll
 * tenants.acl_version. */
#ifndef EVENT_CONTROL_H
#define EVENT_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/id.h"
#include "core/text.h"

struct control {
	struct tenant_id tenant;
	/* The user whose rights changed. A worker checks this user's connections first.
	 * Without a user (a change of the whole tenant, or a hint of an older api-fcgi)
	 * the change may concern each connection of the tenant. */
	struct user_id user;
	bool names_user;
	/* "", or the jti of the revoked token. The hint then concerns only connections
	 * that use this token, of any user, and names no user. */
	char jti[64];
	/* The tenant's version after the change, or 0. A hint with a user and version 0
	 * means that only the display name has changed, no right. */
	int64_t acl_version;
};

/* room that every hint fits in; 378 for a jti of controls */
#define CONTROL_BYTES_MAX 640
void control_encode(const struct control *c, struct text *out);
/* Returns ES_INVALID when the hint has no tenant or a malformed id. Unknown members are
 * ignored. */
enum es_code control_decode(const char *s, size_t len, struct arena *a,
    struct control *out, struct es_err *err) ES_MUST_CHECK;

#endif
