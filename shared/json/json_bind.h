/* Checks a JSON object against a field table and copies it into a struct. The one
 * entrance for JSON from outside: REST bodies, frames, envelopes, events. */
#ifndef JSON_JSON_BIND_H
#define JSON_JSON_BIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"

/* What a body with a field hears where none is taken. */
#define JSON_NO_FIELDS "unknown field; no field is taken here"

enum json_kind {
	JSON_STRING,           /* const char *; min..max bytes; NULL when absent */
	JSON_INT,              /* int64_t; min..max; no fraction, no exponent */
	JSON_NUMBER_OR_STRING, /* int64_t from 123 or "123"; "0123" is refused */
	JSON_BOOL,             /* bool */
	JSON_UUID,  /* const char *; a malformed one is left for the caller's *_parse */
	JSON_RAW,   /* const char *: any value, re-serialised plainly; min..max bytes */
	JSON_ARRAY, /* const struct json_list *: elements as raw text; min..max elements
	             */
	JSON_TREES, /* const struct json_trees *: elements to be bound themselves;
	             * min..max elements */
};

/* A value that was read once, for any number of field tables. It lives in an arena. */
struct json_tree;

struct json_trees {
	size_t n;
	const struct json_tree *const *items;
};

struct json_list {
	size_t n;
	const char *const *items; /* each the JSON text of one element */
};

struct json_field {
	const char *name;
	enum json_kind kind;
	size_t offset; /* of the member in the target struct */
	bool required;
	bool nullable; /* null is taken as absent; json_bind_body refuses it */
	bool clears;   /* null is a value: present, and the target is left as it was */
	int64_t min, max;
	/* Offset of a bool that tells whether the member was there; 0: not wanted (so the
	 * first member of a struct can't be such a flag). */
	size_t present;
};

#define JSON_FIELD(type, member, kind_, required_, min_, max_) \
	{ \
		.name = #member, .kind = (kind_), .offset = offsetof(type, member), \
		.required = (required_), .min = (min_), .max = (max_) \
	}
/* Optional and may be null; has_<member> tells whether it was there and not null. */
#define JSON_FIELD_OPT(type, member, kind_, min_, max_) \
	{ \
		.name = #member, .kind = (kind_), .offset = offsetof(type, member), \
		.nullable = true, .min = (min_), .max = (max_), \
		.present = offsetof(type, has_##member) \
	}

/* Optional; null means something: has_<member> is true and the member keeps its value. */
#define JSON_FIELD_CLEAR(type, member, kind_, min_, max_) \
	{ \
		.name = #member, .kind = (kind_), .offset = offsetof(type, member), \
		.nullable = true, .clears = true, .min = (min_), .max = (max_), \
		.present = offsetof(type, has_##member) \
	}

enum json_unknown { JSON_REFUSE_UNKNOWN, JSON_IGNORE_UNKNOWN };

/* The first half of json_bind: read the text, strictly. */
enum es_code json_tree_parse(const char *text, size_t len, struct arena *a,
    const struct json_tree **out, struct es_err *err) ES_MUST_CHECK;
/* The second half: check and copy an object. */
enum es_code json_tree_bind(const struct json_tree *tree,
    const struct json_field fields[], size_t n, enum json_unknown unknown,
    struct arena *a, void *out, struct es_err *err) ES_MUST_CHECK;

/* Refuses, with the member in err->field: not an object, depth over 16, bad UTF-8, NaN
 * and Infinity, single quotes, comments, duplicate members, trailing bytes, U+0000 (RFC
 * 8259 strictly; json-c alone takes several of these), unknown members if asked to, wrong
 * types, values out of range. Malformed JSON is ES_BAD_REQUEST, all else ES_INVALID. */
enum es_code json_bind(const char *text, size_t len, const struct json_field fields[],
    size_t n, enum json_unknown unknown, struct arena *a, void *out,
    struct es_err *err) ES_MUST_CHECK;

#define JSON_FAULTS_MAX 16

/* What is wrong with an object, member by member: so that a client learns all of it from
 * one answer. More than JSON_FAULTS_MAX are left out. */
struct json_faults {
	size_t n;
	struct {
		const char *field, *text; /* in the arena of the call that added them */
	} items[JSON_FAULTS_MAX];
};

/* Note err, the fault of one member. */
void json_faults_add(
    struct json_faults *faults, struct arena *a, const struct es_err *err);

/* As json_bind for a body that a client wrote by hand: refuses unknown members, naming
 * the nearest known one, and null wherever the field does not say that null clears it.
 * Wrong members are noted in faults and left out of *out; the call itself fails only when
 * the text is no JSON object. */
enum es_code json_bind_body(const char *text, size_t len,
    const struct json_field fields[], size_t n, struct arena *a, void *out,
    struct json_faults *faults, struct es_err *err) ES_MUST_CHECK;

/* The text of a JSON string, e.g. of an element of an array; ES_INVALID if it is none. */
enum es_code json_tree_text(const struct json_tree *tree, struct arena *a,
    const char **out, struct es_err *err) ES_MUST_CHECK;
enum es_code json_bind_text(const char *json, struct arena *a, const char **out,
    struct es_err *err) ES_MUST_CHECK;

#endif
