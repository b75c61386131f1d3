/* Settings that api-fcgi, push-server, fanout and echostreamctl share. A program's struct
 * has struct conf_common as its first member, so that CONF_COMMON_TABLE fits it. */
#ifndef CONF_CONF_COMMON_H
#define CONF_CONF_COMMON_H

#include "conf/conf.h"

struct conf_common {
	const char *database_url;
	const char *redis_url;
	const char *queue_url, *queue_redis_url; /* the latter "" means redis_url */
	int64_t queue_partitions, queue_max_bytes;
	int64_t database_timeout_ms, redis_timeout_ms;
	const char *log_level;
};

#define CONF_COMMON_ITEMS 9
extern const struct conf_item conf_common_items[CONF_COMMON_ITEMS];
/* As a row of a program's list of tables. */
#define CONF_COMMON_TABLE \
	{ \
		.items = conf_common_items, .n = CONF_COMMON_ITEMS \
	}

/* Tokens: for the programs that verify or mint them. */
struct conf_auth {
	const char *jwt_secret, *jwt_es256_public_key;
	const char *jwt_issuer, *jwt_audience;
	int64_t jwt_leeway_s, token_ttl_s;
};

/* A row of the auth table over a program's struct whose member `auth` is a struct
 * conf_auth: static const struct conf_item auth_items[] = {CONF_AUTH_ITEMS(struct
 * push_conf)}; */
#define CONF_AUTH_ITEMS(type) \
	CONF_ITEM(type, auth.jwt_secret, "ES_JWT_SECRET", CONF_SECRET, NULL, 32, 4096, \
	    NULL, "secret of HS256 tokens, kid hs1, at least 32 characters"), \
	    CONF_ITEM(type, auth.jwt_es256_public_key, "ES_JWT_ES256_PUBLIC_KEY", \
		CONF_SECRET, "", 0, 4096, NULL, \
		"public key (PEM) of ES256 tokens, kid es1"), \
	    CONF_ITEM(type, auth.jwt_issuer, "ES_JWT_ISSUER", CONF_TEXT, "echostream", \
		1, 200, NULL, "iss that a token must have"), \
	    CONF_ITEM(type, auth.jwt_audience, "ES_JWT_AUDIENCE", CONF_TEXT, \
		"echostream", 1, 200, NULL, "aud that a token must have"), \
	    CONF_ITEM(type, auth.jwt_leeway_s, "ES_JWT_LEEWAY_S", CONF_INT, "30", 0, \
		300, NULL, "seconds that clocks may differ"), \
	    CONF_ITEM(type, auth.token_ttl_s, "ES_TOKEN_TTL_S", CONF_INT, "86400", 60, \
		31536000, NULL, \
		"seconds that a token is good when it is minted without a wish")

#endif
