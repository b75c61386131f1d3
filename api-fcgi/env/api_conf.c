#include "env/api_conf.h"

#include "auth/token_pubkey.h"
#include "pg/pg.h"
#include "redis/redis.h"

#include "core/attr.h"

#include "core/banned.h"

#define OPERATOR_KEY_MIN 24 /* characters */

#define ROW(member, env, kind, initial, min, max, meaning) \
	CONF_ITEM(struct api_conf, member, env, kind, initial, min, max, NULL, meaning)

// clang-format off
static const struct conf_item auth[] = {
	CONF_AUTH_ITEMS(struct api_conf),
	ROW(operator_key, "ES_OPERATOR_KEY", CONF_SECRET, NULL, OPERATOR_KEY_MIN, 512,
	    "bearer key of the /admin endpoints, at least 24 characters"),
	ROW(auth_rate, "ES_LIMIT_AUTH_CALLS", CONF_INT, "300", 0, 1000000,
	    "revocations and new API keys that one caller may ask for in a minute; 0 for no limit"),
	ROW(ticket_rate, "ES_LIMIT_TICKETS", CONF_INT, "60", 0, 1000000,
	    "tickets for sockets that one user may ask for in a minute; 0 for no limit"),
	ROW(api_keys, "ES_API_KEYS_MAX", CONF_INT, "50", 0, 10000,
	    "API keys of a tenant that are neither revoked nor expired"),
	ROW(revoked_tokens, "ES_REVOKED_TOKENS_MAX", CONF_INT, "1000", 1, 100000,
	    "single tokens (jti) of one user that are kept as revoked at the same time"),
	ROW(operator_key_old, "ES_OPERATOR_KEY_OLD", CONF_SECRET, "", 0, 512,
	    "second operator key that is taken while keys are changed, at least 24 characters"),
	ROW(jwks_allow_hosts, "ES_JWKS_ALLOW_HOSTS", CONF_TEXT, "", 0, 4096,
	    "hosts of key sets (jwksUrl) that may have private addresses, comma separated"),
	ROW(jwks_ca_file, "ES_JWKS_CA_FILE", CONF_TEXT, "", 0, 1024,
	    "file (PEM) of the authorities that vouch for hosts of key sets; empty: the system's"),
};

static const struct conf_item pools[] = {
	ROW(send_socket, "ES_API_SEND_SOCKET", CONF_TEXT, NULL, 1, 107,
	    "unix socket of the pool that takes messages"),
	ROW(api_socket, "ES_API_SOCKET", CONF_TEXT, NULL, 1, 107,
	    "unix socket of the pool that serves all else"),
	ROW(health_socket, "ES_API_HEALTH_SOCKET", CONF_TEXT, NULL, 1, 107,
	    "unix socket of the process that serves health, metrics and version"),
	ROW(send_workers, "ES_API_SEND_WORKERS", CONF_INT, "16", 1, 128,
	    "processes that take messages; at most half of them wait for commits at once"),
	ROW(api_workers, "ES_API_WORKERS", CONF_INT, "4", 1, 128,
	    "processes that serve all else"),
	ROW(stall_ms, "ES_API_STALL_MS", CONF_INT, "5000", 100, 60000,
	    "milliseconds in which the front door has to send a whole request, and "
	    "in which it has to take the whole answer"),
	ROW(drain_ms, "ES_API_DRAIN_MS", CONF_INT, "25000", 100, 120000,
	    "milliseconds from SIGTERM until a worker that is not done is killed"),
	ROW(metrics_file, "ES_API_METRICS_FILE", CONF_TEXT, "", 0, 1024,
	    "file that the workers share their counters in; empty for memory only"),
};

static const struct conf_item sending[] = {
	ROW(send_wait_ms, "ES_SEND_WAIT_MS", CONF_INT, "1000", 0, 10000,
	    "milliseconds that a send waits for its commit before it is answered 202"),
	ROW(body_max_bytes, "ES_API_BODY_MAX_BYTES", CONF_INT, "262144", 1024, 1048576,
	    "bytes of a request body"),
	ROW(body_max_chars, "ES_BODY_MAX_CHARS", CONF_INT, "10000", 1, 10000,
	    "code points of a message body"),
	ROW(user_send, "ES_LIMIT_USER_SEND", CONF_INT, "20", 0, 1000000,
	    "messages that a user may send in a window; 0 for no limit"),
	ROW(user_send_window_s, "ES_LIMIT_USER_SEND_WINDOW_S", CONF_INT, "10", 1, 3600,
	    "seconds of that window"),
	ROW(user_channels, "ES_LIMIT_USER_CHANNELS", CONF_INT, "200", 1, 1000000,
	    "channels, archived ones too, that a user may have made; owners and admins"
	    " of the tenant are free of it"),
};

static const struct conf_item requests[] = {
	ROW(user_read, "ES_LIMIT_USER_READ", CONF_INT, "1000", 0, 1000000,
	    "GET requests that a user may make in a window; 0 for no limit"),
	ROW(user_write, "ES_LIMIT_USER_WRITE", CONF_INT, "500", 0, 1000000,
	    "other requests but sends and creations in that window; 0 for no limit"),
	ROW(user_request_window_s, "ES_LIMIT_USER_REQUEST_WINDOW_S", CONF_INT, "10", 1, 3600,
	    "seconds of that window"),
	ROW(user_create, "ES_LIMIT_USER_CREATE", CONF_INT, "600", 0, 1000000,
	    "channels and users that a user may make in a window; 0 for no limit"),
	ROW(user_create_window_s, "ES_LIMIT_USER_CREATE_WINDOW_S", CONF_INT, "60", 1, 86400,
	    "seconds of that window"),
	ROW(address_failures, "ES_LIMIT_ADDRESS_FAILURES", CONF_INT, "600", 0, 1000000,
	    "requests without a good token from one address in a window, shared out among the ES_API_WORKERS processes; more are answered 429 in place of 401; 0 for no limit"),
	ROW(address_failures_window_s, "ES_LIMIT_ADDRESS_FAILURES_WINDOW_S", CONF_INT, "60", 1, 3600,
	    "seconds of that window"),
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
    {"ES_JWT_SECRET_OLD", conf_check_secret},
    {"ES_JWT_ES256_PUBLIC_KEY", token_pubkey_check_es256},
    {"ES_JWT_ES256_PUBLIC_KEY_OLD", token_pubkey_check_es256},
    {"ES_OPERATOR_KEY_OLD", api_conf_check_operator_key},
};

const struct conf_table api_conf_tables[] = {
    CONF_COMMON_TABLE,
    {.items = auth, .n = ES_COUNT(auth)},
    {.items = pools, .n = ES_COUNT(pools)},
    {sending, ES_COUNT(sending), checks, ES_COUNT(checks)},
    {.items = requests, .n = ES_COUNT(requests)},
};
const size_t n_api_conf_tables = ES_COUNT(api_conf_tables);
