#include "ctl_rest.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "json/json_bind.h"

#include "core/banned.h"

#define ANSWER_MAX (16UL << 20)

const char *
ctl_ws_url(const struct ctl *c)
{
	const char *url = c->conf.url;
	const size_t len = strlen(url);

	if (*c->conf.ws_url != '\0')
		return c->conf.ws_url;
	if (strncmp(url, "http", 4) != 0)
		return url;
	return arena_printf(c->arena, "ws%.*s/ws",
	    (int)(len - 4 - (url[len - 1] == '/' ? 1 : 0)), url + 4);
}

static size_t
ctl_rest_on_data(char *data, size_t size, size_t n, void *ctx)
{
	struct text *t = ctx;

	text_add(t, data, size * n);
	return t->overflow ? 0 : size * n;
}

static struct curl_slist *
ctl_rest_headers_of(const struct ctl *c, const char *bearer, const char *body)
{
	struct curl_slist *list = NULL;

	if (*bearer != '\0')
		list = curl_slist_append(
		    list, arena_printf(c->arena, "Authorization: Bearer %s", bearer));
	if (body != NULL)
		list = curl_slist_append(list, "Content-Type: application/json");
	return list;
}

bool
ctl_rest(const struct ctl *c, const char *bearer, const char *method, const char *path,
    const char *body, struct ctl_answer *out)
{
	const char *base = c->conf.url;
	const size_t len = strlen(base);
	struct curl_slist *headers = ctl_rest_headers_of(c, bearer, body);
	CURL *curl = curl_easy_init();
	struct text answer;
	CURLcode rc;

	text_init(&answer, c->arena, ANSWER_MAX);
	curl_easy_setopt(curl, CURLOPT_URL,
	    arena_printf(c->arena, "%.*s%s",
		(int)(len > 0 && base[len - 1] == '/' ? len - 1 : len), base, path));
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)c->opt.timeout_ms);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ctl_rest_on_data);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
	if (body != NULL)
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	rc = curl_easy_perform(curl);
	if (rc == CURLE_OK)
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &out->status);
	else
		(void)ctl_fail(c, "%s: %s", base, curl_easy_strerror(rc));
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	out->body = answer.data;
	out->len = answer.len;
	return rc == CURLE_OK;
}

/* Prints title and detail when the answer is application/problem+json. */
static void
ctl_rest_print_problem(const struct ctl *c, const struct ctl_answer *answer)
{
	struct problem {
		const char *title, *detail, *code;
	} p = {0};
	static const struct json_field fields[] = {
	    JSON_FIELD(struct problem, title, JSON_STRING, false, 0, 500),
	    JSON_FIELD(struct problem, detail, JSON_STRING, false, 0, 2000),
	    JSON_FIELD(struct problem, code, JSON_STRING, true, 0, 100),
	};
	struct es_err err;

	if (json_bind(answer->body, answer->len, fields, ES_COUNT(fields),
		JSON_IGNORE_UNKNOWN, c->arena, &p, &err) != ES_OK)
		(void)ctl_fail(
		    c, "%s answered with HTTP status %ld", c->conf.url, answer->status);
	else
		(void)ctl_fail(c, "%s%s%s (%s, %ld)",
		    p.title != NULL ? p.title : "refused", p.detail != NULL ? ": " : "",
		    p.detail != NULL ? p.detail : "", p.code, answer->status);
}

bool
ctl_rest_2xx(const struct ctl *c, const char *bearer, const char *method,
    const char *path, const char *body, struct ctl_answer *out)
{
	if (!ctl_rest(c, bearer, method, path, body, out))
		return false;
	if (out->status / 100 == 2)
		return true;
	ctl_rest_print_problem(c, out);
	return false;
}

struct page {
	const struct json_list *list;
	const char *nextCursor;
	bool has_nextCursor;
};

static bool
ctl_rest_read_page(const struct ctl *c, const struct ctl_answer *answer,
    const char *member, struct page *out)
{
	const struct json_field fields[] = {
	    {.name = member,
		.kind = JSON_ARRAY,
		.offset = offsetof(struct page, list),
		.required = true,
		.max = 1000},
	    JSON_FIELD_OPT(struct page, nextCursor, JSON_STRING, 0, 1000),
	};
	struct es_err err;

	*out = (struct page){0};
	if (json_bind(answer->body, answer->len, fields, ES_COUNT(fields),
		JSON_IGNORE_UNKNOWN, c->arena, out, &err) == ES_OK)
		return true;
	(void)ctl_fail(
	    c, "unexpected answer from the server: %s %s", err.field, err.text);
	return false;
}

bool
ctl_rest_list(const struct ctl *c, const char *bearer, const char *path,
    const char *member, struct ctl_list *out)
{
	struct page page = {.nextCursor = ""};
	struct ctl_list list = {0};

	do {
		struct ctl_answer answer;
		const char **more;
		const char *query = arena_printf(c->arena, "%s%climit=200%s%s", path,
		    strchr(path, '?') == NULL ? '?' : '&',
		    *page.nextCursor != '\0' ? "&cursor=" : "", page.nextCursor);

		if (!ctl_rest_2xx(c, bearer, "GET", query, NULL, &answer) ||
		    !ctl_rest_read_page(c, &answer, member, &page))
			return false;
		more = arena_alloc(c->arena, (list.n + page.list->n) * sizeof(*more));
		if (list.n > 0)
			memcpy(more, list.items, list.n * sizeof(*more));
		for (size_t i = 0; i < page.list->n; i++)
			more[list.n + i] = page.list->items[i];
		list.items = more;
		list.n += page.list->n;
	} while (page.has_nextCursor && page.nextCursor != NULL);
	*out = list;
	return true;
}
