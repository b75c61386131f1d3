#include "queue_leasing.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "core/clock.h"
#include "core/parse.h"
#include "core/text.h"

#include "core/banned.h"

const char *
leasing_endpoint(void)
{
	const char *endpoint = getenv("ES_TEST_SQS_ENDPOINT");

	if (endpoint == NULL) {
		(void)puts("ES_TEST_SQS_ENDPOINT is not set");
		exit(77);
	}
	return endpoint;
}

static size_t
on_data(char *data, size_t size, size_t n, void *ctx)
{
	text_add(ctx, data, size * n);
	return size * n;
}

const char *
leasing_control(struct leasing *f, const char *what, const char *json)
{
	CURL *easy = curl_easy_init();
	struct text answer;
	long status = 0;

	CHECK(easy != NULL);
	text_init(&answer, f->a, 65536);
	(void)curl_easy_setopt(easy, CURLOPT_URL,
	    arena_printf(f->a, "%s/_test/%s", leasing_endpoint(), what));
	(void)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, json);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_data);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer);
	CHECK(curl_easy_perform(easy) == CURLE_OK);
	(void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	CHECK(status == 200);
	curl_easy_cleanup(easy);
	return answer.data;
}

int
leasing_count(struct leasing *f, const char *action)
{
	const char *at = strstr(
	    leasing_control(f, "counts", ""), arena_printf(f->a, "\"%s\":", action));
	char digits[12];
	int64_t n = 0;

	if (at == NULL)
		return 0;
	at = strchr(at, ':') + 1;
	(void)snprintf(digits, sizeof(digits), "%.*s", (int)strspn(at, "0123456789"), at);
	CHECK(parse_int(digits, 0, INT32_MAX, &n));
	return (int)n;
}

enum es_code
leasing_reopen(struct leasing *f)
{
	queue_close(&f->q);
	return queue_open(&f->settings, &f->q, &f->err);
}

void
leasing_setup(struct leasing *f)
{
	*f = (struct leasing){.a = arena_new(),
	    .aws = {.queue_urls = getenv("ES_TEST_SQS_QUEUES"),
		.endpoint = leasing_endpoint(),
		.region = "us-east-1",
		.timeout_ms = 3000,
		.access_key = "AKTEST",
		.secret_key = "secret",
		.session_token = "",
		.default_region = "",
		.container_path = "",
		.container_url = "",
		.container_token_file = ""}};
	f->settings = (struct queue_settings){.url = "sqs:",
	    .partitions = 1,
	    .max_bytes = 1,
	    .timeout_ms = 1000,
	    .sqs = &f->aws};
	(void)leasing_control(f, "purge", "");
	CHECK(queue_open(&f->settings, &f->q, &f->err) == ES_OK);
}

void
leasing_teardown(struct leasing *f)
{
	queue_close(&f->q);
	arena_free(&f->a);
}

enum es_code
leasing_send(struct leasing *f, const char *group, const char *body)
{
	static unsigned number; /* SQS remembers deduplication ids for minutes */

	return queue_send(f->q,
	    &(struct queue_msg){.body = body,
		.len = strlen(body),
		.group = group,
		.dedupe =
		    arena_printf(f->a, "%lld-%u", (long long)clock_wall_ms(), number++)},
	    &f->err);
}

enum es_code
leasing_receive(struct leasing *f, size_t max, int64_t wait_ms)
{
	return queue_receive(f->q, 0, "", max, wait_ms, f->a, f->got, &f->n, &f->err);
}

const char *
leasing_consume(struct leasing *f, size_t n)
{
	const int64_t end_ms = clock_mono_ms() + 10000;
	const char *all = "";
	size_t seen = 0;

	while (seen < n && clock_mono_ms() < end_ms) {
		CU_ASSERT_EQUAL(leasing_receive(f, LEASING_MAX, 500), ES_OK);
		for (size_t i = 0; i < f->n; i++)
			all = arena_printf(f->a, "%s%s%.*s", all, seen + i > 0 ? "," : "",
			    (int)f->got[i].len, f->got[i].body);
		seen += f->n;
		if (f->n > 0)
			CU_ASSERT_EQUAL(
			    queue_done(f->q, 0, f->got, f->n, "", &f->err), ES_OK);
	}
	return all;
}
