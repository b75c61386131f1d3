/* What REST tells all push workers on TOPIC_CONTROL when rights of a tenant change. JSON.
 * A hint and no more: Redis may lose it, so workers also poll tenants.acl_version. */
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
	/* The user concerned: look this user's connections up first. Without a user (a
	 * change of the whole tenant, or the hint of an older api-fcgi) the change may
	 * concern each connection of the tenant. */
	struct user_id user;
	bool names_user;
	/* "" or the jti whose tokens were revoked: only connections that use such a token
	 * are concerned, of whatever user. Not together with a user. */
	char jti[64];
	/* The tenant's version after the change. 0: not told. With a user it then means
	 * that only what is known of the user has changed (the display name), no right.
	 */
	int64_t acl_version;
};

#define CONTROL_BYTES_MAX \
	640 /* room that every hint fits in; 378 for a jti of controls */
void control_encode(const struct control *c, struct text *out);
/* ES_INVALID without a tenant or with an id that is none; unknown members are ignored. */
enum es_code control_decode(const char *s, size_t len, struct arena *a,
    struct control *out, struct es_err *err) ES_MUST_CHECK;

#endif
