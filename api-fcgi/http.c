#include "http.h"

#include <string.h>
#include <strings.h>

#include "core/check.h"

#include "core/banned.h"

void
http_res_init(struct http_res *res, struct arena *a)
{
	*res = (struct http_res){.status = 204};
	text_init(&res->body, a, HTTP_RESPONSE_MAX);
}

void
http_header(struct http_res *res, const char *name, const char *value)
{
	CHECK(res->n_headers < HTTP_RES_HEADERS);
	res->headers[res->n_headers].name = name;
	res->headers[res->n_headers++].value = value;
}

const char *
http_header_get(const struct http_res *res, const char *name)
{
	for (size_t i = 0; i < res->n_headers; i++)
		if (strcasecmp(res->headers[i].name, name) == 0)
			return res->headers[i].value;
	return NULL;
}

void
http_json(struct http_res *res, struct json_write *w, int status)
{
	res->status = status;
	res->type = "application/json";
	jw_init(w, &res->body);
}

/* application/json, perhaps with charset=utf-8; no other charset exists for JSON (RFC
 * 8259). */
static bool
is_json(const char *type)
{
	static const char name[] = "application/json";

	if (type == NULL || strncasecmp(type, name, sizeof(name) - 1) != 0)
		return false;
	type += sizeof(name) - 1;
	type += strspn(type, " \t");
	if (*type == '\0')
		return true;
	if (*type++ != ';')
		return false;
	type += strspn(type, " \t");
	return strcasecmp(type, "charset=utf-8") == 0 ||
	       strcasecmp(type, "charset=\"utf-8\"") == 0;
}

enum es_code
http_body(const struct http_req *req, const struct json_field fields[], size_t n,
    void *out, struct es_err *err)
{
	if (req->body_len == 0)
		return es_fail(
		    err, ES_BAD_REQUEST, "the request body must be a JSON object");
	if (!is_json(req->headers.content_type))
		return es_fail(
		    err, ES_UNSUPPORTED_MEDIA, "Content-Type must be application/json");
	return json_bind(req->body, req->body_len, fields, n, JSON_REFUSE_UNKNOWN,
	    req->arena, out, err);
}
