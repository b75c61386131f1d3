/* A send behind the limits: one script in Redis charges the limits and stores the
 * message, or does neither. */
#include "cunit_main.h"

#include <string.h>

#include "core/check.h"
#include "ev_until.h"
#include "limits/limits_redis.h"
#include "queue/queue_async.h"
#include "queue/queue_guard.h"
#include "redis_server.h"

#include "core/banned.h"

static const struct tenant_id acme = {"01900000-0000-7000-8000-000000000001"};
static const struct user_id alice = {"01900000-0000-7000-8000-00000000a001"};
static const struct limit three = {"user-send", 3, 600000, 3};
static const struct limit eight = {"tenant-send", 8, 480000, 8};

struct fixture {
	struct redis_server *server;
	struct queue *q;
	struct redis *r;
	struct arena *a;
	struct limits_request request;
	struct queue_guard guard;
	struct limit_result got;
	int read; /* verdicts */
	struct es_err err;
	/* the non-blocking driver */
	struct ev_loop *loop;
	struct queue_async *async;
	int answers;
	enum es_code rc;
};

static enum es_code
read_verdict(void *ctx, const struct redis_value *verdict, struct es_err *err)
{
	struct fixture *f = ctx;

	f->read++;
	TRY(limits_redis_decode(verdict, &three, &eight, &f->got, err));
	return f->got.allowed ? ES_OK : es_fail(err, ES_RATE_LIMITED, "limited");
}

static struct queue_settings
settings_of(struct fixture *f, int64_t max_bytes)
{
	return (struct queue_settings){.url = "redis:",
	    .redis_url = redis_server_url(f->server),
	    .partitions = 1,
	    .max_bytes = max_bytes,
	    .timeout_ms = 2000};
}

static void
setup(struct fixture *f, int64_t max_bytes)
{
	struct queue_settings settings;

	*f = (struct fixture){.server = redis_server_start(), .a = arena_new()};
	settings = settings_of(f, max_bytes);
	CHECK(queue_open(&settings, &f->q, &f->err) == ES_OK);
	CHECK(redis_open(settings.redis_url, 1000, &f->r, &f->err) == ES_OK);
	limits_request_init(&f->request, &acme, &alice, &three, &eight, 1);
	f->guard = (struct queue_guard){.script = &limits_redis_script,
	    .argv = f->request.argv,
	    .n_keys = LIMITS_REDIS_KEYS,
	    .argc = f->request.argc,
	    .read = read_verdict,
	    .ctx = f};
}

static void
teardown(struct fixture *f)
{
	queue_async_close(&f->async);
	queue_close(&f->q);
	redis_close(&f->r);
	arena_free(&f->a);
	redis_server_end(&f->server);
}

static struct queue_msg
message(const struct fixture *f)
{
	return (struct queue_msg){
	    .body = "hello", .len = 5, .group = "c", .dedupe = "d", .guard = &f->guard};
}

static enum es_code
send_one(struct fixture *f)
{
	const struct queue_msg msg = message(f);

	return queue_send(f->q, &msg, &f->err);
}

static size_t
waiting(struct fixture *f)
{
	struct queue_msg msgs[10];
	size_t n;

	CU_ASSERT_EQUAL_FATAL(
	    queue_receive(f->q, 0, "", 10, 0, f->a, msgs, &n, &f->err), ES_OK);
	for (size_t i = 0; i < n; i++)
		CU_ASSERT_TRUE(msgs[i].len == 5 && memcmp(msgs[i].body, "hello", 5) == 0);
	return n;
}

static void
stores_what_the_limits_allow(void)
{
	struct fixture f;

	setup(&f, 1000);
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(send_one(&f), ES_OK);
		CU_ASSERT_EQUAL(f.got.user.remaining, 2 - i);
		CU_ASSERT_EQUAL(f.got.tenant.remaining, 7 - i);
	}
	CU_ASSERT_EQUAL(waiting(&f), 3);
	CU_ASSERT_EQUAL(send_one(&f), ES_RATE_LIMITED);
	CU_ASSERT_TRUE(f.got.user.retry_after_ms > 0);
	CU_ASSERT_EQUAL(f.got.tenant.remaining, 5); /* not charged either */
	CU_ASSERT_EQUAL(f.read, 4);
	CU_ASSERT_EQUAL(waiting(&f), 3);
	teardown(&f);
}

