/* Redis over TLS, where hiredis supports it: the name in the certificate must match. */
#include "cunit_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/check.h"
#include "ev_until.h"
#include "redis/redis_async.h"
#include "redis_server.h"
#include "tls_data.h"

#include "core/banned.h"

struct fixture {
	struct redis_server *server;
	struct redis *r; /* over the unix socket */
	struct arena *a;
	struct redis_value v;
	struct es_err err;
	const char *port;
	char cert[64], key[64];
};

static void
save(char path[64], const char *text)
{
	int fd;

	(void)snprintf(path, 64, "/tmp/echostream-tls.XXXXXX");
	fd = mkstemp(path);
	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	(void)close(fd);
}

static enum es_code
set(struct fixture *f, const char *name, const char *value)
{
	return redis_text(f->r, f->a, &f->v, &f->err, "CONFIG", "SET", name, value, NULL);
}

static void
setup(struct fixture *f)
{
	*f = (struct fixture){.a = arena_new()};
	save(f->cert, TEST_TLS_CERT);
	save(f->key, TEST_TLS_KEY);
	CHECK(setenv("SSL_CERT_FILE", f->cert, 1) == 0);
	f->server = redis_server_start();
	CHECK(redis_open(redis_server_url(f->server), 5000, &f->r, &f->err) == ES_OK);
	CHECK(redis_text(f->r, f->a, &f->v, &f->err, "CONFIG", "SET", "tls-cert-file",
		  f->cert, "tls-key-file", f->key, "tls-ca-cert-file", f->cert,
		  "tls-auth-clients", "no", NULL) == ES_OK);
	for (int i = 0; f->port == NULL; i++) { /* tries ports until one is free */
		const char *guess =
		    arena_printf(f->a, "%d", 20000 + (getpid() * 7 + i) % 40000);

		CHECK(i < 100);
		if (set(f, "tls-port", guess) == ES_OK)
			f->port = guess;
	}
}

static void
teardown(struct fixture *f)
{
	redis_close(&f->r);
	redis_server_end(&f->server);
	(void)unlink(f->cert);
	(void)unlink(f->key);
	arena_free(&f->a);
}

static enum es_code
ask(struct fixture *f, const char *url)
{
	struct redis *r;
	enum es_code rc;

	CU_ASSERT_EQUAL_FATAL(redis_open(url, 2000, &r, &f->err), ES_OK);
	rc = redis_text(r, f->a, &f->v, &f->err, "ECHO", "one", NULL);
	if (rc == ES_OK)
		rc = redis_text(r, f->a, &f->v, &f->err, "ECHO", "two", NULL);
	redis_close(&r);
	return rc;
}

static void
commands_succeed_over_rediss(void)
{
	struct fixture f;

	setup(&f);
	CU_ASSERT_EQUAL(
	    ask(&f, arena_printf(f.a, "rediss://localhost:%s/2", f.port)), ES_OK);
	CU_ASSERT_STRING_EQUAL(f.v.str, "two");
	teardown(&f);
}

static void
a_wrong_host_name_or_a_client_without_tls_fails(void)
{
	struct fixture f;

	setup(&f);
	CU_ASSERT_EQUAL(
	    ask(&f, arena_printf(f.a, "rediss://127.0.0.1:%s", f.port)), ES_UNAVAILABLE);
	CU_ASSERT_PTR_NOT_NULL(strstr(f.err.text, "TLS"));
	CU_ASSERT_EQUAL(
	    ask(&f, arena_printf(f.a, "redis://localhost:%s", f.port)), ES_UNAVAILABLE);
	teardown(&f);
}

static void
a_subscriber_receives_a_message_over_rediss(void)
{
	struct fixture f;
	struct redis_sub *s;
	const char *data = NULL;
	size_t len = 0;

	setup(&f);
	CU_ASSERT_EQUAL_FATAL(
	    redis_sub_open(
		arena_printf(f.a, "rediss://localhost:%s", f.port), "topic", &s, &f.err),
	    ES_OK);
	CU_ASSERT_TRUE(redis_sub_up(s));
	CU_ASSERT_EQUAL(
	    redis_text(f.r, f.a, &f.v, &f.err, "PUBLISH", "topic", "hello", NULL), ES_OK);
	CU_ASSERT_EQUAL(redis_sub_wait(s, 5000, f.a, &data, &len, NULL, &f.err), ES_OK);
	CU_ASSERT_EQUAL(len, 5);
	redis_sub_close(&s);
	teardown(&f);
}

static bool
is_up(const void *ctx)
{
	return redis_async_up(ctx);
}

static bool
is_true(const void *ctx)
{
	return *(const bool *)ctx;
}

static void
on_done(void *ctx, enum es_code rc, const struct redis_value *v, const struct es_err *err)
{
	bool *good = ctx;

	(void)err;
	*good = rc == ES_OK && strcmp(v->str, "hello") == 0;
}

static void
the_event_loop_client_works_over_rediss(void)
{
	struct ev_loop *loop = ev_loop_new(0);
	struct redis_async *r;
	struct fixture f;
	bool good = false;

	setup(&f);
	CU_ASSERT_EQUAL_FATAL(
	    redis_async_open(loop, arena_printf(f.a, "rediss://localhost:%s", f.port),
		2000, NULL, NULL, &r, &f.err),
	    ES_OK);
	CU_ASSERT_TRUE(ev_until_now(loop, is_up, r));
	CU_ASSERT_EQUAL(
	    redis_async_text(r, on_done, &good, &f.err, "ECHO", "hello", NULL), ES_OK);
	CU_ASSERT_TRUE(ev_until_now(loop, is_true, &good));
	redis_async_close(&r);
	ev_loop_destroy(loop);
	teardown(&f);
}

static CU_TestInfo cases[] = {
    {"commands succeed over rediss://", commands_succeed_over_rediss},
    {"a wrong host name, or a client without TLS, fails",
	a_wrong_host_name_or_a_client_without_tls_fails},
    {"a subscriber receives a message over rediss://",
	a_subscriber_receives_a_message_over_rediss},
    {"the event-loop client works over rediss://",
	the_event_loop_client_works_over_rediss},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("redis/tls", cases)
