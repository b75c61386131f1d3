/* Every setting of every program: an ES_ name that is not here is a typing error. */
#include "conf/conf.h"

#include "core/banned.h"

const char *const conf_names[] = {
    /* common */
    "ES_DATABASE_URL",
    "ES_DATABASE_OWNER_URL",
    "ES_REDIS_URL",
    "ES_QUEUE_URL",
    "ES_QUEUE_REDIS_URL",
    "ES_QUEUE_PARTITIONS",
    "ES_QUEUE_MAX_BYTES",
    "ES_DATABASE_TIMEOUT_MS",
    "ES_REDIS_TIMEOUT_MS",
    "ES_LOG_LEVEL",
    "ES_MIGRATIONS_DIR",
    "ES_FANOUT_OPS_LISTEN",
    "ES_FANOUT_METRICS_FILE",
    "ES_FANOUT_WORKERS",
    "ES_FANOUT_BATCH",
    "ES_FANOUT_LEASE_MS",
    "ES_FANOUT_DRAIN_MS",
    "ES_FANOUT_PURGE_S",
    /* tokens and keys */
    "ES_JWT_SECRET",
    "ES_JWT_ES256_PUBLIC_KEY",
    "ES_JWT_ISSUER",
    "ES_JWT_AUDIENCE",
    "ES_JWT_LEEWAY_S",
    "ES_TOKEN_TTL_S",
    "ES_OPERATOR_KEY",
    /* limits */
    "ES_LIMIT_USER_SEND",
    "ES_LIMIT_USER_SEND_WINDOW_S",
    "ES_BODY_MAX_CHARS",
    /* set by ./dev for people and scripts */
    "ES_URL",
    "ES_WS_URL",
    "ES_TOKEN",
    "ES_PORT",
    "ES_PUSH_PORT",
    "ES_BIND",
    "ES_PUSH_URL",
    "ES_ROOT",
    "ES_BUILD_DIR",
    "ES_DEV_DIR",
    "ES_DEV_FSYNC",
    "ES_RUN_DIR",
    "ES_TENANT",
    "ES_DATABASE_ADMIN_URL",
    "ES_LOG_DIR",
    "ES_DEV_LOGIN",
    NULL,
};
