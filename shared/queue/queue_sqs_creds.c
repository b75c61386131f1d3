#include "queue/queue_sqs_creds.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/check.h"
#include "core/clock.h"
#include "core/regular_file.h"
#include "core/text.h"
#include "json/json_bind.h"

#include "core/banned.h"

#define ECS_HOST        "http://169.254.170.2"
#define ANSWER_MAX      (64UL * 1024)
#define CONNECT_MS      1000L
#define TOTAL_MS        2000L
#define BEFORE_END_MS   (5 * 60 * 1000)
#define AFTER_FAULT_MS  1000
#define WHILE_VALID_MS  10000 /* pause between tries while the old keys are valid */
#define TOKEN_BYTES_MAX 8192

struct sqs_creds {
	const struct aws_settings *aws;
	bool from_container;
	bool refused;        /* AWS refused the keys before they expired */
	struct arena *arena; /* owns the keys; replaced together with them */
	struct sqs_keys keys;
	int64_t end_ms;     /* wall clock; 0: no keys */
	int64_t refresh_ms; /* wall clock; request new keys from then on */
	struct es_err fault;
	int64_t fault_until_ms; /* monotonic; no new request before */
	CURL *request;          /* the request for new keys; NULL: none in flight */
	struct curl_slist *headers;
	struct arena *request_arena; /* owns the request and its answer */
	struct text body;
};

struct answer {
	const char *AccessKeyId, *SecretAccessKey, *Token, *Expiration;
};

/* Plain http is allowed only to addresses on which nobody else can listen: loopback, and
 * the link-local ones of ECS and EKS. */
static bool
queue_sqs_creds_url_is_safe(const char *url)
{
	static const char *const hosts[] = {
	    "127.0.0.1", "localhost", "[::1]", "169.254.170.2", "169.254.170.23"};
	char *scheme = NULL, *host = NULL;
	CURLU *u = curl_url();
	bool ok = false;

	if (curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
		ok = strcmp(scheme, "https") == 0;
		for (size_t i = 0; i < ES_COUNT(hosts); i++)
			ok |= strcmp(host, hosts[i]) == 0;
	}
	curl_free(scheme);
	curl_free(host);
	curl_url_cleanup(u);
	return ok;
}

static void
queue_sqs_creds_drop_request(struct sqs_creds *c)
{
	curl_easy_cleanup(c->request);
	curl_slist_free_all(c->headers);
	arena_free(&c->request_arena);
	c->request = NULL;
	c->headers = NULL;
}

enum es_code
sqs_creds_open(const struct aws_settings *aws, struct sqs_creds **out, struct es_err *err)
{
	const bool given = *aws->access_key != '\0' && *aws->secret_key != '\0';
	struct sqs_creds *c;

	if (!given && *aws->container_path == '\0' && *aws->container_url == '\0')
		return es_fail(err, ES_INVALID,
		    "SQS: no credentials: AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY, "
		    "or AWS_CONTAINER_CREDENTIALS_*");
	if (!given && *aws->container_path == '\0' &&
	    !queue_sqs_creds_url_is_safe(aws->container_url))
		return es_fail(err, ES_INVALID,
		    "AWS_CONTAINER_CREDENTIALS_FULL_URI: must be https, loopback or "
		    "169.254.170.2");
	c = mem_new(1, sizeof(*c));
	c->aws = aws;
	c->from_container = !given;
	c->arena = arena_new();
	if (given)
		c->keys = (struct sqs_keys){
		    aws->access_key, aws->secret_key, aws->session_token};
	*out = c;
	return ES_OK;
}

void
sqs_creds_close(struct sqs_creds **c)
{
	if (*c == NULL)
		return;
	queue_sqs_creds_drop_request(*c);
	arena_free(&(*c)->arena);
	mem_free(*c);
	*c = NULL;
}

static size_t
queue_sqs_creds_on_data(char *data, size_t size, size_t n, void *ctx)
{
	struct text *t = ctx;

	text_add(t, data, size * n);
	return t->overflow ? 0 : size * n;
}

/* Read the file each time, because EKS replaces the token while the program runs. */
static enum es_code
queue_sqs_creds_read_token(
    struct sqs_creds *c, struct arena *a, const char **out, struct es_err *err)
{
	char *token = arena_alloc(a, TOKEN_BYTES_MAX);
	const char *why;
	FILE *file;
	size_t n;

	*out = NULL;
	if (*c->aws->container_token_file == '\0')
		return ES_OK;
	file = regular_file_open(c->aws->container_token_file, &why);
	if (file == NULL)
		return es_fail(err, ES_UNAVAILABLE,
		    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: not readable: %s", why);
	n = fread(token, 1, TOKEN_BYTES_MAX - 1, file);
	(void)fclose(file);
	token[n] = '\0';
	token[strcspn(token, "\r\n")] = '\0';
	*out = token;
	return ES_OK;
}

static enum es_code
queue_sqs_creds_parse_keys(
    struct sqs_creds *c, const struct text *body, struct es_err *err)
{
	static const struct json_field fields[] = {
	    JSON_FIELD(struct answer, AccessKeyId, JSON_STRING, true, 1, 256),
	    JSON_FIELD(struct answer, SecretAccessKey, JSON_STRING, true, 1, 1024),
	    JSON_FIELD(struct answer, Token, JSON_STRING, true, 1, 32768),
	    JSON_FIELD(struct answer, Expiration, JSON_STRING, true, 1, 64),
	};
	const int64_t now = clock_wall_ms();
	struct arena *a = arena_new();
	struct answer got = {0};
	int64_t end_ms = 0;

