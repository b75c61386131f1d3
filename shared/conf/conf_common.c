#include "conf/conf_common.h"

#include <string.h>

#include "conf/conf_file.h"

#include "core/banned.h"

#define ROW(member, env, kind, initial, min, max, allowed, meaning) \
	CONF_ITEM( \
	    struct conf_common, member, env, kind, initial, min, max, allowed, meaning)

// clang-format off
const struct conf_item conf_common_items[CONF_COMMON_ITEMS] = {
	ROW(settings_file, "ES_SETTINGS_FILE", CONF_TEXT, "", 0, 4096, NULL,
	    "absolute path of a file with one NAME=VALUE a line; SIGHUP reads the file again"),
	ROW(database_url, "ES_DATABASE_URL", CONF_URL, NULL, 1, 4096,
	    "postgresql postgres host hostaddr dbname user port service sslmode",
	    "PostgreSQL as URI or conninfo, with the role echostream_app"),
	ROW(database_timeout_ms, "ES_DATABASE_TIMEOUT_MS", CONF_INT, "5000", 100, 600000, NULL,
	    "time-out of a statement, in milliseconds"),
	CONF_POOLER_ITEM(struct conf_common, database_pooler),
	ROW(redis_url, "ES_REDIS_URL", CONF_URL, NULL, 1, 4096, "redis rediss unix",
	    "Redis: redis://[:password@]host[:port][/db] or unix:///path[?db=N]"),
	ROW(redis_timeout_ms, "ES_REDIS_TIMEOUT_MS", CONF_INT, "1000", 50, 60000, NULL,
	    "time-out of a Redis command, in milliseconds; in api-fcgi of all commands "
	    "of one request together"),
	ROW(queue_url, "ES_QUEUE_URL", CONF_URL, "redis:", 1, 4096, "redis mem sqs",
	    "queue driver: redis: for Redis Streams, sqs: for SQS"),
	ROW(queue_redis_url, "ES_QUEUE_REDIS_URL", CONF_URL, "", 0, 4096, "redis rediss unix",
	    "Redis of the queue; empty: ES_REDIS_URL"),
	ROW(queue_partitions, "ES_QUEUE_PARTITIONS", CONF_INT, "8", 1, 256, NULL,
	    "partitions of the queue; the same for all programs; change it only while the "
	    "queue is empty"),
	ROW(queue_max_bytes, "ES_QUEUE_MAX_BYTES", CONF_INT, "67108864", 4096, 1099511627776,
	    NULL,
	    "maximum number of bytes that may wait in the queue; sends beyond it get queue_full"),
	ROW(log_level, "ES_LOG_LEVEL", CONF_ENUM, "info", 1, 8, "error warn info debug",
	    "least severe level that is logged"),
	ROW(trace_url, "ES_TRACE_URL", CONF_URL, "", 0, 4096, "http https",
	    "where spans of traces go (OTLP over HTTP, JSON), as in "
	    "http://127.0.0.1:4318/v1/traces; empty: no traces"),
	ROW(trace_headers, "ES_TRACE_HEADERS", CONF_SECRET, "", 0, 4096, NULL,
	    "headers of the requests to ES_TRACE_URL, name=value with commas between them"),
	ROW(trace_sample_ppm, "ES_TRACE_SAMPLE_PPM", CONF_INT, "10000", 0, 1000000, NULL,
	    "requests in a million that begin a trace when their caller has not decided"),
	ROW(trace_queue, "ES_TRACE_QUEUE", CONF_INT, "4096", 1, 1000000, NULL,
	    "spans of one program that wait for the collector; further ones are dropped"),
	ROW(trace_timeout_ms, "ES_TRACE_TIMEOUT_MS", CONF_INT, "5000", 100, 60000, NULL,
	    "time-out of a request to the collector, in milliseconds"),
	ROW(metrics_emf, "ES_METRICS_EMF", CONF_BOOL, "false", 0, 0, NULL,
	    "write metrics for CloudWatch to the log, in its embedded metric format"),
	ROW(metrics_emf_deployment, "ES_METRICS_EMF_DEPLOYMENT", CONF_TEXT, "echostream", 1, 255,
	    NULL, "value of the dimension Deployment of the metrics for CloudWatch; printable ASCII"),
	ROW(metrics_emf_period_s, "ES_METRICS_EMF_PERIOD_S", CONF_INT, "60", 1, 3600, NULL,
	    "seconds from one line of metrics for CloudWatch to the next"),
	CONF_SQS_ITEMS(struct conf_common, sqs),
};
// clang-format on

/* The rules of CloudWatch for the value of a dimension. */
static enum es_code
conf_common_check_deployment(const char *value, struct arena *a, struct es_err *err)
{
	(void)a;
	if (*value == ':')
		return es_fail(err, ES_INVALID, "must not begin with a colon");
	if (strspn(value, " ") == strlen(value))
		return es_fail(err, ES_INVALID, "must not be blank");
	for (const char *c = value; *c != '\0'; c++)
		if (*c < 0x20 || *c > 0x7e)
			return es_fail(err, ES_INVALID, "must be printable ASCII");
	return ES_OK;
}

const struct conf_check conf_common_checks[CONF_COMMON_CHECKS] = {
    {"ES_SETTINGS_FILE", conf_file_check_path},
    {"ES_METRICS_EMF_DEPLOYMENT", conf_common_check_deployment},
};

bool
conf_pooled(const char *database_pooler)
{
	return strcmp(database_pooler, "transaction") == 0;
}

enum es_code
conf_check_longer(const char *value, size_t min, struct es_err *err)
{
	if (strlen(value) < min)
		return es_fail(err, ES_INVALID, "must have at least %zu characters", min);
	return ES_OK;
}

enum es_code
conf_check_secret(const char *value, struct arena *a, struct es_err *err)
{
	(void)a;
	return conf_check_longer(value, CONF_SECRET_MIN, err);
}
