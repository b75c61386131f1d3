#include "event/control.h"

#include <string.h>

#include "event/event_private.h"
#include "json/json_bind.h"
#include "json/json_write.h"

#include "core/banned.h"

struct wire_control {
	const char *tenant, *user, *jti;
	int64_t aclVersion;
	bool has_user, has_jti, has_aclVersion;
};

static const struct json_field control_fields[] = {
    JSON_FIELD(struct wire_control, tenant, JSON_UUID, true, 36, 36),
    JSON_FIELD_OPT(struct wire_control, user, JSON_UUID, 36, 36),
    JSON_FIELD_OPT(struct wire_control, jti, JSON_STRING, 1, 63),
    JSON_FIELD_OPT(struct wire_control, aclVersion, JSON_INT, 0, ES_INT_MAX_EXACT),
};

void
control_encode(const struct control *c, struct text *out)
{
	struct json_write w;

	jw_init(&w, out);
	jw_object(&w, NULL);
	jw_string(&w, "tenant", c->tenant.text);
	if (c->names_user)
		jw_string(&w, "user", c->user.text);
	if (c->jti[0] != '\0')
		jw_string(&w, "jti", c->jti);
	if (c->acl_version > 0)
		jw_int(&w, "aclVersion", c->acl_version);
	jw_object_end(&w);
}

enum es_code
control_decode(
    const char *s, size_t len, struct arena *a, struct control *out, struct es_err *err)
{
	struct wire_control w = {0};
	struct control c = {0};

	TRY(json_bind(s, len, control_fields, ES_COUNT(control_fields),
	    JSON_IGNORE_UNKNOWN, a, &w, err));
	TRY(uuid_parse(w.tenant, "tenant", c.tenant.text, err));
	c.names_user = w.has_user;
	if (w.has_user)
		TRY(uuid_parse(w.user, "user", c.user.text, err));
	if (w.has_jti)
		memcpy(c.jti, w.jti, strlen(w.jti) + 1);
	c.acl_version = w.aclVersion;
	*out = c;
	return ES_OK;
}
