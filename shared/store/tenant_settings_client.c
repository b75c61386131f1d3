#include <string.h>

#include "core/text.h"
#include "store/origin_normalize.h"
#include "store/tenant_settings.h"

#include "core/banned.h"

/* The settings that a client may write, the older ones in two spellings. A number
 * that is null in JSON stays UNSET, a list stays NULL. */
#define UNSET (-1)

struct client_settings {
	int64_t userSendLimit, userSendWindowS, user_send_limit, user_send_window_s;
	const struct json_list *allowedOrigins, *allowed_origins;
	bool has_userSendLimit, has_userSendWindowS, has_allowedOrigins;
	bool has_user_send_limit, has_user_send_window_s, has_allowed_origins;
	bool readReceipts, has_readReceipts; /* newer than the old spelling */
	int64_t editWindowSeconds;
	bool has_editWindowSeconds;
};

#define LIMIT(name) \
	JSON_FIELD_CLEAR(struct client_settings, name, JSON_INT, 0, TENANT_SEND_LIMIT_MAX)
#define WINDOW(name) \
	JSON_FIELD_CLEAR( \
	    struct client_settings, name, JSON_INT, 1, TENANT_SEND_WINDOW_MAX_S)
#define ORIGINS(name) \
	JSON_FIELD_CLEAR(struct client_settings, name, JSON_ARRAY, 0, TENANT_ORIGINS_MAX)

static const struct json_field fields[] = {LIMIT(userSendLimit), WINDOW(userSendWindowS),
    ORIGINS(allowedOrigins), LIMIT(user_send_limit), WINDOW(user_send_window_s),
    ORIGINS(allowed_origins),
    JSON_FIELD_CLEAR(struct client_settings, readReceipts, JSON_BOOL, 0, 0),
    JSON_FIELD_CLEAR(struct client_settings, editWindowSeconds, JSON_INT, 0,
	TENANT_EDIT_WINDOW_MAX_S)};

static void
tenant_settings_client_add_fault(
    struct json_faults *faults, struct arena *a, const char *name, const char *text)
{
	struct es_err err;

	if (es_fail_field(&err, ES_INVALID, arena_printf(a, "settings/%s", name), "%s",
		text) != ES_OK)
		json_faults_add(faults, a, &err);
}

static void
tenant_settings_client_write_number(
    struct json_write *w, const char *stored, bool named, int64_t n)
{
	if (!named)
		return;
	if (n == UNSET)
		jw_null(w, stored);
	else
		jw_int(w, stored, n);
}

static bool
tenant_settings_client_contains(const char *const origins[], size_t n, const char *origin)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(origins[i], origin) == 0)
			return true;
	return false;
}

static const char *
tenant_settings_client_parse_origin(const char *json, struct arena *a, const char **fault)
{
	const char *text;
	struct es_err err;

	*fault = "must be a string";
	if (json_bind_text(json, a, &text, &err) != ES_OK)
		return NULL;
	return origin_normalize(text, a, fault);
}

/* Writes an origin that occurs twice only once. */
static void
tenant_settings_client_write_origins(struct json_write *w, const struct json_list *list,
    const char *name, struct json_faults *faults, struct arena *a)
{
	const char **origins, *fault;
	size_t n = 0;

	if (list == NULL) {
		jw_null(w, "allowed_origins");
		return;
	}
	origins = arena_alloc(a, (list->n + 1) * sizeof(*origins));
	jw_array(w, "allowed_origins");
	for (size_t i = 0; i < list->n; i++) {
		const char *one =
		    tenant_settings_client_parse_origin(list->items[i], a, &fault);

		if (one == NULL) {
			tenant_settings_client_add_fault(
			    faults, a, arena_printf(a, "%s/%zu", name, i), fault);
		} else if (!tenant_settings_client_contains(origins, n, one)) {
			origins[n++] = one;
			jw_string(w, NULL, one);
		}
	}
	jw_array_end(w);
}

