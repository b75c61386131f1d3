/* Settings that api-fcgi, push-server, fanout and echostreamctl share. A program's struct
 * has struct conf_common as its first member, so that CONF_COMMON_TABLE fits it. */
#ifndef CONF_CONF_COMMON_H
#define CONF_CONF_COMMON_H

#include "conf/conf.h"
#include "core/aws.h"

struct conf_common {
	const char *settings_file; /* absolute; "": none */
	const char *database_url, *database_pooler;
	const char *redis_url;
	const char *queue_url, *queue_redis_url; /* queue_redis_url "" means redis_url */
	int64_t queue_partitions, queue_max_bytes;
	int64_t database_timeout_ms, redis_timeout_ms;
	const char *log_level;
	const char *trace_url, *trace_headers; /* trace_url "": no traces */
	int64_t trace_sample_ppm, trace_queue, trace_timeout_ms;
	bool metrics_emf;
	const char *metrics_emf_deployment;
	int64_t metrics_emf_period_s;
	struct aws_settings sqs;
};

#define CONF_COMMON_ITEMS  30
#define CONF_COMMON_CHECKS 2
extern const struct conf_item conf_common_items[CONF_COMMON_ITEMS];
extern const struct conf_check conf_common_checks[CONF_COMMON_CHECKS];
/* A row of a program's list of tables. */
#define CONF_COMMON_TABLE \
	{ \
		.items = conf_common_items, .n = CONF_COMMON_ITEMS, \
		.checks = conf_common_checks, .n_checks = CONF_COMMON_CHECKS \
	}

/* The row of ES_DATABASE_POOLER, and whether its value names a pooler. */
#define CONF_POOLER_ITEM(type, member) \
	CONF_ITEM(type, member, "ES_DATABASE_POOLER", CONF_ENUM, "none", 1, 16, \
	    "none transaction", \
	    "pooler between the programs and PostgreSQL; transaction when each " \
	    "transaction may get another session, as from PgBouncer with " \
	    "pool_mode=transaction")
bool conf_pooled(const char *database_pooler);

/* Settings of the queue on SQS. Those of the access keys have the names that AWS tools
 * use. */
