#include "trace/trace_post.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "core/check.h"
#include "core/id.h"
#include "json/json_bind.h"

#include "core/banned.h"

#define ANSWER_BYTES_MAX  65536
#define RETRY_AFTER_MAX_S 300

/* Calls take(ctx, name, value) for each pair. Returns false when a pair has no "=" or
 * take() returns false. */
static bool
trace_post_each_header(const char *headers, struct arena *a,
    bool (*take)(void *ctx, const char *name, const char *value), void *ctx)
{
	char *rest = arena_strdup(a, headers);

	while (*rest != '\0') {
		char *pair = rest, *value;
		const size_t len = strcspn(rest, ",");

		rest += len + (rest[len] != '\0');
		pair[len] = '\0';
		value = strchr(pair, '=');
		if (value == NULL)
			return false;
		*value++ = '\0';
		if (!take(ctx, pair, value))
			return false;
	}
	return true;
}

static bool
trace_post_is_header(void *ctx, const char *name, const char *value)
{
	static const char token[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789!#$%&'*+-.^_`|~";

	(void)ctx;
	if (*name == '\0' || name[strspn(name, token)] != '\0')
		return false;
	for (; *value != '\0'; value++)
		if (*value < 0x20 || *value > 0x7e)
			return false;
	return true;
}

enum es_code
trace_post_check_headers(const char *headers, struct arena *a, struct es_err *err)
{
	if (!trace_post_each_header(headers, a, trace_post_is_header, NULL))
		return es_fail(err, ES_INVALID,
		    "must be name=value pairs with commas "
		    "between them, in printable ASCII");
	return ES_OK;
}

struct header_list {
	struct curl_slist *list;
	struct arena *arena;
};

static bool
trace_post_add_header(void *ctx, const char *name, const char *value)
{
	struct header_list *to = ctx;

	to->list =
	    curl_slist_append(to->list, arena_printf(to->arena, "%s: %s", name, value));
	CHECK(to->list != NULL);
	return true;
}

static size_t
trace_post_on_data(char *data, size_t size, size_t n, void *ctx)
{
	text_add(ctx, data, size * n);
	return size * n;
}

/* libcurl calls this about once a second; an answer other than 0 ends the request. */
static int
trace_post_on_progress(
    void *ctx, curl_off_t in, curl_off_t in_now, curl_off_t out, curl_off_t out_now)
{
	const struct trace_post_settings *s = ctx;

	(void)in, (void)in_now, (void)out, (void)out_now;
	return s->give_up(s->ctx) ? 1 : 0;
}

struct partial {
	int64_t rejectedSpans;
};

/* Returns the number of spans that the collector rejected although it answered 2xx; 0
 * when the answer does not follow the standard. */
static int64_t
trace_post_rejected(const struct text *answer, struct arena *a)
{
	static const struct json_field outer[] = {{.name = "partialSuccess",
	    .kind = JSON_RAW,
	    .min = 2,
	    .max = ANSWER_BYTES_MAX}};
	static const struct json_field inner[] = {JSON_FIELD(struct partial,
	    rejectedSpans, JSON_NUMBER_OR_STRING, false, 0, ES_INT_MAX_EXACT)};
	struct partial partial = {0};
	const char *json = NULL;
	struct es_err err;

	if (answer->overflow ||
	    json_bind(answer->data, answer->len, outer, 1, JSON_IGNORE_UNKNOWN, a, &json,
		&err) != ES_OK ||
	    json == NULL ||
	    json_bind(json, strlen(json), inner, 1, JSON_IGNORE_UNKNOWN, a, &partial,
		&err) != ES_OK)
		return 0;
	return partial.rejectedSpans;
}

static void
trace_post_judge(CURL *curl, CURLcode rc, const char *reason, const struct text *answer,
    struct arena *a, struct trace_post_result *out)
{
	curl_off_t wait_s = 0;
	long status = 0;

	if (rc != CURLE_OK) {
		out->end = TRACE_POST_RETRY;
		(void)snprintf(out->why, sizeof(out->why), "%s",
		    reason[0] != '\0' ? reason : curl_easy_strerror(rc));
		return;
	}
	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (status >= 200 && status < 300) {
		out->end = TRACE_POST_DONE;
		out->rejected = trace_post_rejected(answer, a);
		return;
	}
	(void)curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &wait_s);
	if (wait_s > RETRY_AFTER_MAX_S)
		wait_s = RETRY_AFTER_MAX_S;
	out->retry_after_ms = (int64_t)wait_s * 1000;
	out->end = status == 429 || status == 502 || status == 503 || status == 504
	               ? TRACE_POST_RETRY
	               : TRACE_POST_REFUSED;
	(void)snprintf(out->why, sizeof(out->why), "the collector answered %ld", status);
}

/* Lets s->give_up end the request, also while a thread of libcurl looks up a name. */
static void
trace_post_may_give_up(CURL *curl, const struct trace_post_settings *s)
{
	if (s->give_up == NULL)
		return;
	(void)curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	(void)curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, trace_post_on_progress);
	(void)curl_easy_setopt(curl, CURLOPT_XFERINFODATA, s);
	(void)curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
}

void
trace_post(const struct trace_post_settings *s, const struct text *body,
    struct trace_post_result *out)
{
	struct arena *a = arena_new();
	struct header_list headers = {.arena = a};
	char reason[CURL_ERROR_SIZE] = "";
	CURL *curl = curl_easy_init();
	struct text answer;
	CURLcode rc;

	*out = (struct trace_post_result){.end = TRACE_POST_RETRY};
	CHECK(curl != NULL);
	text_init(&answer, a, ANSWER_BYTES_MAX);
	(void)trace_post_add_header(&headers, "Content-Type", "application/json");
	CHECK(trace_post_each_header(s->headers, a, trace_post_add_header, &headers));
	(void)curl_easy_setopt(curl, CURLOPT_URL, s->url);
	(void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.list);
	(void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body->data);
	(void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)body->len);
	(void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)s->timeout_ms);
	(void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, trace_post_on_data);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
	(void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
	(void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "EchoStream/" ES_VERSION);
	trace_post_may_give_up(curl, s);
	rc = curl_easy_perform(curl);
	trace_post_judge(curl, rc, reason, &answer, a, out);
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers.list);
	arena_free(&a);
}
