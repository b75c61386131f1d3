#include "json/json_bind.h"

#include <json-c/json.h>
#include <limits.h>
#include <string.h>

#include "core/nearest.h"
#include "core/parse.h"
#include "core/text.h"
#include "json/json_check.h"
#include "json/json_walk.h"

#include "core/banned.h"

/* json_bind.h declares only the name, so that no other file depends on json-c. */
struct json_tree {
	struct json_object *root;
};

static void
json_bind_put_object(void *obj)
{
	json_object_put(obj);
}

/* json-c silently keeps the last of repeated members. A text with repeats has more
 * members than the tree. */
static enum es_code
json_bind_parse(const char *text, size_t len, struct arena *a, struct json_object **out,
    struct es_err *err)
{
	struct json_tokener *tok;
	struct json_check seen;

	if (len >= INT_MAX)
		return es_fail(err, ES_TOO_LARGE, "the JSON text is too large");
	if (!json_check(text, len, &seen))
		return es_fail(
		    err, ES_BAD_REQUEST, "not JSON: %s at byte %zu", seen.why, seen.at);
	tok = json_tokener_new_ex(JSON_DEPTH_MAX + 2);
	if (tok == NULL)
		return es_fail(err, ES_INTERNAL, "out of memory");
	/* Parse without strict flags: json_check() is stricter, and the strict mode of
	 * json-c 0.18 refuses every byte above 0x7f as a control character. The NUL at
	 * the end ends a number that is the whole text. */
	*out = json_tokener_parse_ex(tok, arena_memdup(a, text, len), (int)len + 1);
	json_tokener_free(tok);
	if (*out != NULL)
		arena_defer(a, json_bind_put_object, *out);
	if (json_walk_members(*out) != seen.members)
		return es_fail(err, ES_BAD_REQUEST, "not JSON: duplicate field");
	return ES_OK;
}

static enum es_code
json_bind_bad(struct es_err *err, const char *field, const char *why)
{
	return es_fail_field(err, ES_INVALID, field, "%s", why);
}

static enum es_code
json_bind_bound_text(const struct json_field *f, const char *text, size_t len,
    struct arena *a, char *slot, struct es_err *err)
{
	const char *copy;

	if (len < (size_t)f->min || len > (size_t)f->max)
		return es_fail_field(err, ES_INVALID, f->name,
		    "must have %lld to %lld bytes", (long long)f->min, (long long)f->max);
	copy = arena_memdup(a, text, len);
	memcpy(slot, &copy, sizeof(copy));
	return ES_OK;
}

static enum es_code
json_bind_number(const struct json_field *f, int64_t n, char *slot, struct es_err *err)
{
	if (n < f->min || n > f->max)
		return es_fail_field(err, ES_INVALID, f->name, "must be %lld to %lld",
		    (long long)f->min, (long long)f->max);
	memcpy(slot, &n, sizeof(n));
	return ES_OK;
}

static enum es_code
json_bind_either(
    const struct json_field *f, struct json_object *v, char *slot, struct es_err *err)
{
	int64_t n;

	if (json_object_is_type(v, json_type_int))
		return json_bind_number(f, json_object_get_int64(v), slot, err);
	if (json_object_is_type(v, json_type_string) &&
	    parse_plain_int(json_object_get_string(v), INT64_MIN, INT64_MAX, &n))
		return json_bind_number(f, n, slot, err);
	return json_bind_bad(err, f->name, "must be a whole number");
}

