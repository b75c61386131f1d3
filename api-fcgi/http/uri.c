#include "http/uri.h"

#include <string.h>

#include "core/hex.h"
#include "core/parse.h"

#include "core/banned.h"

/* pchar of RFC 3986 section 3.3, and '%', which uri_decode() checks. */
static bool
uri_is_pchar(char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
		return true;
	return c != '\0' && strchr("-._~!$&'()*+,;=:@%", c) != NULL;
}

static bool
uri_is_control(unsigned char c)
{
	return c < 0x20 || c == 0x7f;
}

static const char bad_escape[] =
    "has bad percent-encoding; expected % and two hex digits";

const char *
uri_decode(const char *s, size_t len, bool plus, struct arena *a, const char **out)
{
	char *to = arena_alloc(a, len + 1);
	size_t n = 0, points;

	for (size_t i = 0; i < len; i++) {
		char c = s[i];

		if (c == '%') {
			const int octet = hex_percent(s + i, len - i);

			if (octet < 0)
				return bad_escape;
			c = (char)octet;
			i += 2;
		} else if (plus && c == '+') {
			c = ' ';
		}
		if (uri_is_control((unsigned char)c))
			return "contains a control character";
		to[n++] = c;
	}
	to[n] = '\0';
	if (!utf8_length(to, n, &points))
		return "is not UTF-8; percent-encode the bytes of UTF-8";
	*out = to;
	return NULL;
}

static enum es_code
uri_segment_parse(
    const char *s, size_t len, struct arena *a, const char **out, struct es_err *err)
{
	const char *fault;

	for (size_t i = 0; i < len; i++)
		if (!uri_is_pchar(s[i]))
			return es_fail(err, ES_BAD_REQUEST,
			    "the path contains a character that must be percent-encoded");
	fault = uri_decode(s, len, false, a, out);
	if (fault != NULL)
		return es_fail(err, ES_BAD_REQUEST, "the path %s", fault);
	if (strchr(*out, '/') != NULL || strcmp(*out, ".") == 0 ||
	    strcmp(*out, "..") == 0)
		return es_fail(err, ES_BAD_REQUEST,
		    "the path contains a dot segment (. or ..) or an encoded slash");
	return ES_OK;
}

enum es_code
uri_parse(const char *target, struct arena *a, struct uri *out, struct es_err *err)
{
	struct uri u = {.query = ""};
	size_t path_len;
	const char *s, *end;

	if (target == NULL || target[0] != '/')
		return es_fail(err, ES_BAD_REQUEST,
		    "the request target must be a path that begins with /");
	if (strnlen(target, URI_MAX + 1) > URI_MAX)
		return es_fail(err, ES_BAD_REQUEST,
		    "the request target is longer than %d bytes", URI_MAX);
	path_len = strcspn(target, "?");
	if (target[path_len] == '?')
		u.query = arena_strdup(a, target + path_len + 1);
	u.path = arena_memdup(a, target, path_len);

	for (s = u.path + 1;; s = end + 1) {
		end = strchr(s, '/');
		if (u.n == URI_SEGMENTS)
			return es_fail(err, ES_NOT_FOUND, "no such path");
		if (end == s)
			return es_fail(err, ES_BAD_REQUEST,
			    "the path contains an empty segment (//)");
		TRY(uri_segment_parse(s, end == NULL ? strlen(s) : (size_t)(end - s), a,
		    &u.segments[u.n++], err));
		if (end == NULL)
			break;
	}
	*out = u;
	return ES_OK;
}
