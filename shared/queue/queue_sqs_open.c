/* Settings of the sqs driver: queue URLs, endpoint and region of the signature. */
#include <string.h>

#include "core/check.h"
#include "core/hash.h"
#include "queue/queue_sqs_call.h"
#include "queue/queue_sqs_creds.h"

#include "core/banned.h"

#define QUEUES_MAX 64

static enum es_code
queue_sqs_open_split_urls(struct sqs *s, struct es_err *err)
{
	char *rest = arena_strdup(s->arena, s->aws.queue_urls), *one;

	s->urls = arena_alloc(s->arena, QUEUES_MAX * sizeof(*s->urls));
	while ((one = strsep(&rest, ", ")) != NULL) {
		if (*one == '\0')
			continue;
		if (s->n_urls == QUEUES_MAX)
			return es_fail(err, ES_INVALID,
			    "ES_SQS_QUEUE_URLS: at most %d queues", QUEUES_MAX);
		if (strncmp(one, "https://", 8) != 0 && strncmp(one, "http://", 7) != 0)
			return es_fail(err, ES_INVALID,
			    "ES_SQS_QUEUE_URLS: each URL must start with https://");
		if (strlen(one) < 5 || strcmp(one + strlen(one) - 5, ".fifo") != 0)
			return es_fail(err, ES_INVALID,
			    "ES_SQS_QUEUE_URLS: each URL must end with .fifo");
		s->urls[s->n_urls++] = one;
	}
	if (s->n_urls == 0)
		return es_fail(err, ES_INVALID,
		    "ES_SQS_QUEUE_URLS: not set, but ES_QUEUE_URL=sqs: needs it");
	return ES_OK;
}

/* The region in "https://sqs.REGION.amazonaws.com/..."; NULL for any other host. */
static const char *
queue_sqs_open_region_of(struct arena *a, const char *url)
{
	const char *host = strstr(url, "://") + 3, *dot;

	if (strncmp(host, "sqs.", 4) != 0)
		return NULL;
	host += 4;
	dot = strchr(host, '.');
	if (dot == NULL || strncmp(dot, ".amazonaws.com", 14) != 0)
		return NULL;
	return arena_memdup(a, host, (size_t)(dot - host));
}

static enum es_code
queue_sqs_open_set_endpoint(struct sqs *s, struct es_err *err)
{
	const char *first = s->urls[0], *region;
	const char *host = strstr(first, "://") + 3;

	if (*s->aws.endpoint != '\0')
		s->endpoint = arena_printf(s->arena, "%s%s", s->aws.endpoint,
		    s->aws.endpoint[strlen(s->aws.endpoint) - 1] == '/' ? "" : "/");
	else
		s->endpoint = arena_printf(s->arena, "%.*s/",
		    (int)((size_t)(host - first) + strcspn(host, "/")), first);
	region = queue_sqs_open_region_of(s->arena, first);
	if (*s->aws.region != '\0')
		region = s->aws.region;
	else if (region == NULL)
		region = s->aws.default_region;
	if (*region == '\0')
		return es_fail(err, ES_INVALID,
		    "ES_SQS_REGION: not set, and the queue's URL does not name the "
		    "region");
	s->signature = arena_printf(s->arena, "aws:amz:%s:sqs", region);
	return ES_OK;
}

static struct aws_settings
queue_sqs_open_copy_settings(const struct aws_settings *from, struct arena *a)
{
	struct aws_settings to = *from;
	const char **texts[] = {&to.queue_urls, &to.region, &to.endpoint, &to.access_key,
	    &to.secret_key, &to.session_token, &to.default_region, &to.container_path,
	    &to.container_url, &to.container_token_file};

	for (size_t i = 0; i < ES_COUNT(texts); i++)
		*texts[i] = *texts[i] != NULL ? arena_strdup(a, *texts[i]) : "";
	return to;
}

enum es_code
sqs_open(const struct queue_settings *settings, struct sqs **out, struct es_err *err)
{
	struct sqs *s;
	enum es_code rc;

	if (settings->sqs == NULL)
		return es_fail(err, ES_INVALID, "SQS: not configured");
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return es_fail(err, ES_INTERNAL, "libcurl: curl_global_init() failed");
	s = mem_new(1, sizeof(*s));
	s->arena = arena_new();
	s->aws = queue_sqs_open_copy_settings(settings->sqs, s->arena);
	rc = queue_sqs_open_split_urls(s, err);
	if (rc == ES_OK)
		rc = queue_sqs_open_set_endpoint(s, err);
	if (rc == ES_OK)
		rc = sqs_creds_open(&s->aws, &s->creds, err);
	if (rc == ES_OK)
		*out = s;
	else
		sqs_close(&s);
	return rc;
}

void
sqs_close(struct sqs **s)
{
	if (*s == NULL)
		return;
	sqs_creds_close(&(*s)->creds);
	arena_free(&(*s)->arena);
	mem_free(*s);
	*s = NULL;
	curl_global_cleanup();
}

size_t
sqs_queue_of(const struct sqs *s, const char *group)
{
	return (size_t)(hash_bytes(group, strlen(group)) % s->n_urls);
}
