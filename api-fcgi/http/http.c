#include "http/http.h"

#include <string.h>
#include <strings.h>

#include "core/check.h"

#include "core/banned.h"

const char *
http_caller(const struct http_req *req)
{
	const char *user = req->who.actor.user.text;

	return strcmp(user, ACTOR_NOBODY) == 0 ? req->key.id.text : user;
}

bool
http_prefers_async(const char *prefer)
{
	static const char word[] = "respond-async";

	for (const char *s = prefer; s != NULL && *s != '\0';) {
		size_t len = strcspn(s, ",;= \t");

		if (len == sizeof(word) - 1 && strncasecmp(s, word, len) == 0)
			return true;
		s += strcspn(s, ",");
		s += strspn(s, ", \t");
	}
	return false;
}

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
