#include "http/query.h"

#include <stdio.h>
#include <string.h>

#include "core/nearest.h"
#include "core/parse.h"
#include "http/uri.h"

#include "core/banned.h"

/* The characters of a query, RFC 3986 section 3.4. */
static bool
query_has_only_allowed_chars(const char *s)
{
	for (; *s != '\0'; s++) {
		bool plain = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
		             (*s >= '0' && *s <= '9');

		if (!plain && strchr("-._~!$&'()*+,;=:@%/?", *s) == NULL)
			return false;
	}
	return true;
}

static enum es_code
query_fail_with(struct es_err *err, enum es_code code, const char *name, const char *what)
{
	char field[sizeof(err->field)];

	(void)snprintf(field, sizeof(field), "?%s", name);
	return es_fail_field(err, code, field, "%s", what);
}

static enum es_code
query_fail(struct es_err *err, const char *name, const char *what)
{
	return query_fail_with(err, ES_BAD_REQUEST, name, what);
}

static enum es_code
query_add_pair(
    const char *s, size_t len, struct arena *a, struct query *q, struct es_err *err)
{
	const char *equals = memchr(s, '=', len);
	size_t name_len = equals == NULL ? len : (size_t)(equals - s);
	const char *name, *fault, *value = "";

	if (name_len == 0)
		return es_fail(
		    err, ES_BAD_REQUEST, "the query has a parameter without a name");
	fault = uri_decode(s, name_len, true, a, &name);
	if (fault != NULL)
		return es_fail(
		    err, ES_BAD_REQUEST, "the name of a query parameter %s", fault);
	if (equals != NULL)
		fault = uri_decode(equals + 1, len - name_len - 1, true, a, &value);
	if (fault != NULL)
		return query_fail(err, name, fault);
	if (query_get(q, name) != NULL)
		return query_fail(err, name, "appears twice");
	if (q->n == QUERY_MAX)
		return es_fail(err, ES_BAD_REQUEST,
		    "the query has more than %d parameters", QUERY_MAX);
	q->items[q->n].name = name;
	q->items[q->n++].value = value;
	return ES_OK;
}

enum es_code
query_parse(const char *raw, struct arena *a, struct query *out, struct es_err *err)
{
	struct query q = {0};

	if (!query_has_only_allowed_chars(raw))
		return es_fail(err, ES_BAD_REQUEST,
		    "the query contains a character that must be percent-encoded");
	while (*raw != '\0') {
		size_t len = strcspn(raw, "&");

		TRY(query_add_pair(raw, len, a, &q, err));
		raw += len;
		if (*raw == '&')
			raw++;
	}
	*out = q;
	return ES_OK;
}

const char *
query_get(const struct query *q, const char *name)
{
	for (size_t i = 0; i < q->n; i++)
		if (strcmp(q->items[i].name, name) == 0)
			return q->items[i].value;
	return NULL;
}

static bool
query_is_among(const char *name, const char *words)
{
	const size_t len = strlen(name);

	for (const char *w = words; *w != '\0'; w += strspn(w, " ")) {
		const size_t n = strcspn(w, " ");

		if (n == len && strncmp(w, name, n) == 0)
			return true;
		w += n;
	}
	return false;
}

enum es_code
query_known(const struct query *q, const char *known, struct es_err *err)
{
	if (strcmp(known, "*") == 0)
		return ES_OK;
	for (size_t i = 0; i < q->n; i++) {
		char nearest[NEAREST_NAME_MAX + 1], what[160];

		if (query_is_among(q->items[i].name, known))
			continue;
		if (nearest_word(q->items[i].name, known, nearest))
			(void)snprintf(what, sizeof(what),
			    "unknown query parameter; did you mean \"%s\"?", nearest);
		else if (known[0] != '\0')
			(void)snprintf(what, sizeof(what),
			    "unknown query parameter; known are: %s", known);
		else
			(void)snprintf(what, sizeof(what),
			    "unknown query parameter; this request takes none");
		return query_fail(err, q->items[i].name, what);
	}
	return ES_OK;
}

enum es_code
query_int(const struct query *q, const char *name, int64_t min, int64_t max, int64_t *out,
    bool *present, struct es_err *err)
{
	const char *s = query_get(q, name);
	const char *digits;
	char what[80];

	if (present != NULL)
		*present = s != NULL;
	if (s == NULL || parse_plain_int(s, min, max, out))
		return ES_OK;
	(void)snprintf(what, sizeof(what), "expected a whole number from %lld to %lld",
	    (long long)min, (long long)max);
	digits = *s == '-' ? s + 1 : s;
	if (*digits == '\0' || digits[strspn(digits, "0123456789")] != '\0' ||
	    (*digits == '0' && (digits[1] != '\0' || digits != s)))
		return query_fail(err, name, what);
	return query_fail_with(err, ES_INVALID, name, what);
}

enum es_code
query_bool(const struct query *q, const char *name, bool *out, struct es_err *err)
{
	const char *s = query_get(q, name);

	if (s == NULL)
		return ES_OK;
	if (strcmp(s, "true") != 0 && strcmp(s, "false") != 0)
		return query_fail(err, name, "expected true or false");
	*out = strcmp(s, "true") == 0;
	return ES_OK;
}
