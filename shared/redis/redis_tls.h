/* TLS to Redis, where hiredis has it (1.0 and later): the certificate must be of a CA
 * that the system trusts (or SSL_CERT_FILE names) and of the host that the URL names. */
#ifndef REDIS_REDIS_TLS_H
#define REDIS_REDIS_TLS_H

#include "redis/redis_private.h"

/* Is it built in? */
bool redis_tls_known(void);

/* On a connection that is made, or is being made without blocking. c->err tells failures
 * of the server's; nothing is left to undo. */
enum es_code redis_tls_start(
    redisContext *c, const char *host, struct es_err *err) ES_MUST_CHECK;

#endif
