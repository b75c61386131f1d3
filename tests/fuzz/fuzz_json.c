/* Any text as a request body: bound or refused, with the checker and the binder of one
 * mind. */
#include <stddef.h>
#include <stdint.h>

#include "core/check.h"
#include "json/json_bind.h"
#include "json/json_check.h"

#include "core/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct target {
	const char *body, *raw;
	int64_t count, either;
	const struct json_list *list;
	bool flag, has_body, has_raw, has_count, has_either, has_list, has_flag;
};

static const struct json_field fields[] = {
    JSON_FIELD_OPT(struct target, body, JSON_STRING, 1, 100),
    JSON_FIELD_OPT(struct target, raw, JSON_RAW, 1, 1000),
    JSON_FIELD_OPT(struct target, count, JSON_INT, -5, 100),
    JSON_FIELD_OPT(struct target, either, JSON_NUMBER_OR_STRING, 0, INT64_MAX),
    JSON_FIELD_OPT(struct target, list, JSON_ARRAY, 0, 5),
    JSON_FIELD_OPT(struct target, flag, JSON_BOOL, 0, 0),
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	const char *s = arena_memdup(a, (const char *)data, size);
	struct target t = {0};
	struct json_check check;
	struct es_err err;
	const bool is_json = json_check(s, size, &check);

	if (json_bind(s, size, fields, sizeof(fields) / sizeof(*fields),
		JSON_IGNORE_UNKNOWN, a, &t, &err) == ES_OK) {
		CHECK(is_json);
		CHECK(!t.has_count || (t.count >= -5 && t.count <= 100));
		CHECK(!t.has_either || t.either >= 0);
		CHECK(!t.has_list || t.list->n <= 5);
		for (size_t i = 0; t.has_list && i < t.list->n; i++) {
			const char *text;

			IGNORE(json_string_value(t.list->items[i], a, &text, &err));
		}
	}
	arena_free(&a);
	return 0;
}
