#include "http/if_match.h"

#include <string.h>

#include "core/parse.h"

#include "core/banned.h"

enum es_code
if_match_version(const struct http_req *req, int64_t *out, struct es_err *err)
{
	const char *s = req->headers.if_match;
	const size_t len = s != NULL ? strlen(s) : 0;
	int64_t version = 0;

	if (s != NULL && strcmp(s, "*") != 0 &&
	    (len < 3 || s[0] != '"' || s[len - 1] != '"' ||
		!parse_plain_int(arena_memdup(req->arena, s + 1, len - 2), 1,
		    ES_INT_MAX_EXACT, &version)))
		return es_fail_field(err, ES_BAD_REQUEST, ":If-Match",
		    "must be the version of the message in quotes, as in \"3\", or *");
	*out = version;
	return ES_OK;
}

void
if_match_set_etag(
    const struct http_req *req, struct http_res *res, const struct message *m)
{
	http_header(
	    res, "ETag", arena_printf(req->arena, "\"%lld\"", (long long)m->version));
}