static void
tenant_settings_client_write_all(struct json_write *w, const struct client_settings *t,
    struct json_faults *faults, struct arena *a)
{
	const bool old_origins = t->has_allowed_origins;

	tenant_settings_client_write_number(w, "user_send_limit",
	    t->has_userSendLimit || t->has_user_send_limit,
	    t->has_userSendLimit ? t->userSendLimit : t->user_send_limit);
	tenant_settings_client_write_number(w, "user_send_window_s",
	    t->has_userSendWindowS || t->has_user_send_window_s,
	    t->has_userSendWindowS ? t->userSendWindowS : t->user_send_window_s);
	tenant_settings_client_write_number(
	    w, "editWindowSeconds", t->has_editWindowSeconds, t->editWindowSeconds);
	if (t->has_allowedOrigins || old_origins)
		tenant_settings_client_write_origins(w,
		    old_origins ? t->allowed_origins : t->allowedOrigins,
		    old_origins ? "allowed_origins" : "allowedOrigins", faults, a);
	if (t->has_readReceipts)
		jw_bool(w, "read_receipts", t->readReceipts);
}

enum es_code
tenant_settings_from_client(const char *json, bool by_owner, struct arena *a,
    struct json_faults *faults, const char **out, struct es_err *err)
{
	struct client_settings t = {.readReceipts = true, /* null means the default */
	    .userSendLimit = UNSET,
	    .userSendWindowS = UNSET,
	    .user_send_limit = UNSET,
	    .user_send_window_s = UNSET,
	    .editWindowSeconds = UNSET};
	struct json_faults inner = {.n = 0};
	struct json_write w;
	struct text text;

	TRY(json_bind_body(
	    json, strlen(json), fields, ES_COUNT(fields), a, &t, &inner, err));
	for (size_t i = 0; i < inner.n; i++)
		tenant_settings_client_add_fault(
		    faults, a, inner.items[i].field, inner.items[i].text);
	if (by_owner && (t.has_userSendLimit || t.has_user_send_limit))
		tenant_settings_client_add_fault(faults, a, "userSendLimit",
		    "only the operator may change this setting");
	if (by_owner && (t.has_userSendWindowS || t.has_user_send_window_s))
		tenant_settings_client_add_fault(faults, a, "userSendWindowS",
		    "only the operator may change this setting");
	if ((t.has_userSendLimit && t.has_user_send_limit) ||
	    (t.has_userSendWindowS && t.has_user_send_window_s) ||
	    (t.has_allowedOrigins && t.has_allowed_origins))
		tenant_settings_client_add_fault(faults, a, "",
		    "a setting is present in its old and its new spelling");
	text_init(&text, a, 256UL * 1024);
	jw_init(&w, &text);
	jw_object(&w, NULL);
	tenant_settings_client_write_all(&w, &t, faults, a);
	jw_object_end(&w);
	*out = text.data;
	return ES_OK;
}

void
tenant_settings_show(
    const char *json, struct json_write *w, const char *key, struct arena *a)
{
	struct tenant_settings s;
	struct es_err err;

	jw_object(w, key);
	if (tenant_settings_parse(json, a, &s, &err) == ES_OK) {
		tenant_settings_client_write_number(w, "userSendLimit",
		    s.user_send_limit != -1,
		    s.user_send_limit == TENANT_NO_LIMIT ? UNSET : s.user_send_limit);
		tenant_settings_client_write_number(w, "userSendWindowS",
		    s.user_send_window_s >= 0, s.user_send_window_s);
		if (!s.read_receipts)
			jw_bool(w, "readReceipts", false);
		tenant_settings_client_write_number(
		    w, "editWindowSeconds", s.edit_window_s >= 0, s.edit_window_s);
		if (s.allowed_origins != NULL) {
			jw_array(w, "allowedOrigins");
			for (size_t i = 0; i < s.n_origins; i++)
				jw_string(w, NULL, s.allowed_origins[i]);
			jw_array_end(w);
		}
	}
	jw_object_end(w);
}
