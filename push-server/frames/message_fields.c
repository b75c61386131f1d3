#include "frames/message_fields.h"

#include <string.h>

#include "core/parse.h"
#include "unicode/unicode.h"

#include "core/banned.h"

enum es_code
message_fields_client_id(const char *client_id, struct es_err *err)
{
	if (client_id == NULL || client_id_valid(client_id))
		return ES_OK;
	return es_fail_field(err, ES_INVALID, "clientMessageId",
	    "must be 1 to %d characters of A-Z a-z 0-9 . _ : -, but not . or ..",
	    CLIENT_ID_MAX);
}

enum es_code
message_fields_body(const struct push_conf *conf, const char *body, struct es_err *err)
{
	size_t points;

	if (!utf8_length(body, strlen(body), &points))
		return es_fail_field(err, ES_INVALID, "body", "must be valid UTF-8");
	if (points == 0 || (int64_t)points > conf->body_max_chars)
		return es_fail_field(err, points == 0 ? ES_INVALID : ES_BODY_TOO_LONG,
		    "body", "must have 1 to %lld characters",
		    (long long)conf->body_max_chars);
	if (!unicode_visible(body))
		return es_fail_field(
		    err, ES_INVALID, "body", "must have at least one visible character");
	return ES_OK;
}
