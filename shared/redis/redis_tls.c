#include "redis/redis_tls.h"

#ifdef ES_REDIS_TLS

#include <hiredis/hiredis_ssl.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>

#include "core/banned.h"

static SSL_CTX *context; /* one for the process; NULL when OpenSSL failed to create it */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
redis_tls_make_context(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (ctx == NULL)
		return;
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
	    SSL_CTX_set_default_verify_paths(ctx) == 1)
		context = ctx;
	else
		SSL_CTX_free(ctx);
}

bool
redis_tls_available(void)
{
	return true;
}

/* hiredis does not check the host's name: it would accept any site's certificate. */
static bool
redis_tls_expect_name(SSL *ssl, const char *host)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);

	if (X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1)
		return true;
	return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

enum es_code
redis_tls_start(redisContext *c, const char *host, struct es_err *err)
{
	SSL *ssl;

	(void)pthread_once(&once, redis_tls_make_context);
	ssl = context != NULL ? SSL_new(context) : NULL;
	if (ssl != NULL && redis_tls_expect_name(ssl, host) &&
	    redisInitiateSSL(c, ssl) == REDIS_OK)
		return ES_OK;
	SSL_free(ssl);
	return es_fail(err, ES_UNAVAILABLE, "Redis: TLS: %s",
	    c->err != 0 ? c->errstr : "OpenSSL could not start it");
}

#else

#include "core/banned.h"

bool
redis_tls_available(void)
{
	return false;
}

enum es_code
redis_tls_start(redisContext *c, const char *host, struct es_err *err)
{
	(void)c, (void)host;
	return es_fail(err, ES_INVALID, "Redis: this build has no TLS");
}

#endif
