#include "store/tenant_settings.h"

#include <string.h>

#include "store/origin_store.h"
#include "json/json_bind.h"

#include "core/banned.h"

struct wire_settings {
	int64_t user_send_limit, user_send_window_s;
	bool has_user_send_limit, has_user_send_window_s, has_allowed_origins;
	bool read_receipts, has_read_receipts;
	int64_t editWindowSeconds;
	bool has_editWindowSeconds;
	const struct json_list *allowed_origins;
};

static const struct json_field fields[] = {
    JSON_FIELD_CLEAR(
	struct wire_settings, user_send_limit, JSON_INT, 0, TENANT_SEND_LIMIT_MAX),
    JSON_FIELD_OPT(
	struct wire_settings, user_send_window_s, JSON_INT, 1, TENANT_SEND_WINDOW_MAX_S),
    JSON_FIELD_OPT(
	struct wire_settings, allowed_origins, JSON_ARRAY, 0, TENANT_ORIGINS_MAX),
    JSON_FIELD_OPT(struct wire_settings, read_receipts, JSON_BOOL, 0, 0),
    JSON_FIELD_OPT(
	struct wire_settings, editWindowSeconds, JSON_INT, 0, TENANT_EDIT_WINDOW_MAX_S),
};

static enum es_code
tenant_settings_parse_origins(const struct json_list *list, struct arena *a,
    struct tenant_settings *out, struct es_err *err)
{
	const char **origins = arena_alloc(a, list->n * sizeof(*origins));

	for (size_t i = 0; i < list->n; i++)
		if (json_bind_text(list->items[i], a, &origins[i], err) != ES_OK ||
		    !origin_store_valid(origins[i]))
			return es_fail_field(err, ES_INVALID, "allowed_origins",
			    "an origin must have the form scheme://host[:port]");
	out->allowed_origins = origins;
	out->n_origins = list->n;
	return ES_OK;
}

enum es_code
tenant_settings_parse(
    const char *json, struct arena *a, struct tenant_settings *out, struct es_err *err)
{
	struct wire_settings wire = {.user_send_limit = TENANT_NO_LIMIT};

	*out = (struct tenant_settings){.user_send_limit = -1,
	    .user_send_window_s = -1,
	    .edit_window_s = -1,
	    .read_receipts = true};
	if (json == NULL || json[0] == '\0')
		return ES_OK;
	TRY(json_bind(json, strlen(json), fields, ES_COUNT(fields), JSON_IGNORE_UNKNOWN,
	    a, &wire, err));
	if (wire.has_user_send_limit)
		out->user_send_limit = wire.user_send_limit;
	if (wire.has_user_send_window_s)
		out->user_send_window_s = wire.user_send_window_s;
	if (wire.has_read_receipts)
		out->read_receipts = wire.read_receipts;
	if (wire.has_editWindowSeconds)
		out->edit_window_s = wire.editWindowSeconds;
	if (wire.has_allowed_origins)
		TRY(tenant_settings_parse_origins(wire.allowed_origins, a, out, err));
	return ES_OK;
}

int64_t
tenant_settings_user_send(const struct tenant_settings *s, int64_t of_installation)
{
	if (s->user_send_limit != -1)
		return s->user_send_limit;
	return of_installation == 0 ? TENANT_NO_LIMIT : of_installation;
}
