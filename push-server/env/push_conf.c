#include "env/push_conf.h"

#include <string.h>

#include "auth/token_pubkey.h"
#include "core/cidr_list.h"
#include "ops/ops.h"
#include "pg/pg.h"
#include "queue/queue.h"
#include "redis/redis.h"
#include "store/read_mark_store.h"
#include "trace/trace_post.h"

#include "core/banned.h"

#define ROW(member, env, kind, initial, min, max, meaning) \
	CONF_ITEM(struct push_conf, member, env, kind, initial, min, max, NULL, meaning)

// clang-format off
static const struct conf_item items[] = {
	CONF_AUTH_ITEMS(struct push_conf),
	ROW(listen, "ES_PUSH_LISTEN", CONF_TEXT, "127.0.0.1:8082", 3, 1000,
	    "listeners for WebSockets, comma separated: host:port or unix:/path; a listener that ends in +proxy requires a PROXY header (version 2)"),
	ROW(trusted_proxies, "ES_TRUSTED_PROXIES", CONF_TEXT, "", 0, 4096,
	    "networks of the proxies whose X-Forwarded-For names the client's address, comma separated; if set, a +proxy listener accepts TCP connections only from these networks"),
	ROW(ops_listen, "ES_PUSH_OPS_LISTEN", CONF_TEXT, "127.0.0.1:8084", 3, 200,
	    "listener for /healthz /readyz /metrics /version: host:port or unix:/path"),
	ROW(ops_from, "ES_OPS_FROM", CONF_TEXT, "127.0.0.0/8,::1", 0, 4096,
	    "networks that may ask /readyz /metrics /version over TCP, comma separated; /healthz answers all"),
	ROW(metrics_file, "ES_PUSH_METRICS_FILE", CONF_TEXT, "", 0, 200,
	    "file that keeps counters over restarts; empty: memory only"),
	ROW(workers, "ES_PUSH_WORKERS", CONF_INT, "2", 1, 64,
	    "worker processes, one event loop each"),
	ROW(connections, "ES_PUSH_CONNECTIONS", CONF_INT, "10000", 1, 1000000,
	    "maximum number of connections of one worker; a further handshake gets 503"),
	ROW(user_connections, "ES_PUSH_USER_CONNECTIONS", CONF_INT, "100", 1, 100000,
	    "maximum number of connections of one user over all workers; a further one is closed with 4008"),
	ROW(address_connections_per_min, "ES_PUSH_ADDRESS_CONNECTIONS_PER_MIN", CONF_INT,
	    "600", 0, 10000000,
	    "handshakes a minute that one worker accepts from one address (IPv6: /64), except loopback; 0: no limit"),
	ROW(frame_max_bytes, "ES_FRAME_MAX_BYTES", CONF_INT, "65536", 1024, 1048576,
	    "maximum number of bytes of one message from a client; raised to 12 * ES_BODY_MAX_CHARS + 1024 if it is lower; a longer message gets an error, one of more than twice as many bytes close 1009"),
	ROW(early_bytes, "ES_PUSH_EARLY_BYTES", CONF_INT, "16384", 4096, 1048576,
	    "maximum number of bytes that a worker holds for one socket before hello (token, frames); more bytes close it with 1009 or 4005"),
	ROW(early_total_bytes, "ES_PUSH_EARLY_TOTAL_BYTES", CONF_INT, "67108864", 65536, 68719476736,
	    "maximum number of bytes that one worker holds for all sockets before hello, request heads included; beyond it clients get 503 or close 4100"),
	ROW(out_bytes, "ES_OUT_BYTES", CONF_INT, "134217728", 65536, 68719476736,
	    "bytes that may wait for slow readers in one worker; beyond it the worker closes the slowest with 4101"),
	ROW(sndbuf_bytes, "ES_PUSH_SNDBUF_BYTES", CONF_INT, "131072", 4096, 16777216,
	    "send buffer of one socket in the kernel"),
	ROW(stalled_ms, "ES_PUSH_STALLED_MS", CONF_INT, "30000", 1000, 600000,
	    "milliseconds in which a client must read at least one of the bytes that wait for it; else close 4101"),
	ROW(head_timeout_ms, "ES_PUSH_HEAD_TIMEOUT_MS", CONF_INT, "5000", 100, 60000,
	    "milliseconds in which a client has to send its whole request head"),
	ROW(auth_timeout_ms, "ES_PUSH_AUTH_TIMEOUT_MS", CONF_INT, "10000", 100, 60000,
	    "milliseconds from the upgrade in which a client must send its token and the worker must check it; else close 4104"),
	ROW(send_timeout_ms, "ES_PUSH_SEND_TIMEOUT_MS", CONF_INT, "2000", 100, 30000,
	    "milliseconds after which the outcome of a send is looked up in the database"),
	ROW(drain_ms, "ES_PUSH_DRAIN_MS", CONF_INT, "20000", 100, 600000,
	    "longest time, in milliseconds, over which a worker spreads the closes of its connections after SIGTERM"),
	ROW(reconnect_min_ms, "ES_PUSH_COMEBACK_MIN_MS", CONF_INT, "500", 1, 60000,
	    "shortest time, in milliseconds, over which a worker spreads the reconnects of its clients"),
	ROW(reconnect_max_ms, "ES_PUSH_COMEBACK_MAX_MS", CONF_INT, "30000", 1000, 600000,
	    "longest time, in milliseconds, that a worker asks a client to wait before it reconnects"),
	ROW(reconnect_per_s, "ES_PUSH_COMEBACK_PER_S", CONF_INT, "500", 1, 1000000,
	    "rate, in clients a second, at which one worker asks its clients to reconnect"),
	ROW(backlog, "ES_PUSH_BACKLOG", CONF_INT, "4096", 1, 65535,
	    "connections that may wait to be accepted, for each listener of each worker; the kernel lowers it to net.core.somaxconn"),
	ROW(accepts, "ES_PUSH_ACCEPTS", CONF_INT, "64", 1, 10000,
	    "maximum number of connections that a worker accepts in one turn of its loop"),
	ROW(handshakes, "ES_PUSH_HANDSHAKES", CONF_INT, "4096", 1, 100000,
	    "maximum number of handshakes under way in one worker; a further one gets 503"),
	ROW(max_subscriptions, "ES_PUSH_SUBSCRIPTIONS", CONF_INT, "500", 1, 100000,
	    "subscriptions of one connection"),
	ROW(lookup_batch, "ES_PUSH_LOOKUP_BATCH", CONF_INT, "1000", 50, 10000,
	    "maximum number of users, or subscriptions, in one look-up statement"),
	ROW(log_channel_bytes, "ES_LOG_CHANNEL_BYTES", CONF_INT, "262144", 65536, 16777216,
	    "bytes of recent events that a worker keeps in memory for one channel"),
	ROW(log_bytes, "ES_LOG_BYTES", CONF_INT, "134217728", 1048576, 68719476736,
	    "bytes of recent events that a worker keeps in memory for all channels"),
	ROW(replay_limit, "ES_REPLAY_LIMIT", CONF_INT, "500", 1, 100000,
	    "maximum number of events that a subscribe replays; a client that missed more gets a gap frame"),
	ROW(replay_budget, "ES_REPLAY_BUDGET", CONF_INT, "5000", 1, 1000000,
	    "maximum number of events a minute that a worker reads from the database for one connection; beyond it the client gets a gap frame"),
	ROW(page_bytes, "ES_PAGE_BYTES", CONF_INT, "33554432", 1048576, 68719476736,
	    "bytes of history pages that a worker keeps in memory for replays"),
	ROW(linger_ms, "ES_PUSH_LINGER_MS", CONF_INT, "60000", 0, 3600000,
	    "milliseconds that a worker keeps a channel after its last subscription ended"),
	ROW(join_timeout_ms, "ES_PUSH_JOIN_TIMEOUT_MS", CONF_INT, "5000", 100, 60000,
	    "milliseconds after which a subscribe that the database does not answer gets an error"),
	ROW(rights_keep_ms, "ES_PUSH_RIGHTS_KEEP_MS", CONF_INT, "5000", 0, 60000,
	    "milliseconds for which a worker caches a sender's right to a channel"),
	ROW(rights_max, "ES_PUSH_RIGHTS_MAX", CONF_INT, "20000", 1, 10000000,
	    "rights that a worker caches"),
	ROW(acl_poll_ms, "ES_PUSH_ACL_POLL_MS", CONF_INT, "5000", 100, 60000,
	    "milliseconds between two queries for changes of rights (the tenants' acl_version)"),
	ROW(presence_hold_ms, "ES_PRESENCE_HOLD_MS", CONF_INT, "15000", 0, 600000,
	    "milliseconds after its last connection until a user is offline"),
	ROW(presence_idle_ms, "ES_PRESENCE_IDLE_MS", CONF_INT, "300000", 1000, 86400000,
	    "milliseconds without a frame other than ping until a user is idle"),
	ROW(user_send, "ES_LIMIT_USER_SEND", CONF_INT, "20", 0, 1000000,
	    "messages of one user in ES_LIMIT_USER_SEND_WINDOW_S; 0: no limit"),
	ROW(user_send_window_s, "ES_LIMIT_USER_SEND_WINDOW_S", CONF_INT, "10", 1, 3600,
	    "length of the window of ES_LIMIT_USER_SEND, in seconds"),
	ROW(receipt_members, "ES_LIMIT_RECEIPT_MEMBERS", CONF_INT, "100", 0,
	    READ_MARK_MEMBERS_MAX, "members of a channel up to which read receipts are sent; 0: none"),
	ROW(body_max_chars, "ES_BODY_MAX_CHARS", CONF_INT, "10000", 1, 10000,
	    "longest message body, in code points"),
	ROW(frame_rate, "ES_LIMIT_FRAMES", CONF_INT, "60", 0, 1000000,
	    "maximum number of frames, except send, from one connection in 10 s; 0: no limit"),
	ROW(subscribe_rate, "ES_LIMIT_SUBSCRIBES", CONF_INT, "1000", 0, 1000000,
	    "maximum number of channels that one connection may name in subscribe and sync frames in 10 s; choose at least twice ES_PUSH_SUBSCRIPTIONS, so that a client can subscribe to all its channels again; 0: no limit"),
	ROW(read_marks_max, "ES_PUSH_READ_MARKS", CONF_INT, "10000", 1, 1000000,
	    "maximum number of read marks that wait to be written in one worker; a further read frame gets the error busy"),
	ROW(control_rate, "ES_LIMIT_CONTROL_FRAMES", CONF_INT, "200", 0, 1000000,
	    "maximum number of pings, pongs and fragments from one connection in 10 s; more close it with 4103; 0: no limit"),
};
// clang-format on

