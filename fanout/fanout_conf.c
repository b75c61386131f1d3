#include "fanout_conf.h"

#include "ops/ops.h"
#include "pg/pg.h"
#include "redis/redis.h"
#include "trace/trace_post.h"

#include "core/banned.h"

#define ROW(member, env, kind, initial, min, max, meaning) \
	CONF_ITEM(struct fanout_conf, member, env, kind, initial, min, max, NULL, meaning)

// clang-format off
static const struct conf_item items[] = {
	ROW(ops_listen, "ES_FANOUT_OPS_LISTEN", CONF_TEXT, "127.0.0.1:8083", 3, 200,
	    "address that serves /healthz, /readyz, /metrics and /version: host:port or unix:/path"),
	ROW(ops_from, "ES_OPS_FROM", CONF_TEXT, "127.0.0.0/8,::1", 0, 4096,
	    "networks that may read /readyz, /metrics and /version over TCP, separated by commas; /healthz is open to all"),
	ROW(metrics_file, "ES_FANOUT_METRICS_FILE", CONF_TEXT, "", 0, 200,
	    "file that keeps the counters over restarts; empty: memory only"),
	ROW(workers, "ES_FANOUT_WORKERS", CONF_INT, "2", 1, 64,
	    "worker processes; when all hosts together have more than there are partitions, the others stand by"),
	ROW(batch_max, "ES_FANOUT_BATCH", CONF_INT, "500", 1, 5000,
	    "maximum number of messages that one transaction commits"),
	ROW(batch_bytes, "ES_FANOUT_BATCH_BYTES", CONF_INT, "4194304", 1024, 67108864,
	    "maximum number of bytes of queue entries that one transaction commits; one entry is always accepted"),
	ROW(lease_ms, "ES_FANOUT_LEASE_MS", CONF_INT, "3000", 500, 60000,
	    "length of the lease of a partition, in milliseconds; other workers take the partitions of a dead worker over after it"),
	ROW(drain_ms, "ES_FANOUT_DRAIN_MS", CONF_INT, "25000", 100, 600000,
	    "milliseconds from SIGTERM until a worker that has not finished its batch is killed"),
	ROW(purge_every_s, "ES_FANOUT_PURGE_S", CONF_INT, "60", 1, 86400,
	    "seconds between two deletions of expired refusals and revocations"),
	ROW(dead_keep_s, "ES_DEAD_LETTERS_KEEP_S", CONF_INT, "2592000", 3600, 315360000,
	    "seconds that a dead letter is kept"),
	ROW(dead_max, "ES_DEAD_LETTERS_MAX", CONF_INT, "10000", 1, 1000000,
	    "maximum number of dead letters that are kept; the oldest are deleted first"),
};
// clang-format on

static const struct conf_check checks[] = {
    {"ES_DATABASE_URL", pg_url_check},
    {"ES_REDIS_URL", redis_url_check},
    {"ES_QUEUE_REDIS_URL", redis_url_check},
    {"ES_TRACE_HEADERS", trace_post_check_headers},
    {"ES_FANOUT_OPS_LISTEN", ops_listen_check},
    {"ES_OPS_FROM", ops_from_check},
};

/* SIGHUP does not change the settings in this list. The master uses these settings, or
 * they must have the same value in all programs or workers. All other settings change,
 * because SIGHUP replaces the workers. */
static const char *const start_only[] = {
    "ES_SETTINGS_FILE",
    "ES_TRACE_URL",
    "ES_TRACE_SAMPLE_PPM",
    "ES_QUEUE_URL",
    "ES_QUEUE_PARTITIONS",
    "ES_SQS_QUEUE_URLS",
    "ES_FANOUT_OPS_LISTEN",
    "ES_FANOUT_METRICS_FILE",
    "ES_FANOUT_WORKERS",
    "ES_FANOUT_LEASE_MS",
    "ES_FANOUT_DRAIN_MS",
};
static const struct conf_reloads reloads = {
    CONF_RELOADS_ALL_BUT, start_only, ES_COUNT(start_only)};

const struct conf_table fanout_conf_tables[] = {
    CONF_COMMON_TABLE,
    {items, ES_COUNT(items), checks, ES_COUNT(checks), &reloads},
};
const size_t n_fanout_conf_tables = ES_COUNT(fanout_conf_tables);

struct queue_settings
fanout_queue_settings(const struct fanout_conf *conf)
{
	const struct conf_common *c = &conf->common;

	return (struct queue_settings){
	    .url = c->queue_url,
	    .redis_url = *c->queue_redis_url != '\0' ? c->queue_redis_url : c->redis_url,
	    .partitions = (unsigned)c->queue_partitions,
	    .max_bytes = c->queue_max_bytes,
	    .timeout_ms = c->redis_timeout_ms,
	    .sqs = &c->sqs,
	};
}