#define CONF_SQS_ITEMS(type, sqs) \
	CONF_ITEM(type, sqs.queue_urls, "ES_SQS_QUEUE_URLS", CONF_TEXT, "", 0, 8192, \
	    NULL, \
	    "URLs of the FIFO queues, comma separated; the same for all programs"), \
	    CONF_ITEM(type, sqs.region, "ES_SQS_REGION", CONF_TEXT, "", 0, 64, NULL, \
		"region that requests are signed for; empty: the region in the " \
		"queue's URL"), \
	    CONF_ITEM(type, sqs.endpoint, "ES_SQS_ENDPOINT", CONF_TEXT, "", 0, 1024, \
		NULL, "URL to which requests go; empty: the host of the queue's URL"), \
	    CONF_ITEM(type, sqs.timeout_ms, "ES_SQS_TIMEOUT_MS", CONF_INT, "3000", 100, \
		60000, NULL, "time-out of a call to SQS, in milliseconds"), \
	    CONF_ITEM(type, sqs.access_key, "AWS_ACCESS_KEY_ID", CONF_TEXT, "", 0, 256, \
		NULL, "access key for SQS; empty: keys come from the container's role"), \
	    CONF_ITEM(type, sqs.secret_key, "AWS_SECRET_ACCESS_KEY", CONF_SECRET, "", 0, \
		1024, NULL, "secret of AWS_ACCESS_KEY_ID"), \
	    CONF_ITEM(type, sqs.session_token, "AWS_SESSION_TOKEN", CONF_SECRET, "", 0, \
		32768, NULL, "session token of AWS_ACCESS_KEY_ID, for temporary keys"), \
	    CONF_ITEM(type, sqs.default_region, "AWS_REGION", CONF_TEXT, "", 0, 64, \
		NULL, \
		"region when neither ES_SQS_REGION nor the queue's URL names one"), \
	    CONF_ITEM(type, sqs.container_path, \
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", CONF_TEXT, "", 0, 1024, NULL, \
		"set by ECS: path of the credentials of the task's role"), \
	    CONF_ITEM(type, sqs.container_url, "AWS_CONTAINER_CREDENTIALS_FULL_URI", \
		CONF_TEXT, "", 0, 1024, NULL, \
		"set by EKS: URL of the credentials (https, loopback or " \
		"169.254.170.2)"), \
	    CONF_ITEM(type, sqs.container_token_file, \
		"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", CONF_TEXT, "", 0, 4096, NULL, \
		"set by EKS: file with the token for that URL, read before each " \
		"request")

#define CONF_SECRET_MIN 32 /* characters of an HS256 secret (RFC 7518 section 3.2) */

/* Settings of the programs that verify or mint tokens. */
struct conf_auth {
	const char *jwt_secret, *jwt_es256_public_key;
	/* An old key is "" when there is none. */
	const char *jwt_secret_old, *jwt_es256_public_key_old;
	const char *jwt_kid, *jwt_kid_old, *jwt_es256_kid, *jwt_es256_kid_old;
	const char *jwt_issuer, *jwt_audience;
	int64_t jwt_leeway_s, token_ttl_s;
};

/* For checks of optional secrets. Returns ES_INVALID when value has fewer than min
 * characters. */
enum es_code conf_check_longer(
    const char *value, size_t min, struct es_err *err) ES_MUST_CHECK;
/* Checks ES_JWT_SECRET_OLD. */
enum es_code conf_check_secret(
    const char *value, struct arena *a, struct es_err *err) ES_MUST_CHECK;

/* The items of a table over a program's struct with a member `struct conf_auth auth`:
 * static const struct conf_item auth_items[] = {CONF_AUTH_ITEMS(struct push_conf)}; */
#define CONF_AUTH_ITEMS(type) \
	CONF_ITEM(type, auth.jwt_secret, "ES_JWT_SECRET", CONF_SECRET, NULL, \
	    CONF_SECRET_MIN, 4096, NULL, \
	    "secret that signs and verifies HS256 tokens, at least 32 characters"), \
	    CONF_ITEM(type, auth.jwt_kid, "ES_JWT_KID", CONF_TEXT, "hs1", 1, 128, NULL, \
		"kid of ES_JWT_SECRET in the tokens"), \
	    CONF_ITEM(type, auth.jwt_secret_old, "ES_JWT_SECRET_OLD", CONF_SECRET, "", \
		0, 4096, NULL, \
		"former secret of HS256 tokens, still accepted during a rotation; at " \
		"least 32 characters"), \
	    CONF_ITEM(type, auth.jwt_kid_old, "ES_JWT_KID_OLD", CONF_TEXT, "hs1", 1, \
		128, NULL, "kid of ES_JWT_SECRET_OLD; may equal ES_JWT_KID"), \
	    CONF_ITEM(type, auth.jwt_es256_public_key, "ES_JWT_ES256_PUBLIC_KEY", \
		CONF_SECRET, "", 0, 4096, NULL, "public key (PEM) of ES256 tokens"), \
	    CONF_ITEM(type, auth.jwt_es256_kid, "ES_JWT_ES256_KID", CONF_TEXT, "es1", 1, \
		128, NULL, "kid of ES_JWT_ES256_PUBLIC_KEY in the tokens"), \
	    CONF_ITEM(type, auth.jwt_es256_public_key_old, \
		"ES_JWT_ES256_PUBLIC_KEY_OLD", CONF_SECRET, "", 0, 4096, NULL, \
		"former public key (PEM), still accepted during a rotation"), \
	    CONF_ITEM(type, auth.jwt_es256_kid_old, "ES_JWT_ES256_KID_OLD", CONF_TEXT, \
		"es1", 1, 128, NULL, "kid of ES_JWT_ES256_PUBLIC_KEY_OLD"), \
	    CONF_ITEM(type, auth.jwt_issuer, "ES_JWT_ISSUER", CONF_TEXT, "echostream", \
		1, 200, NULL, "iss that a token must have"), \
	    CONF_ITEM(type, auth.jwt_audience, "ES_JWT_AUDIENCE", CONF_TEXT, \
		"echostream", 1, 200, NULL, "aud that a token must have"), \
	    CONF_ITEM(type, auth.jwt_leeway_s, "ES_JWT_LEEWAY_S", CONF_INT, "5", 0, 300, \
		NULL, \
		"seconds that the clock of an issuer may be ahead of ours (iat, nbf); " \
		"a token ends at exp, without leeway"), \
	    CONF_ITEM(type, auth.token_ttl_s, "ES_TOKEN_TTL_S", CONF_INT, "86400", 60, \
		31536000, NULL, \
		"lifetime of a token, in seconds, when the request asks for none")

#endif