static void
says_that_the_queue_is_full(void)
{
	struct fixture f;

	setup(&f, 12);
	CU_ASSERT_EQUAL(send_one(&f), ES_OK);
	CU_ASSERT_EQUAL(send_one(&f), ES_OK);
	CU_ASSERT_EQUAL(send_one(&f), ES_QUEUE_FULL);
	CU_ASSERT_EQUAL(f.read, 3);
	CU_ASSERT_EQUAL(waiting(&f), 2);
	/* the limit comes before the queue */
	CU_ASSERT_EQUAL(send_one(&f), ES_RATE_LIMITED);
	teardown(&f);
}

/* The message is in the append-only file, the counters are not. */
static void
only_the_message_outlives_a_restart(void)
{
	struct redis_value v;
	struct fixture f;

	setup(&f, 1000);
	CU_ASSERT_EQUAL(send_one(&f), ES_OK);
	redis_server_kill(f.server);
	redis_server_again(f.server);
	CU_ASSERT_EQUAL(waiting(&f), 1);
	CU_ASSERT_EQUAL_FATAL(redis_text(f.r, f.a, &v, &f.err, "EXISTS",
				  f.request.user_key, f.request.tenant_key, NULL),
	    ES_OK);
	CU_ASSERT_EQUAL(v.num, 0);
	teardown(&f);
}

static void
on_done(void *ctx, enum es_code rc, const struct es_err *err)
{
	struct fixture *f = ctx;

	(void)err;
	f->answers++;
	f->rc = rc;
}

static bool
is_up(const void *ctx)
{
	return queue_async_up(((const struct fixture *)ctx)->async);
}

static bool
is_answered(const void *ctx)
{
	return ((const struct fixture *)ctx)->answers > 0;
}

static void
holds_without_blocking(void)
{
	struct queue_settings settings;
	struct queue_msg msg;
	struct fixture f;

	setup(&f, 1000);
	settings = settings_of(&f, 1000);
	f.loop = ev_loop_new(0);
	CHECK(queue_async_open(f.loop, &settings, &f.async, &f.err) == ES_OK);
	CU_ASSERT_TRUE_FATAL(ev_until_now(f.loop, is_up, &f));
	for (int i = 0; i < 4; i++) {
		msg = message(&f);
		f.answers = 0;
		CU_ASSERT_EQUAL_FATAL(
		    queue_async_send(f.async, &msg, on_done, &f, &f.err), ES_OK);
		CU_ASSERT_TRUE_FATAL(ev_until_now(f.loop, is_answered, &f));
		CU_ASSERT_EQUAL(f.rc, i < 3 ? ES_OK : ES_RATE_LIMITED);
	}
	CU_ASSERT_EQUAL(f.read, 4);
	CU_ASSERT_EQUAL(waiting(&f), 3);
	queue_async_close(&f.async);
	ev_loop_destroy(f.loop);
	teardown(&f);
}

static void
fits_only_the_redis_of_the_limits(void)
{
	CU_ASSERT_TRUE(queue_guard_fits("redis:", "", "redis://a"));
	CU_ASSERT_TRUE(queue_guard_fits("redis:", "redis://a", "redis://a"));
	CU_ASSERT_FALSE(queue_guard_fits("redis:", "redis://b", "redis://a"));
	CU_ASSERT_FALSE(queue_guard_fits("sqs:", "", "redis://a"));
	CU_ASSERT_FALSE(queue_guard_fits("mem:x", "", "redis://a"));
}

static CU_TestInfo cases[] = {
    {"a message is stored when the limits allow it, and charged once",
	stores_what_the_limits_allow},
    {"the queue is full behind the limits", says_that_the_queue_is_full},
    {"only the message outlives a restart of Redis", only_the_message_outlives_a_restart},
    {"the same without blocking", holds_without_blocking},
    {"a guard needs the queue in the Redis of the limits",
	fits_only_the_redis_of_the_limits},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("queue/guard", cases)