static const char *
json_bind_plain_text(struct json_object *v, struct arena *a)
{
	return arena_strdup(
	    a, json_object_to_json_string_ext(
		   v, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

static enum es_code
json_bind_raw(const struct json_field *f, struct json_object *v, struct arena *a,
    char *slot, struct es_err *err)
{
	const char *text = json_bind_plain_text(v, a);

	if (!json_walk_finite(v))
		return json_bind_bad(err, f->name, "contains a number that is too large");
	return json_bind_bound_text(f, text, strlen(text), a, slot, err);
}

static enum es_code
json_bind_array(const struct json_field *f, struct json_object *v, struct arena *a,
    char *slot, struct es_err *err)
{
	const size_t n = json_object_array_length(v);
	struct json_list *list = arena_alloc(a, sizeof(*list));
	const char **items;

	if (n < (size_t)f->min || n > (size_t)f->max)
		return es_fail_field(err, ES_INVALID, f->name,
		    "must have %lld to %lld items", (long long)f->min, (long long)f->max);
	items = arena_alloc(a, (n + 1) * sizeof(*items));
	for (size_t i = 0; i < n; i++)
		items[i] = json_bind_plain_text(json_object_array_get_idx(v, i), a);
	*list = (struct json_list){.n = n, .items = items};
	memcpy(slot, &list, sizeof(list));
	return ES_OK;
}

static enum es_code
json_bind_trees(const struct json_field *f, struct json_object *v, struct arena *a,
    char *slot, struct es_err *err)
{
	const size_t n = json_object_array_length(v);
	struct json_trees *list = arena_alloc(a, sizeof(*list));
	struct json_tree *trees;
	const struct json_tree **items;

	if (n < (size_t)f->min || n > (size_t)f->max)
		return es_fail_field(err, ES_INVALID, f->name,
		    "must have %lld to %lld items", (long long)f->min, (long long)f->max);
	trees = arena_alloc(a, (n + 1) * sizeof(*trees));
	items = arena_alloc(a, (n + 1) * sizeof(*items));
	for (size_t i = 0; i < n; i++) {
		trees[i].root = json_object_array_get_idx(v, i);
		items[i] = &trees[i];
	}
	*list = (struct json_trees){.n = n, .items = items};
	memcpy(slot, &list, sizeof(list));
	return ES_OK;
}

static enum es_code
json_bind_field(const struct json_field *f, struct json_object *v, struct arena *a,
    char *slot, struct es_err *err)
{
	bool b;

	if (json_walk_has_nul(v))
		return json_bind_bad(err, f->name, "must not contain U+0000");
	switch (f->kind) {
	case JSON_STRING:
	case JSON_UUID:
		if (!json_object_is_type(v, json_type_string))
			return json_bind_bad(err, f->name, "must be a string");
		return json_bind_bound_text(f, json_object_get_string(v),
		    (size_t)json_object_get_string_len(v), a, slot, err);
	case JSON_INT:
		if (!json_object_is_type(v, json_type_int))
			return json_bind_bad(err, f->name, "must be a whole number");
		return json_bind_number(f, json_object_get_int64(v), slot, err);
	case JSON_NUMBER_OR_STRING:
		return json_bind_either(f, v, slot, err);
	case JSON_BOOL:
		if (!json_object_is_type(v, json_type_boolean))
			return json_bind_bad(err, f->name, "must be true or false");
		b = json_object_get_boolean(v);
		memcpy(slot, &b, sizeof(b));
		return ES_OK;
	case JSON_RAW:
		return json_bind_raw(f, v, a, slot, err);
	case JSON_ARRAY:
		if (!json_object_is_type(v, json_type_array))
			return json_bind_bad(err, f->name, "must be an array");
		return json_bind_array(f, v, a, slot, err);
	case JSON_TREES:
		if (!json_object_is_type(v, json_type_array))
			return json_bind_bad(err, f->name, "must be an array");
		return json_bind_trees(f, v, a, slot, err);
	}
	return json_bind_bad(err, f->name, "has an unknown kind");
}

static bool
json_bind_known(const struct json_field fields[], size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(fields[i].name, name) == 0)
			return true;
	return false;
}

static enum es_code
json_bind_unknown_field(const struct json_field fields[], size_t n, const char *name,
    struct arena *a, struct es_err *err)
{
	char nearest[NEAREST_NAME_MAX + 1];
	struct text names;

	if (n == 0)
		return es_fail_field(err, ES_INVALID, name, "%s", JSON_NO_FIELDS);
	text_init(&names, a, 4096);
	for (size_t i = 0; i < n; i++)
		text_addf(&names, "%s%s", i > 0 ? " " : "", fields[i].name);
	if (nearest_word(name, names.data, nearest))
		return es_fail_field(err, ES_INVALID, name,
		    "unknown field; did you mean \"%s\"?", nearest);
	return es_fail_field(
	    err, ES_INVALID, name, "unknown field; known are: %s", names.data);
}

/* Binds one field and sets its `present` flag. Unless strict, null counts as absent
 * where the field allows null. */
static enum es_code
json_bind_one(struct json_object *root, const struct json_field *f, bool strict,
    struct arena *a, char *out, struct es_err *err)
{
	struct json_object *v = NULL;
	const bool named = json_object_object_get_ex(root, f->name, &v);
	const bool cleared = named && v == NULL && f->clears;
	const bool there = (named && !(v == NULL && f->nullable)) || cleared;

	if (strict && named && v == NULL && !cleared)
		return json_bind_bad(err, f->name,
		    f->required ? "must not be null" : "must not be null; leave it out");
	if (there && !cleared)
		TRY(json_bind_field(f, v, a, out + f->offset, err));
	else if (!there && f->required)
		return json_bind_bad(err, f->name, "is required");
	if (f->present != 0)
		memcpy(out + f->present, &there, sizeof(there));
	return ES_OK;
}

enum es_code
json_tree_parse(const char *text, size_t len, struct arena *a,
    const struct json_tree **out, struct es_err *err)
{
	struct json_tree *tree = arena_alloc(a, sizeof(*tree));

	TRY(json_bind_parse(text, len, a, &tree->root, err));
	*out = tree;
	return ES_OK;
}

enum es_code
json_tree_bind(const struct json_tree *tree, const struct json_field fields[], size_t n,
    enum json_unknown unknown, struct arena *a, void *out, struct es_err *err)
{
	struct json_object *root = tree->root;

	if (!json_object_is_type(root, json_type_object))
		return es_fail(err, ES_BAD_REQUEST, "must be a JSON object");
	if (unknown == JSON_REFUSE_UNKNOWN) {
		json_object_object_foreach(root, key, child)
		{
			(void)child;
			if (!json_bind_known(fields, n, key))
				return json_bind_unknown_field(fields, n, key, a, err);
		}
	}
	for (size_t i = 0; i < n; i++)
		TRY(json_bind_one(root, &fields[i], false, a, out, err));
	return ES_OK;
}

void
json_faults_add(struct json_faults *faults, struct arena *a, const struct es_err *err)
{
	if (faults->n == JSON_FAULTS_MAX)
		return;
	faults->items[faults->n].field = arena_strdup(a, err->field);
	faults->items[faults->n++].text = arena_strdup(a, err->text);
}

enum es_code
json_bind_body(const char *text, size_t len, const struct json_field fields[], size_t n,
    struct arena *a, void *out, struct json_faults *faults, struct es_err *err)
{
	const struct json_tree *tree;
	struct es_err one;

	TRY(json_tree_parse(text, len, a, &tree, err));
	if (!json_object_is_type(tree->root, json_type_object))
		return es_fail(err, ES_BAD_REQUEST, "must be a JSON object");
	json_object_object_foreach(tree->root, key, child)
	{
		(void)child;
		if (!json_bind_known(fields, n, key) &&
		    json_bind_unknown_field(fields, n, key, a, &one) != ES_OK)
			json_faults_add(faults, a, &one);
	}
	for (size_t i = 0; i < n; i++)
		if (json_bind_one(tree->root, &fields[i], true, a, out, &one) != ES_OK)
			json_faults_add(faults, a, &one);
	return ES_OK;
}

enum es_code
json_bind(const char *text, size_t len, const struct json_field fields[], size_t n,
    enum json_unknown unknown, struct arena *a, void *out, struct es_err *err)
{
	const struct json_tree *tree;

	TRY(json_tree_parse(text, len, a, &tree, err));
	return json_tree_bind(tree, fields, n, unknown, a, out, err);
}

enum es_code
json_bind_text(const char *json, struct arena *a, const char **out, struct es_err *err)
{
	const struct json_tree *tree;

	TRY(json_tree_parse(json, strlen(json), a, &tree, err));
	return json_tree_text(tree, a, out, err);
}

enum es_code
json_tree_text(
    const struct json_tree *tree, struct arena *a, const char **out, struct es_err *err)
{
	struct json_object *v = tree->root;

	if (!json_object_is_type(v, json_type_string))
		return es_fail(err, ES_INVALID, "must be a string");
	*out = arena_memdup(
	    a, json_object_get_string(v), (size_t)json_object_get_string_len(v));
	return ES_OK;
}
