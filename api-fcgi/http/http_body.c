#include "http/http_body.h"

#include <string.h>
#include <strings.h>

#include "core/check.h"

#include "core/banned.h"

/* Checks one parameter of a media type: name=value or name="value" (RFC 9110 section
 * 5.6.6). False for a charset other than UTF-8, because JSON has no other (RFC 8259). */
static bool
http_body_charset_fits(const char *s, size_t len)
{
	static const char charset[] = "charset=";
	const size_t name = sizeof(charset) - 1;

	if (len < name || strncasecmp(s, charset, name) != 0)
		return true;
	s += name;
	len -= name;
	return (len == 5 && strncasecmp(s, "utf-8", 5) == 0) ||
	       (len == 7 && strncasecmp(s, "\"utf-8\"", 7) == 0);
}

/* True when the media type is `wanted`, with or without parameters. */
static bool
http_body_type_is(const char *type, const char *wanted)
{
	const size_t len = strlen(wanted);

	if (strncasecmp(type, wanted, len) != 0)
		return false;
	type += len;
	for (;;) {
		type += strspn(type, " \t");
		if (*type == '\0')
			return true;
		if (*type++ != ';')
			return false;
		type += strspn(type, " \t");
		if (!http_body_charset_fits(type, strcspn(type, "; \t")))
			return false;
		type += strcspn(type, ";");
	}
}

static enum es_code
http_body_check_media_type(const struct http_req *req, struct es_err *err)
{
	const char *type = req->headers.content_type;
	const char *coding = req->headers.content_encoding;
	const bool patch = req->method != NULL && strcmp(req->method, "PATCH") == 0;

	if (coding != NULL && strcasecmp(coding, "identity") != 0)
		return es_fail_field(err, ES_UNSUPPORTED_MEDIA, ":Content-Encoding",
		    "must be absent: the server accepts no compressed body");
	if (type != NULL &&
	    (http_body_type_is(type, "application/json") ||
		(patch && http_body_type_is(type, "application/merge-patch+json"))))
		return ES_OK;
	return es_fail_field(err, ES_UNSUPPORTED_MEDIA, ":Content-Type",
	    "must be application/json%s, in UTF-8",
	    patch ? " or application/merge-patch+json" : "");
}

static enum es_code
http_body_read(const struct http_req *req, const struct json_field fields[], size_t n,
    void *out, struct json_faults *faults, struct es_err *err)
{
	faults->n = 0;
	if (req->body_len == 0)
		return es_fail(
		    err, ES_BAD_REQUEST, "the request body must be a JSON object");
	TRY(http_body_check_media_type(req, err));
	return json_bind_body(
	    req->body, req->body_len, fields, n, req->arena, out, faults, err);
}

static enum es_code
http_body_first_fault(const struct json_faults *faults, struct es_err *err)
{
	if (faults->n == 0)
		return ES_OK;
	return es_fail_field(
	    err, ES_INVALID, faults->items[0].field, "%s", faults->items[0].text);
}

enum es_code
http_body_begin(const struct http_req *req, const struct json_field fields[], size_t n,
    void *out, struct es_err *err)
{
	CHECK(req->faults != NULL);
	return http_body_read(req, fields, n, out, req->faults, err);
}

void
http_body_note(const struct http_req *req, enum es_code rc, const struct es_err *err)
{
	CHECK(rc == ES_OK || rc == ES_INVALID);
	if (rc != ES_OK)
		json_faults_add(req->faults, req->arena, err);
}

enum es_code
http_body_end(const struct http_req *req, struct es_err *err)
{
	return http_body_first_fault(req->faults, err);
}

enum es_code
http_body_none(const struct http_req *req, struct es_err *err)
{
	enum es_code rc;
	char none, field[sizeof(err->field)];

	if (req->body_len == 0)
		return ES_OK;
	rc = json_bind(req->body, req->body_len, NULL, 0, JSON_REFUSE_UNKNOWN, req->arena,
	    &none, err);
	if (rc != ES_INVALID)
		return rc;
	memcpy(field, err->field, sizeof(field));
	return es_fail_field(err, ES_BAD_REQUEST, field, "%s", JSON_NO_FIELDS);
}

enum es_code
http_body(const struct http_req *req, const struct json_field fields[], size_t n,
    void *out, struct es_err *err)
{
	struct json_faults own;
	struct json_faults *faults = req->faults != NULL ? req->faults : &own;

	TRY(http_body_read(req, fields, n, out, faults, err));
	return http_body_first_fault(faults, err);
}