/* Accepts listeners separated by commas, each with or without the suffix +proxy. */
static enum es_code
push_conf_check_listen(const char *value, struct arena *a, struct es_err *err)
{
	const size_t suffix = strlen(PUSH_LISTEN_PROXY);

	while (*value != '\0') {
		const size_t len = strcspn(value, ",");
		const bool proxy = len > suffix && memcmp(value + len - suffix,
						       PUSH_LISTEN_PROXY, suffix) == 0;

		TRY(ops_listen_check(
		    arena_memdup(a, value, proxy ? len - suffix : len), a, err));
		value += len;
		if (*value == ',' && *++value == '\0')
			return es_fail(err, ES_INVALID, "ends with a comma");
	}
	return ES_OK;
}

static enum es_code
push_conf_check_proxies(const char *value, struct arena *a, struct es_err *err)
{
	struct cidr_list list;

	(void)a;
	return cidr_list_parse(value, &list, err);
}

static const struct conf_check checks[] = {
    {"ES_DATABASE_URL", pg_url_check},
    {"ES_REDIS_URL", redis_url_check},
    {"ES_QUEUE_REDIS_URL", redis_url_check},
    {"ES_TRACE_HEADERS", trace_post_check_headers},
    {"ES_JWT_SECRET_OLD", conf_check_secret},
    {"ES_JWT_ES256_PUBLIC_KEY", token_pubkey_check_es256},
    {"ES_JWT_ES256_PUBLIC_KEY_OLD", token_pubkey_check_es256},
    {"ES_PUSH_LISTEN", push_conf_check_listen},
    {"ES_PUSH_OPS_LISTEN", ops_listen_check},
    {"ES_OPS_FROM", ops_from_check},
    {"ES_TRUSTED_PROXIES", push_conf_check_proxies},
};