	if (json_bind(body->data, body->len, fields, ES_COUNT(fields),
		JSON_IGNORE_UNKNOWN, a, &got, err) != ES_OK ||
	    !clock_parse(got.Expiration, &end_ms)) {
		arena_free(&a);
		return es_fail(
		    err, ES_UNAVAILABLE, "container credentials: unexpected answer");
	}
	if (end_ms <= now) {
		arena_free(&a);
		return es_fail(err, ES_UNAVAILABLE,
		    "container credentials: the endpoint returned expired keys");
	}
	arena_free(&c->arena);
	c->arena = a;
	c->keys = (struct sqs_keys){got.AccessKeyId, got.SecretAccessKey, got.Token};
	c->end_ms = end_ms;
	c->refused = false;
	c->fault = (struct es_err){0};
	c->refresh_ms = end_ms - now > 2 * BEFORE_END_MS ? end_ms - BEFORE_END_MS
	                                                 : now + (end_ms - now) / 2;
	return ES_OK;
}

static enum es_code
queue_sqs_creds_prepare_request(struct sqs_creds *c, struct es_err *err)
{
	struct arena *a = c->request_arena = arena_new();
	const char *url = *c->aws->container_path != '\0'
	                      ? arena_printf(a, ECS_HOST "%s", c->aws->container_path)
	                      : c->aws->container_url;
	const char *token = NULL;

	TRY(queue_sqs_creds_read_token(c, a, &token, err));
	text_init(&c->body, a, ANSWER_MAX);
	c->request = curl_easy_init();
	CHECK(c->request != NULL);
	if (token != NULL)
		c->headers =
		    curl_slist_append(NULL, arena_printf(a, "Authorization: %s", token));
	(void)curl_easy_setopt(c->request, CURLOPT_URL, url);
	(void)curl_easy_setopt(c->request, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(c->request, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(c->request, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(c->request, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	(void)curl_easy_setopt(c->request, CURLOPT_TIMEOUT_MS, TOTAL_MS);
	/* Close the connection, because the next request follows hours later. */
	(void)curl_easy_setopt(c->request, CURLOPT_FORBID_REUSE, 1L);
	(void)curl_easy_setopt(c->request, CURLOPT_HTTPHEADER, c->headers);
	(void)curl_easy_setopt(
	    c->request, CURLOPT_WRITEFUNCTION, queue_sqs_creds_on_data);
	(void)curl_easy_setopt(c->request, CURLOPT_WRITEDATA, &c->body);
	return ES_OK;
}

static enum es_code
queue_sqs_creds_read_answer(struct sqs_creds *c, CURLcode how, struct es_err *err)
{
	long status = 0;

	(void)curl_easy_getinfo(c->request, CURLINFO_RESPONSE_CODE, &status);
	if (how != CURLE_OK)
		return es_fail(err, ES_UNAVAILABLE, "container credentials: %s",
		    curl_easy_strerror(how));
	if (status != 200)
		return es_fail(
		    err, ES_UNAVAILABLE, "container credentials: HTTP %ld", status);
	return queue_sqs_creds_parse_keys(c, &c->body, err);
}

static bool
queue_sqs_creds_unexpired(const struct sqs_creds *c)
{
	return !c->from_container || clock_wall_ms() < c->end_ms;
}

bool
sqs_creds_valid(const struct sqs_creds *c)
{
	return queue_sqs_creds_unexpired(c) && !c->refused;
}

/* Remember a failure for a while, so that only one caller waits for the time-out. */
static void
queue_sqs_creds_note_fault(struct sqs_creds *c, const struct es_err *err)
{
	c->fault = *err;
	c->fault_until_ms =
	    clock_mono_ms() + (sqs_creds_valid(c) ? WHILE_VALID_MS : AFTER_FAULT_MS);
}

CURL *
sqs_creds_request(struct sqs_creds *c)
{
	struct es_err err;

	if (!c->from_container || c->request != NULL || clock_wall_ms() < c->refresh_ms ||
	    clock_mono_ms() < c->fault_until_ms)
		return NULL;
	if (queue_sqs_creds_prepare_request(c, &err) != ES_OK) {
		queue_sqs_creds_note_fault(c, &err);
		queue_sqs_creds_drop_request(c);
	}
	return c->request;
}

void
sqs_creds_request_done(struct sqs_creds *c, CURLcode how)
{
	struct es_err err;

	if (queue_sqs_creds_read_answer(c, how, &err) != ES_OK)
		queue_sqs_creds_note_fault(c, &err);
	queue_sqs_creds_drop_request(c);
}

void
sqs_creds_renew(struct sqs_creds *c)
{
	CURL *easy = sqs_creds_request(c);

	if (easy != NULL)
		sqs_creds_request_done(c, curl_easy_perform(easy));
}

enum es_code
sqs_creds_get(struct sqs_creds *c, struct sqs_keys *out, struct es_err *err)
{
	if (queue_sqs_creds_unexpired(c)) {
		*out = c->keys;
		return ES_OK;
	}
	if (c->fault.code == ES_OK)
		return es_fail(err, ES_UNAVAILABLE, "container credentials: expired");
	*err = c->fault;
	return err->code;
}

bool
sqs_creds_refused(struct sqs_creds *c)
{
	const int64_t soon = clock_mono_ms() + AFTER_FAULT_MS;

	if (!c->from_container)
		return false;
	c->refresh_ms = 0;
	c->refused = true;
	if (c->fault_until_ms > soon)
		c->fault_until_ms = soon;
	return true;
}
