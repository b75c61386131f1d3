#include "query.h"

#include <stdio.h>
#include <string.h>

#include "core/parse.h"
#include "uri.h"

#include "core/banned.h"

/* query of RFC 3986 section 3.4. */
static bool
query_chars(const char *s)
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
fail_param(struct es_err *err, const char *name, const char *what)
{
	char field[sizeof(err->field)];

	(void)snprintf(field, sizeof(field), "?%s", name);
	return es_fail_field(err, ES_BAD_REQUEST, field, "%s", what);
}

static enum es_code
pair_parse(
    const char *s, size_t len, struct arena *a, struct query *q, struct es_err *err)
{
	const char *equals = memchr(s, '=', len);
	size_t name_len = equals == NULL ? len : (size_t)(equals - s);
	const char *name, *value = "";

	if (name_len == 0)
		return es_fail(
		    err, ES_BAD_REQUEST, "the query has a parameter without a name");
	if (!uri_decode(s, name_len, true, a, &name))
		return es_fail(err, ES_BAD_REQUEST,
		    "the query has bad percent-encoding; expected %% and two hex digits");
	if (equals != NULL &&
	    !uri_decode(equals + 1, len - name_len - 1, true, a, &value))
		return fail_param(
		    err, name, "has bad percent-encoding; expected % and two hex digits");
	if (query_get(q, name) != NULL)
		return fail_param(err, name, "appears twice");
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

	if (!query_chars(raw))
		return es_fail(err, ES_BAD_REQUEST,
		    "the query contains a character that must be percent-encoded");
	while (*raw != '\0') {
		size_t len = strcspn(raw, "&");

		TRY(pair_parse(raw, len, a, &q, err));
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

enum es_code
query_int(const struct query *q, const char *name, int64_t min, int64_t max, int64_t *out,
    bool *present, struct es_err *err)
{
	const char *s = query_get(q, name);

	if (present != NULL)
		*present = s != NULL;
	if (s != NULL && !parse_int(s, min, max, out)) {
		char what[80];

		(void)snprintf(what, sizeof(what),
		    "expected a whole number from %lld to %lld", (long long)min,
		    (long long)max);
		return fail_param(err, name, what);
	}
	return ES_OK;
}

enum es_code
query_bool(const struct query *q, const char *name, bool *out, struct es_err *err)
{
	const char *s = query_get(q, name);

	if (s == NULL)
		return ES_OK;
	if (strcmp(s, "true") != 0 && strcmp(s, "false") != 0)
		return fail_param(err, name, "expected true or false");
	*out = strcmp(s, "true") == 0;
	return ES_OK;
}