/* Settings that SIGHUP changes without a restart of the workers, because a restart would
 * close their sockets. A worker reads most values at each use; push_reload.c applies the
 * others. The master restarts the process that serves ES_PUSH_OPS_LISTEN. */
static const char *const while_running[] = {
    "ES_LOG_LEVEL",
    "ES_JWT_SECRET",
    "ES_JWT_KID",
    "ES_JWT_SECRET_OLD",
    "ES_JWT_KID_OLD",
    "ES_JWT_ES256_PUBLIC_KEY",
    "ES_JWT_ES256_KID",
    "ES_JWT_ES256_PUBLIC_KEY_OLD",
    "ES_JWT_ES256_KID_OLD",
    "ES_JWT_ISSUER",
    "ES_JWT_AUDIENCE",
    "ES_JWT_LEEWAY_S",
    "ES_OPS_FROM",
    "ES_PUSH_USER_CONNECTIONS",
    "ES_PUSH_ADDRESS_CONNECTIONS_PER_MIN",
    "ES_FRAME_MAX_BYTES",
    "ES_PUSH_EARLY_BYTES",
    "ES_PUSH_EARLY_TOTAL_BYTES",
    "ES_OUT_BYTES",
    "ES_PUSH_SNDBUF_BYTES",
    "ES_PUSH_STALLED_MS",
    "ES_PUSH_HEAD_TIMEOUT_MS",
    "ES_PUSH_AUTH_TIMEOUT_MS",
    "ES_PUSH_SEND_TIMEOUT_MS",
    "ES_PUSH_COMEBACK_MIN_MS",
    "ES_PUSH_COMEBACK_MAX_MS",
    "ES_PUSH_COMEBACK_PER_S",
    "ES_PUSH_ACCEPTS",
    "ES_PUSH_SUBSCRIPTIONS",
    "ES_LIMIT_RECEIPT_MEMBERS",
    "ES_REPLAY_LIMIT",
    "ES_REPLAY_BUDGET",
    "ES_PUSH_LINGER_MS",
    "ES_PUSH_JOIN_TIMEOUT_MS",
    "ES_PUSH_ACL_POLL_MS",
    "ES_LIMIT_USER_SEND",
    "ES_LIMIT_USER_SEND_WINDOW_S",
    "ES_BODY_MAX_CHARS",
    "ES_LIMIT_FRAMES",
    "ES_LIMIT_SUBSCRIBES",
    "ES_PUSH_READ_MARKS",
    "ES_LIMIT_CONTROL_FRAMES",
};
static const struct conf_reloads reloads = {
    CONF_RELOADS_ONLY, while_running, ES_COUNT(while_running)};

