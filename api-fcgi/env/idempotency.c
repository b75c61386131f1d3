#include "env/idempotency.h"

#include <string.h>

#include "event/envelope.h"

#include "core/banned.h"

const char *
idempotency_header(const struct http_req *req)
{
	const char *s = req->headers.idempotency_key;
	const size_t len = s == NULL ? 0 : strlen(s);

	if (len < 2 || s[0] != '"' || s[len - 1] != '"')
		return s;
	return arena_memdup(req->arena, s + 1, len - 2);
}

enum es_code
idempotency_key(
    const struct http_req *req, const char *in_body, const char **out, struct es_err *err)
{
	const char *in_header = idempotency_header(req);

	if (in_body != NULL && !client_id_valid(in_body))
		return es_fail_field(
		    err, ES_INVALID, "clientMessageId", IDEMPOTENCY_RULE);
	if (in_header != NULL && !client_id_valid(in_header))
		return es_fail_field(
		    err, ES_BAD_REQUEST, ":Idempotency-Key", IDEMPOTENCY_RULE);
	if (in_body != NULL && in_header != NULL && strcmp(in_body, in_header) != 0)
		return es_fail_field(err, ES_BAD_REQUEST, ":Idempotency-Key",
		    "must equal clientMessageId in the body when both are sent");
	*out = in_body != NULL ? in_body : in_header;
	return ES_OK;
}
