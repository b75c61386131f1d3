/* The query of a request target. Each parameter is decoded once and appears at most once.
 */
#ifndef API_QUERY_H
#define API_QUERY_H

#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"

#define QUERY_MAX 16 /* parameters */

struct query {
	size_t n;
	struct {
		const char *name, *value;
	} items[QUERY_MAX];
};

/* Decodes raw into out; the strings are allocated in the arena a. '+' is a blank. Returns
 * ES_BAD_REQUEST for a name that appears twice or is empty, a bad escape, a character
 * outside RFC 3986, or more than QUERY_MAX parameters. err->field is "?name" when the
 * fault has a name. */
enum es_code query_parse(const char *raw, struct arena *a, struct query *out,
    struct es_err *err) ES_MUST_CHECK;

/* The value of a parameter, or NULL when it is absent. */
const char *query_get(const struct query *q, const char *name);

/* Returns ES_BAD_REQUEST for the first parameter that `known` does not list (names
 * separated by blanks, "" for none, "*" for any); the text suggests the nearest known
 * name. Without this check a misspelt filter would return the whole list. */
enum es_code query_known(
    const struct query *q, const char *known, struct es_err *err) ES_MUST_CHECK;

/* Reads a whole number. *out keeps its value when the parameter is absent, which *present
 * (may be NULL) reports. Returns ES_BAD_REQUEST when the value is not a whole number
 * (leading zeros are refused), ES_INVALID when it is outside min to max. */
enum es_code query_int(const struct query *q, const char *name, int64_t min, int64_t max,
    int64_t *out, bool *present, struct es_err *err) ES_MUST_CHECK;

/* Reads "true" or "false". *out keeps its value when the parameter is absent. Returns
 * ES_BAD_REQUEST for any other value. */
enum es_code query_bool(
    const struct query *q, const char *name, bool *out, struct es_err *err) ES_MUST_CHECK;

#endif