const struct conf_table push_conf_tables[] = {
    CONF_COMMON_TABLE,
    {items, ES_COUNT(items), checks, ES_COUNT(checks), &reloads},
};
const size_t n_push_conf_tables = ES_COUNT(push_conf_tables);

#define BYTES_PER_CHARACTER 12   /* a surrogate pair as two \u escapes */
#define OTHER_FIELDS        1024 /* bytes of a send frame without its body */

size_t
push_conf_message_max(const struct push_conf *conf)
{
	const int64_t needed = conf->body_max_chars * BYTES_PER_CHARACTER + OTHER_FIELDS;

	return (size_t)(conf->frame_max_bytes > needed ? conf->frame_max_bytes : needed);
}

void
push_conf_queue(const struct push_conf *conf, struct queue_settings *out)
{
	const struct conf_common *c = &conf->common;

	*out = (struct queue_settings){
	    .url = c->queue_url,
	    .redis_url =
		c->queue_redis_url[0] != '\0' ? c->queue_redis_url : c->redis_url,
	    .partitions = (unsigned)c->queue_partitions,
	    .max_bytes = c->queue_max_bytes,
	    .timeout_ms = c->redis_timeout_ms,
	    .sqs = &c->sqs,
	};
}

void
push_conf_pg(const struct push_conf *conf, struct pg_settings *out)
{
	*out = (struct pg_settings){
	    .url = conf->common.database_url,
	    .application_name = "echostream-push",
	    .connect_timeout_ms = 3000,
	    .statement_timeout_ms = conf->common.database_timeout_ms,
	    .lock_timeout_ms = 1000,
	    .pooled = conf_pooled(conf->common.database_pooler),
	};
}
