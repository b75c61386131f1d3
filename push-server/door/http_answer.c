#include "door/http_answer.h"

#include <stdio.h>
#include <string.h>

#include "core/check.h"
#include "core/err.h"
#include "core/id.h"
#include "json/json_write.h"

#include "core/banned.h"

static const struct known {
	int status;
	enum es_code code;
	const char *reason, *headers;
} answers[] = {
    {200, ES_OK, "OK", ""},
    {400, ES_BAD_REQUEST, "Bad Request", ""},
    {403, ES_FORBIDDEN, "Forbidden", ""},
    {404, ES_NOT_FOUND, "Not Found", ""},
    {405, ES_METHOD_NOT_ALLOWED, "Method Not Allowed", "Allow: GET\r\n"},
    {426, ES_UPGRADE_REQUIRED, "Upgrade Required",
	"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"},
    {429, ES_RATE_LIMITED, "Too Many Requests", ""},
    {431, ES_HEADERS_TOO_LARGE, "Request Header Fields Too Large", ""},
    {503, ES_UNAVAILABLE, "Service Unavailable", ""},
};

static void
http_answer_problem(const struct known *k, const char *why, struct text *out)
{
	struct json_write w;
	struct uuid request;
	char type[64];

	uuid_new(request.text);
	(void)snprintf(type, sizeof(type), "/problems/%s", es_code_name(k->code));
	jw_init(&w, out);
	jw_object(&w, NULL);
	jw_string(&w, "type", type);
	jw_string(&w, "title", es_code_title(k->code));
	jw_int(&w, "status", k->status);
	jw_string(&w, "detail", why);
	jw_string(&w, "code", es_code_name(k->code));
	jw_string(&w, "requestId", request.text);
	jw_object_end(&w);
}

size_t
http_answer_text(const struct http_answer *a, char out[HTTP_ANSWER_MAX])
{
	struct arena *arena = arena_new();
	const struct known *k = answers;
	struct text body, all;
	size_t len;

	while (k->status != a->status)
		CHECK(++k < answers + ES_COUNT(answers));
	text_init(&body, arena, HTTP_ANSWER_MAX / 2);
	text_init(&all, arena, HTTP_ANSWER_MAX);
	if (a->status == 200)
		text_addf(&body, "{\"status\":\"ok\"}");
	else
		http_answer_problem(k, a->why, &body);
	text_addf(&all,
	    "HTTP/1.1 %d %s\r\nContent-Type: application/%sjson\r\nContent-Length: "
	    "%zu\r\n"
	    "Cache-Control: no-store\r\nConnection: close%s\r\n%s",
	    k->status, k->reason, a->status == 200 ? "" : "problem+", body.len,
	    a->status == 426 ? ", Upgrade" : "", k->headers);
	if (a->retry_ms > 0)
		text_addf(
		    &all, "Retry-After: %lld\r\n", (long long)(a->retry_ms + 999) / 1000);
	text_addf(&all, "\r\n%s", body.data);
	CHECK(!all.overflow && !body.overflow);
	len = all.len;
	memcpy(out, all.data, len);
	arena_free(&arena);
	return len;
}
