/* The query part of a request target: decoded once, no name twice. */
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

/* Refuses with ES_BAD_REQUEST, the parameter in err->field as "?name": a name twice, an
 * empty name, bad escapes, characters outside RFC 3986, more than QUERY_MAX. '+' is a
 * blank. */
enum es_code query_parse(const char *raw, struct arena *a, struct query *out,
    struct es_err *err) ES_MUST_CHECK;

/* NULL when absent. */
const char *query_get(const struct query *q, const char *name);

/* Refuses the first parameter that is not among `known` (names with a blank between,
 * "" for none, "*" for any) with ES_BAD_REQUEST, naming the nearest known one: a misspelt
 * filter that is ignored would answer the whole list. */
enum es_code query_known(
    const struct query *q, const char *known, struct es_err *err) ES_MUST_CHECK;

/* *out keeps its value when the parameter is absent. ES_BAD_REQUEST when it is no whole
 * number (leading zeros are refused), ES_INVALID when it is one outside min..max.
 * *present (may be NULL) tells. */
enum es_code query_int(const struct query *q, const char *name, int64_t min, int64_t max,
    int64_t *out, bool *present, struct es_err *err) ES_MUST_CHECK;

/* "true" or "false". */
enum es_code query_bool(
    const struct query *q, const char *name, bool *out, struct es_err *err) ES_MUST_CHECK;

#endif
