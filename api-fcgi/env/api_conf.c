#include "env/api_conf.h"

#include "auth/token_pubkey.h"
#include "pg/pg.h"
#include "redis/redis.h"
#include "store/read_mark_store.h"
#include "trace/trace_post.h"

#include "core/attr.h"

#include "core/banned.h"

#define OPERATOR_KEY_MIN 24 /* characters */

#define ROW(member, env, kind, initial, min, max, meaning) \
	CONF_ITEM(struct api_conf, member, env, kind, initial, min, max, NULL, meaning)

// clang-format off
static const struct conf_item auth[] = {
	CONF_AUTH_ITEMS(struct api_conf),
	ROW(operator_key, "ES_OPERATOR_KEY", CONF_SECRET, NULL, OPERATOR_KEY_MIN, 512,
	    "key of the operator for the /admin endpoints (Authorization: Bearer KEY), at least 24 characters"),
	ROW(auth_rate, "ES_LIMIT_AUTH_CALLS", CONF_INT, "300", 0, 1000000,
	    "revocations and new API keys that one caller may request per minute; 0 for no limit"),
	ROW(ticket_rate, "ES_LIMIT_TICKETS", CONF_INT, "60", 0, 1000000,
	    "WebSocket tickets that one user may request per minute; 0 for no limit"),
	ROW(api_keys, "ES_API_KEYS_MAX", CONF_INT, "50", 0, 10000,
	    "maximum number of API keys that a tenant may have at a time, not counting revoked and expired ones"),
	ROW(revoked_tokens, "ES_REVOKED_TOKENS_MAX", CONF_INT, "1000", 1, 100000,
	    "maximum number of single tokens (jti) of one user that may be revoked at a time"),
	ROW(operator_key_old, "ES_OPERATOR_KEY_OLD", CONF_SECRET, "", 0, 512,
	    "previous operator key, accepted as well while keys are rotated, at least 24 characters; empty: none"),
	ROW(jwks_allow_hosts, "ES_JWKS_ALLOW_HOSTS", CONF_TEXT, "", 0, 4096,
	    "hosts of key sets (jwksUrl) that may have private addresses, separated by commas"),
	ROW(jwks_ca_file, "ES_JWKS_CA_FILE", CONF_TEXT, "", 0, 1024,
	    "file (PEM) with the certificate authorities for the hosts of key sets; empty: those of the system"),
};

static const struct conf_item pools[] = {
	ROW(send_socket, "ES_API_SEND_SOCKET", CONF_TEXT, NULL, 1, 107,
	    "Unix socket of the pool that accepts messages"),
	ROW(api_socket, "ES_API_SOCKET", CONF_TEXT, NULL, 1, 107,
	    "Unix socket of the pool that serves all other requests"),
	ROW(health_socket, "ES_API_HEALTH_SOCKET", CONF_TEXT, NULL, 1, 107,
	    "Unix socket of the process that serves /healthz, /readyz, /metrics and /version"),
	ROW(send_workers, "ES_API_SEND_WORKERS", CONF_INT, "16", 1, 128,
	    "processes that accept messages; at most half of them wait for commits at a time"),
	ROW(api_workers, "ES_API_WORKERS", CONF_INT, "4", 1, 128,
	    "processes that serve all other requests"),
	ROW(stall_ms, "ES_API_STALL_MS", CONF_INT, "5000", 100, 60000,
	    "milliseconds that lighttpd has to send a whole request, and again to "
	    "take the whole response"),
	ROW(drain_ms, "ES_API_DRAIN_MS", CONF_INT, "25000", 100, 120000,
	    "milliseconds from SIGTERM until a worker that has not finished is killed"),
	ROW(metrics_file, "ES_API_METRICS_FILE", CONF_TEXT, "", 0, 1024,
	    "file that holds the counters of all workers; empty: memory only"),
};

static const struct conf_item sending[] = {
	ROW(send_wait_ms, "ES_SEND_WAIT_MS", CONF_INT, "1000", 0, 10000,
	    "milliseconds that a send waits for its commit before the API answers 202"),
	ROW(body_max_bytes, "ES_API_BODY_MAX_BYTES", CONF_INT, "262144", 1024, 1048576,
	    "largest request body, in bytes"),
	ROW(body_max_chars, "ES_BODY_MAX_CHARS", CONF_INT, "10000", 1, 10000,
	    "longest message body, in code points"),
	ROW(user_send, "ES_LIMIT_USER_SEND", CONF_INT, "20", 0, 1000000,
	    "messages that a user may send per window; 0 for no limit"),
	ROW(user_send_window_s, "ES_LIMIT_USER_SEND_WINDOW_S", CONF_INT, "10", 1, 3600,
	    "length of the window of ES_LIMIT_USER_SEND, in seconds"),
	ROW(receipt_members, "ES_LIMIT_RECEIPT_MEMBERS", CONF_INT, "100", 0,
	    READ_MARK_MEMBERS_MAX, "members of a channel up to which read receipts are sent and shown; 0: none"),
	ROW(user_channels, "ES_LIMIT_USER_CHANNELS", CONF_INT, "200", 1, 1000000,
	    "channels that a user may create, archived ones included; owners and admins"
	    " of the tenant have no limit"),
	ROW(user_dms, "ES_LIMIT_USER_DMS", CONF_INT, "1000", 1, 1000000,
	    "direct messages and groups that a user may open; owners and admins of the"
	    " tenant have no limit"),
};

