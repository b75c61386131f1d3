#include "http/problem.h"

#include <string.h>

#include "core/parse.h"

#include "core/banned.h"

#define RETRY_AFTER_DEFAULT_MS 1000

static const char *
problem_challenge(enum es_code code, bool had_token)
{
	if (!had_token)
		return "Bearer realm=\"echostream\"";
	if (code == ES_TOKEN_EXPIRED)
		return "Bearer realm=\"echostream\", error=\"invalid_token\", "
		       "error_description=\"expired\"";
	if (code == ES_TOKEN_REVOKED)
		return "Bearer realm=\"echostream\", error=\"invalid_token\", "
		       "error_description=\"revoked\"";
	return "Bearer realm=\"echostream\", error=\"invalid_token\"";
}

/* Drops an incomplete UTF-8 sequence at the end: a name of the client may have been
 * truncated in the middle of a character. */
static const char *
problem_cut_to_utf8(const char *s, struct arena *a)
{
	size_t len = strlen(s), points;

	while (len > 0 && !utf8_length(s, len, &points))
		len--;
	return arena_memdup(a, s, len);
}

static void
problem_write_error(
    struct json_write *w, const char *field, const char *text, struct arena *a)
{
	const char *f = problem_cut_to_utf8(field, a);

	jw_object(w, NULL);
	if (f[0] == '?')
		jw_string(w, "parameter", f + 1);
	else if (f[0] == ':')
		jw_string(w, "header", f + 1);
	else
		jw_string(w, "pointer", arena_printf(a, "/%s", f));
	jw_string(w, "detail", problem_cut_to_utf8(text, a));
	jw_object_end(w);
}

/* Lists all wrong fields of a body; of the query and the headers only the first fault is
 * known. */
static void
problem_write_errors(
    struct json_write *w, const struct http_req *req, const struct es_err *err)
{
	const struct json_faults *f = req->faults;
	const bool all = f != NULL && f->n > 0 && err->code == ES_INVALID;

	if (!all && err->field[0] == '\0')
		return;
	jw_array(w, "errors");
	for (size_t i = 0; all && i < f->n; i++)
		problem_write_error(w, f->items[i].field, f->items[i].text, req->arena);
	if (!all)
		problem_write_error(w, err->field, err->text, req->arena);
	jw_array_end(w);
}

/* The text of an internal error goes to the log only. The client learns whether a retry
 * helps. */
static const char *
problem_detail_text(const struct es_err *err, const struct http_res *res, struct arena *a)
{
	if (res->detail != NULL)
		return res->detail;
	if (err->code == ES_INTERNAL)
		return "an internal error occurred; the server's log names it by this "
		       "requestId";
	if (err->code == ES_UNAVAILABLE)
		return "a service that this request needs is unavailable; try again "
		       "after "
		       "retryAfterMs";
	return err->text[0] == '\0' ? NULL : problem_cut_to_utf8(err->text, a);
}

void
problem_write(const struct http_req *req, const struct es_err *err, struct http_res *res)
{
	const int own = es_code_status(err->code);
	const int status = res->status_instead != 0 ? res->status_instead : own;
	int64_t retry_ms = err->retry_after_ms;
	const char *detail = problem_detail_text(err, res, req->arena);
	struct json_write w;

	if (retry_ms <= 0 && es_code_retryable(err->code) && status != 500)
		retry_ms = RETRY_AFTER_DEFAULT_MS;
	text_init(&res->body, req->arena, HTTP_RESPONSE_MAX);
	http_json(res, &w, status);
	res->type = "application/problem+json";
	jw_object(&w, NULL);
	jw_string(&w, "type",
	    arena_printf(req->arena, "/problems/%s", es_code_name(err->code)));
	jw_string(&w, "title", es_code_title(err->code));
	jw_int(&w, "status", status);
	if (detail != NULL)
		jw_string(&w, "detail", detail);
	if (req->uri.path != NULL)
		jw_string(&w, "instance", req->uri.path);
	jw_string(&w, "code", es_code_name(err->code));
	jw_string(&w, "requestId", req->request_id);
	if (res->policy != NULL)
		jw_string(&w, "policy", res->policy);
	jw_bool(&w, "retryable", es_code_retryable(err->code));
	if (retry_ms > 0)
		jw_int(&w, "retryAfterMs", retry_ms);
	problem_write_errors(&w, req, err);
	jw_object_end(&w);
	if (retry_ms > 0)
		http_header(res, "Retry-After",
		    arena_printf(
			req->arena, "%lld", (long long)((retry_ms + 999) / 1000)));
	if (status == 401)
		http_header(res, "WWW-Authenticate",
		    problem_challenge(err->code, req->headers.authorization != NULL));
}
