/* Any text as a request body. json-c accepts each text that json_check accepts, and
 * PostgreSQL and browsers accept its values. Values that json_bind accepts are in range.
 */
#include <json-c/json.h>
#include <stdint.h>
#include <string.h>

#include "core/check.h"
#include "core/parse.h"
#include "json/json_bind.h"
#include "json/json_check.h"

#include "core/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct target {
	const char *body, *raw, *uuid;
	int64_t count, either;
	const struct json_list *list;
	bool flag;
	bool has_body, has_raw, has_uuid, has_count, has_either, has_list, has_flag;
};

static const struct json_field fields[] = {
    JSON_FIELD_OPT(struct target, body, JSON_STRING, 1, 100),
    JSON_FIELD_OPT(struct target, raw, JSON_RAW, 1, 1000),
    JSON_FIELD_OPT(struct target, uuid, JSON_UUID, 36, 36),
    JSON_FIELD_OPT(struct target, count, JSON_INT, -5, 100),
    JSON_FIELD_OPT(struct target, either, JSON_NUMBER_OR_STRING, 0, INT64_MAX - 1),
    JSON_FIELD_OPT(struct target, list, JSON_ARRAY, 0, 5),
    JSON_FIELD_OPT(struct target, flag, JSON_BOOL, 0, 0),
};

/* Checks that json-c parses the whole text. */
static void
json_c_takes(const char *s, size_t size)
{
	struct json_tokener *tok = json_tokener_new_ex(JSON_DEPTH_MAX + 2);
	struct json_object *v;

	/* With JSON_TOKENER_STRICT json-c 0.18 would refuse every byte above 0x7f. */
	json_tokener_set_flags(tok, JSON_TOKENER_VALIDATE_UTF8);
	v = json_tokener_parse_ex(tok, s, (int)size + 1);
	CHECK(json_tokener_get_error(tok) == json_tokener_success);
	json_tokener_free(tok);
	json_object_put(v);
}

static void
is_text(const char *s)
{
	size_t points;

	CHECK(utf8_length(s, strlen(s), &points));
}

/* json_bind returns JSON_RAW values as valid JSON. */
static void
is_json(const char *s)
{
	struct json_check again;

	CHECK(json_check(s, strlen(s), &again));
}

static void
in_range(const struct target *t, struct arena *a)
{
	struct es_err err;

	CHECK(t->has_body == (t->body != NULL) && t->has_raw == (t->raw != NULL));
	CHECK(!t->has_count || (t->count >= -5 && t->count <= 100));
	CHECK(!t->has_either || (t->either >= 0 && t->either < INT64_MAX));
	CHECK(!t->has_list || t->list->n <= 5);
	if (t->has_body) {
		CHECK(*t->body != '\0' && strlen(t->body) <= 100);
		is_text(t->body);
	}
	if (t->has_raw)
		is_json(t->raw);
	for (size_t i = 0; t->has_list && i < t->list->n; i++) {
		const char *text = NULL;

		is_json(t->list->items[i]);
		if (json_bind_text(t->list->items[i], a, &text, &err) == ES_OK)
			is_text(text);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	const char *s = arena_memdup(a, (const char *)data, size);
	struct target t = {0};
	struct json_check check;
	struct es_err err = {0};
	const bool good = json_check(s, size, &check);
	enum es_code rc;

	CHECK(good == (check.why == NULL) && check.at <= size);
	if (good) {
		CHECK(memchr(s, '\0', size) == NULL);
		json_c_takes(s, size);
	}
	rc = json_bind(s, size, fields, ES_COUNT(fields),
	    size % 2 == 0 ? JSON_IGNORE_UNKNOWN : JSON_REFUSE_UNKNOWN, a, &t, &err);
	CHECK(good || rc == ES_BAD_REQUEST);
	if (rc == ES_OK)
		in_range(&t, a);
	is_text(err.field);
	is_text(err.text);
	arena_free(&a);
	return 0;
}
