/* Checks a JSON object against a field table and copies it into a struct. All JSON from
 * outside is read here: REST bodies, frames, envelopes, events. */
#ifndef JSON_JSON_BIND_H
#define JSON_JSON_BIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"

/* The error text for a member in the body of a request that takes no fields. */
#define JSON_NO_FIELDS "unknown field; this request takes none"

enum json_kind {
	JSON_STRING,           /* const char *; min..max bytes; NULL when absent */
	JSON_INT,              /* int64_t; min..max; no fraction, no exponent */
	JSON_NUMBER_OR_STRING, /* int64_t from 123 or "123"; "0123" is refused */
	JSON_BOOL,             /* bool */
	JSON_UUID,  /* const char *; the caller's *_parse refuses a malformed one */
	JSON_RAW,   /* const char *: any value, re-serialised plainly; min..max bytes */
	JSON_ARRAY, /* const struct json_list *: elements as raw text; min..max elements
	             */
	JSON_TREES, /* const struct json_trees *: elements for json_tree_bind(); min..max
	               elements */
};

/* A parsed value, which can be bound by several field tables. It is allocated in an
 * arena. */
struct json_tree;

struct json_trees {
	size_t n;
	const struct json_tree *const *items;
};

struct json_list {
	size_t n;
	const char *const *items; /* each item is the JSON text of one element */
};

struct json_field {
	const char *name;
	enum json_kind kind;
	size_t offset; /* of the member in the target struct */
	bool required;
	bool nullable; /* null counts as absent; json_bind_body refuses it */
	/* null is a value: the member counts as present, the target keeps its value */
	bool clears;
	int64_t min, max;
	/* Offset of a bool that is set when the member was present; 0: no such flag (so
	 * the first member of a struct can't be one). */
	size_t present;
};

#define JSON_FIELD(type, member, kind_, required_, min_, max_) \
	{ \
		.name = #member, .kind = (kind_), .offset = offsetof(type, member), \
		.required = (required_), .min = (min_), .max = (max_) \
	}
/* Optional, and may be null. has_<member> is true when it was present and not null. */
#define JSON_FIELD_OPT(type, member, kind_, min_, max_) \
	{ \
		.name = #member, .kind = (kind_), .offset = offsetof(type, member), \
		.nullable = true, .min = (min_), .max = (max_), \
		.present = offsetof(type, has_##member) \
	}

/* Optional. null is a value: has_<member> is true, and the member keeps its value. */
#define JSON_FIELD_CLEAR(type, member, kind_, min_, max_) \
	{ \
		.name = #member, .kind = (kind_), .offset = offsetof(type, member), \
		.nullable = true, .clears = true, .min = (min_), .max = (max_), \
		.present = offsetof(type, has_##member) \
	}

enum json_unknown { JSON_REFUSE_UNKNOWN, JSON_IGNORE_UNKNOWN };

/* The first half of json_bind(): parses the text strictly. */
enum es_code json_tree_parse(const char *text, size_t len, struct arena *a,
    const struct json_tree **out, struct es_err *err) ES_MUST_CHECK;
/* The second half: checks and copies an object. */
enum es_code json_tree_bind(const struct json_tree *tree,
    const struct json_field fields[], size_t n, enum json_unknown unknown,
    struct arena *a, void *out, struct es_err *err) ES_MUST_CHECK;

/* Reads one object. err->field names the wrong member. Returns ES_BAD_REQUEST for
 * malformed JSON: depth over 16, bad UTF-8, NaN and Infinity, single quotes, comments,
 * duplicate members, trailing bytes, U+0000 (RFC 8259; json-c alone accepts several of
 * these). Returns ES_INVALID for a text that is not an object, a wrong type, a value out
 * of range, and an unknown member unless these are ignored. */
enum es_code json_bind(const char *text, size_t len, const struct json_field fields[],
    size_t n, enum json_unknown unknown, struct arena *a, void *out,
    struct es_err *err) ES_MUST_CHECK;

#define JSON_FAULTS_MAX 16

/* The faults of an object, member by member, so that one answer reports all of them to
 * the client. Faults after the first JSON_FAULTS_MAX are left out. */
struct json_faults {
	size_t n;
	struct {
		const char *field,
		    *text; /* texts, allocated in the arena of the call that added them */
	} items[JSON_FAULTS_MAX];
};

/* Adds err, the fault of one member. */
void json_faults_add(
    struct json_faults *faults, struct arena *a, const struct es_err *err);

/* Like json_bind(), for the body of a REST request. Refuses unknown members and suggests
 * the nearest known one. Refuses null unless the field says that null clears it. Adds
 * wrong members to faults and leaves them out of *out. Fails only when the text is not a
 * JSON object. */
enum es_code json_bind_body(const char *text, size_t len,
    const struct json_field fields[], size_t n, struct arena *a, void *out,
    struct json_faults *faults, struct es_err *err) ES_MUST_CHECK;

/* Returns the text of a JSON string, such as an element of an array. Returns ES_INVALID
 * when tree is not a string. */
enum es_code json_tree_text(const struct json_tree *tree, struct arena *a,
    const char **out, struct es_err *err) ES_MUST_CHECK;
enum es_code json_bind_text(const char *json, struct arena *a, const char **out,
    struct es_err *err) ES_MUST_CHECK;

#endif
