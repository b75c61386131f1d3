#include "queue/queue_sqs_call.h"

#include <string.h>

#include "core/check.h"
#include "core/clock.h"
#include "queue/queue_sqs_creds.h"
#include "json/json_bind.h"

#include "core/banned.h"

#define ANSWER_MAX (8UL * 1024 * 1024) /* ten messages of 256 KiB with JSON escapes */

struct error_answer {
	const char *type;
};

void
sqs_call_init(struct sqs_call *c)
{
	*c = (struct sqs_call){.easy = curl_easy_init()};
	CHECK(c->easy != NULL);
}

void
sqs_call_fini(struct sqs_call *c)
{
	curl_easy_cleanup(c->easy);
	curl_slist_free_all(c->headers);
	*c = (struct sqs_call){0};
}

static size_t
queue_sqs_call_on_data(char *data, size_t size, size_t n, void *ctx)
{
	struct sqs_call *c = ctx;

	text_add(&c->answer, data, size * n);
	return c->answer.overflow ? 0 : size * n;
}

/* Do not remove a header by adding "Name:" to the list: libcurl before 8.3 still signs
 * it. */
static void
queue_sqs_call_set_headers(struct sqs_call *c, const char *action, const char *token)
{
	struct curl_slist *list =
	    curl_slist_append(NULL, "Content-Type: application/x-amz-json-1.0");

	list = curl_slist_append(
	    list, arena_printf(c->arena, "X-Amz-Target: AmazonSQS.%s", action));
	if (*token != '\0')
		list = curl_slist_append(
		    list, arena_printf(c->arena, "X-Amz-Security-Token: %s", token));
	curl_slist_free_all(c->headers);
	c->headers = list;
	(void)curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, c->headers);
}

enum es_code
sqs_call_prepare(struct sqs *s, struct sqs_call *c, const char *action,
    const struct text *body, struct arena *a, int64_t timeout_ms, struct es_err *err)
{
	struct sqs_keys keys;

	if (body->overflow)
		return es_fail(err, ES_TOO_LARGE, "message too large for SQS");
	TRY(sqs_creds_get(s->creds, &keys, err));
	c->arena = a;
	c->request = *body;
	c->again = SQS_NOT_AGAIN;
	text_init(&c->answer, a, ANSWER_MAX);
	curl_easy_reset(c->easy); /* keeps the open connections */
	queue_sqs_call_set_headers(c, action, keys.token);
	(void)curl_easy_setopt(c->easy, CURLOPT_URL, s->endpoint);
	(void)curl_easy_setopt(c->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(c->easy, CURLOPT_AWS_SIGV4, s->signature);
	(void)curl_easy_setopt(c->easy, CURLOPT_USERNAME, keys.access);
	(void)curl_easy_setopt(c->easy, CURLOPT_PASSWORD, keys.secret);
	(void)curl_easy_setopt(c->easy, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(c->easy, CURLOPT_TCP_KEEPALIVE, 1L);
	(void)curl_easy_setopt(
	    c->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)s->aws.timeout_ms);
	(void)curl_easy_setopt(c->easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
	(void)curl_easy_setopt(c->easy, CURLOPT_POST, 1L);
	(void)curl_easy_setopt(
	    c->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->len);
	(void)curl_easy_setopt(c->easy, CURLOPT_POSTFIELDS, body->data);
	(void)curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, queue_sqs_call_on_data);
	(void)curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, c);
	return ES_OK;
}

/* Returns "QueueDoesNotExist" from "com.amazonaws.sqs#QueueDoesNotExist"; the part up to
 * the '#' may be missing. */
static const char *
queue_sqs_call_error_name(const struct sqs_call *c)
{
	static const struct json_field field = {.name = "__type",
	    .kind = JSON_STRING,
	    .offset = offsetof(struct error_answer, type),
	    .required = true,
	    .max = 200};
	struct error_answer got = {0};
	struct es_err err;
	const char *hash;

	if (json_bind(c->answer.data, c->answer.len, &field, 1, JSON_IGNORE_UNKNOWN,
		c->arena, &got, &err) != ES_OK)
		return "";
	hash = strchr(got.type, '#');
	return hash != NULL ? hash + 1 : got.type;
}

enum es_code
sqs_call_finish(struct sqs *s, struct sqs_call *c, CURLcode rc, struct es_err *err)
{
	long status = 0;

	if (rc != CURLE_OK) {
		c->again = SQS_AFTER_PAUSE;
		return es_fail(err, ES_UNAVAILABLE, "SQS: %s", curl_easy_strerror(rc));
	}
	(void)curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status == 200)
		return ES_OK;
	c->again = sqs_error(queue_sqs_call_error_name(c), status, err);
	if (c->again == SQS_WITH_NEW_KEYS && !sqs_creds_refused(s->creds))
		c->again = SQS_NOT_AGAIN;
	return err->code;
}

enum es_code
sqs_call(struct sqs *s, struct sqs_call *c, const char *action, const struct text *body,
    struct arena *a, struct es_err *err)
{
	const int64_t deadline_ms = clock_mono_ms() + s->aws.timeout_ms;
	int64_t left_ms = s->aws.timeout_ms;
	enum es_code rc = ES_OK;

	for (unsigned tries = 0; tries < SQS_TRIES_MAX && left_ms > 0; tries++) {
		sqs_creds_renew(s->creds);
		TRY(sqs_call_prepare(s, c, action, body, a, left_ms, err));
		rc = sqs_call_finish(s, c, curl_easy_perform(c->easy), err);
		if (rc == ES_OK || c->again == SQS_NOT_AGAIN)
			return rc;
		if (c->again == SQS_WITH_NEW_KEYS && tries > 0)
			return rc;
		if (c->again == SQS_AFTER_PAUSE && tries + 1 < SQS_TRIES_MAX)
			clock_sleep_ms(clock_backoff_ms(
			    tries + 1, SQS_BACKOFF_MIN_MS, SQS_BACKOFF_MAX_MS));
		left_ms = deadline_ms - clock_mono_ms();
	}
	return rc;
}
