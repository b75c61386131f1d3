/* TLS to Redis, for hiredis 1.0 and later. A CA that the system trusts (or SSL_CERT_FILE)
 * must have signed the certificate, and it must be valid for the host in the URL. */
#ifndef REDIS_REDIS_TLS_H
#define REDIS_REDIS_TLS_H

#include "redis/redis_private.h"

/* True when hiredis is built with TLS. */
bool redis_tls_available(void);

/* Starts TLS on a connection that is open, or that is opening without blocking. On
 * failure sets err, and the caller must free c. c->err is 0 unless hiredis failed to
 * start TLS with the server. */
enum es_code redis_tls_start(
    redisContext *c, const char *host, struct es_err *err) ES_MUST_CHECK;

#endif