static const struct conf_item requests[] = {
	ROW(user_read, "ES_LIMIT_USER_READ", CONF_INT, "1000", 0, 1000000,
	    "GET requests that a user may make per window; 0 for no limit"),
	ROW(user_write, "ES_LIMIT_USER_WRITE", CONF_INT, "500", 0, 1000000,
	    "requests other than GET, sends and creations that a user may make per window; 0 for no limit"),
	ROW(user_request_window_s, "ES_LIMIT_USER_REQUEST_WINDOW_S", CONF_INT, "10", 1, 3600,
	    "length of the window of ES_LIMIT_USER_READ and ES_LIMIT_USER_WRITE, in seconds"),
	ROW(user_create, "ES_LIMIT_USER_CREATE", CONF_INT, "600", 0, 1000000,
	    "channels, direct messages and users that a user may create per window; 0 for no limit"),
	ROW(user_create_window_s, "ES_LIMIT_USER_CREATE_WINDOW_S", CONF_INT, "60", 1, 86400,
	    "length of the window of ES_LIMIT_USER_CREATE, in seconds"),
	ROW(address_failures, "ES_LIMIT_ADDRESS_FAILURES", CONF_INT, "600", 0, 1000000,
	    "requests without a valid token per window and client address; further ones are answered 429 instead of 401; the ES_API_WORKERS processes divide the number among them; 0 for no limit"),
	ROW(address_failures_window_s, "ES_LIMIT_ADDRESS_FAILURES_WINDOW_S", CONF_INT, "60", 1, 3600,
	    "length of the window of ES_LIMIT_ADDRESS_FAILURES, in seconds"),
};
// clang-format on

static enum es_code
api_conf_check_operator_key(const char *value, struct arena *a, struct es_err *err)
{
	(void)a;
	return conf_check_longer(value, OPERATOR_KEY_MIN, err);
}

static const struct conf_check checks[] = {
    {"ES_DATABASE_URL", pg_url_check},
    {"ES_REDIS_URL", redis_url_check},
    {"ES_QUEUE_REDIS_URL", redis_url_check},
    {"ES_TRACE_HEADERS", trace_post_check_headers},
    {"ES_JWT_SECRET_OLD", conf_check_secret},
    {"ES_JWT_ES256_PUBLIC_KEY", token_pubkey_check_es256},
    {"ES_JWT_ES256_PUBLIC_KEY_OLD", token_pubkey_check_es256},
    {"ES_OPERATOR_KEY_OLD", api_conf_check_operator_key},
};

/* SIGHUP replaces the workers, which then have the new settings. The settings below
 * change only at a restart, because the master uses them, or because they must be the
 * same for all programs. */
static const char *const start_only[] = {
    "ES_SETTINGS_FILE",
    "ES_QUEUE_URL",
    "ES_QUEUE_PARTITIONS",
    "ES_SQS_QUEUE_URLS",
    "ES_API_SEND_SOCKET",
    "ES_API_SOCKET",
    "ES_API_HEALTH_SOCKET",
    "ES_API_SEND_WORKERS",
    "ES_API_WORKERS",
    "ES_API_DRAIN_MS",
    "ES_API_METRICS_FILE",
    "ES_METRICS_EMF",
    "ES_TRACE_URL",
    "ES_TRACE_SAMPLE_PPM",
};
static const struct conf_reloads reloads = {
    CONF_RELOADS_ALL_BUT, start_only, ES_COUNT(start_only)};

const struct conf_table api_conf_tables[] = {
    CONF_COMMON_TABLE,
    {.items = auth, .n = ES_COUNT(auth), .reloads = &reloads},
    {.items = pools, .n = ES_COUNT(pools)},
    {sending, ES_COUNT(sending), checks, ES_COUNT(checks), NULL},
    {.items = requests, .n = ES_COUNT(requests)},
};
const size_t n_api_conf_tables = ES_COUNT(api_conf_tables);
