/* Limits counted in Redis. The windows are minutes long, so that the milliseconds between
 * two calls do not matter. */
#include "cunit_main.h"

#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "crypto/keyed_hash.h"
#include "limits/limits.h"
#include "redis_server.h"

#include "core/banned.h"

static const struct tenant_id acme = {"01900000-0000-7000-8000-000000000001"};
static const struct tenant_id globex = {"01900000-0000-7000-8000-000000000002"};
static const struct user_id alice = {"01900000-0000-7000-8000-00000000a001"};
static const struct user_id bob = {"01900000-0000-7000-8000-00000000a002"};

static const struct limit five = {"user-send", 5, 600000, 5};    /* one in 120 s */
static const struct limit eight = {"tenant-send", 8, 480000, 8}; /* one in 60 s */
static const struct limit none = {.policy = "none"};

struct fixture {
	struct redis_server *server;
	struct redis *r;
	struct limits_local *local;
	struct arena *a;
	struct limit_result got;
	struct redis_value v;
	struct es_err err;
};

static void
setup(struct fixture *f)
{
	keyed_hash_draw();
	*f = (struct fixture){.server = redis_server_start(), .a = arena_new()};
	CHECK(redis_open(redis_server_url(f->server), 1000, &f->r, &f->err) == ES_OK);
	f->local = limits_local_new(100);
}

static void
teardown(struct fixture *f)
{
	limits_local_free(&f->local);
	redis_close(&f->r);
	arena_free(&f->a);
	redis_server_end(&f->server);
}

static bool
check(struct fixture *f, const struct tenant_id *tenant, const struct user_id *user,
    const struct limit *user_limit, const struct limit *tenant_limit, int64_t cost)
{
	CU_ASSERT_EQUAL_FATAL(limits_check(f->r, f->local, 4, tenant, user, user_limit,
				  tenant_limit, cost, f->a, &f->got, &f->err),
	    ES_OK);
	return f->got.allowed;
}

static void
passes_the_burst_and_no_more(void)
{
	struct fixture f;

	setup(&f);
	for (int i = 0; i < 5; i++) {
		CU_ASSERT_TRUE(check(&f, &acme, &alice, &five, &none, 1));
		CU_ASSERT_FALSE(f.got.local);
		CU_ASSERT_EQUAL(f.got.user.remaining, 4 - i);
		CU_ASSERT_EQUAL(f.got.user.retry_after_ms, 0);
		CU_ASSERT_STRING_EQUAL(f.got.user.policy, "user-send");
		CU_ASSERT_EQUAL(f.got.user.quota, 5);
		CU_ASSERT_EQUAL(f.got.tenant.remaining, -1);
	}
	CU_ASSERT_FALSE(check(&f, &acme, &alice, &five, &none, 1));
	CU_ASSERT_EQUAL(f.got.user.remaining, 0);
	/* A retry needs room for one send, a full reset room for five. The difference is
	 * four sends of 120 s each. */
	CU_ASSERT_EQUAL(f.got.user.retry_after_ms, f.got.user.reset_ms - 480000);
	CU_ASSERT_TRUE(f.got.user.retry_after_ms > 100000);
	CU_ASSERT_TRUE(f.got.user.retry_after_ms <= 120000);
	teardown(&f);
}

/* Moves the time in the counter back by ms, as if ms had passed. */
static void
pass_ms(struct fixture *f, const char *key, int64_t ms)
{
	const char *past;

	CU_ASSERT_EQUAL_FATAL(
	    redis_text(f->r, f->a, &f->v, &f->err, "GET", key, NULL), ES_OK);
	CU_ASSERT_EQUAL_FATAL(f->v.kind, REDIS_STRING);
	past = arena_printf(
	    f->a, "%lld", strtoll(f->v.str, NULL, 10) - (long long)ms * 1000);
	CU_ASSERT_EQUAL_FATAL(
	    redis_text(f->r, f->a, &f->v, &f->err, "SET", key, past, "KEEPTTL", NULL),
	    ES_OK);
}

static void
passes_again_after_retry_after(void)
{
	const char *key = "es:l:{01900000-0000-7000-8000-000000000001}:u:"
			  "01900000-0000-7000-8000-00000000a001:user-send";
	struct fixture f;

	setup(&f);
	CU_ASSERT_TRUE(check(&f, &acme, &alice, &five, &none, 5));
	CU_ASSERT_FALSE(check(&f, &acme, &alice, &five, &none, 2));
	CU_ASSERT_FALSE(check(&f, &acme, &alice, &five, &none, 1));
	pass_ms(&f, key, f.got.user.retry_after_ms - 5000);
	CU_ASSERT_FALSE(check(&f, &acme, &alice, &five, &none, 1));
	CU_ASSERT_TRUE(f.got.user.retry_after_ms <= 5000);
	pass_ms(&f, key, f.got.user.retry_after_ms);
	CU_ASSERT_TRUE(check(&f, &acme, &alice, &five, &none, 1));
	CU_ASSERT_FALSE(check(&f, &acme, &alice, &five, &none, 1));
	teardown(&f);
}

static void
charges_neither_limit_when_one_refuses(void)
{
	struct fixture f;

	setup(&f);
	CU_ASSERT_TRUE(check(&f, &acme, &alice, &five, &eight, 5));
	CU_ASSERT_FALSE(check(&f, &acme, &alice, &five, &eight, 1));
	CU_ASSERT_TRUE(f.got.user.retry_after_ms > 0);
	CU_ASSERT_EQUAL(f.got.tenant.retry_after_ms, 0);
	CU_ASSERT_EQUAL(f.got.tenant.remaining, 3);
	CU_ASSERT_FALSE(check(&f, &acme, &bob, &five, &eight, 4));
	CU_ASSERT_EQUAL(f.got.user.retry_after_ms, 0);
	CU_ASSERT_EQUAL(f.got.user.remaining, 5);
	CU_ASSERT_TRUE(f.got.tenant.retry_after_ms > 50000);
	CU_ASSERT_TRUE(check(&f, &acme, &bob, &five, &eight, 3));
	CU_ASSERT_EQUAL(f.got.user.remaining, 2);
	CU_ASSERT_EQUAL(f.got.tenant.remaining, 0);
	CU_ASSERT_TRUE(check(&f, &globex, &bob, &five, &eight, 5));
	teardown(&f);
}

static void
each_policy_has_its_own_counter(void)
{
	const struct limit other = {"other", 5, 600000, 5};
	struct fixture f;

	setup(&f);
	CU_ASSERT_TRUE(check(&f, &acme, &alice, &five, &none, 5));
	CU_ASSERT_TRUE(check(&f, &acme, &alice, &other, &none, 5));
	CU_ASSERT_FALSE(check(&f, &acme, &alice, &other, &none, 1));
	CU_ASSERT_FALSE(check(&f, &acme, &alice, &five, &none, 6));
	CU_ASSERT_EQUAL(check(&f, &acme, &alice, &none, &none, 1000), true);
	teardown(&f);
}

static void
counters_expire(void)
{
	const struct limit quick = {"quick", 100, 1000, 100};
	struct fixture f;

	setup(&f);
	/* the counter is back at zero after 10 ms; Redis keeps the key 60 s longer */
	CU_ASSERT_TRUE(check(&f, &acme, &alice, &quick, &none, 1));
	CU_ASSERT_EQUAL(
	    redis_text(f.r, f.a, &f.v, &f.err, "KEYS", "es:l:*", NULL), ES_OK);
	CU_ASSERT_EQUAL_FATAL(f.v.n, 1);
	CU_ASSERT_EQUAL(
	    redis_text(f.r, f.a, &f.v, &f.err, "PTTL", f.v.items[0].str, NULL), ES_OK);
	CU_ASSERT_TRUE(f.v.num > 0 && f.v.num <= 60010);
	teardown(&f);
}

static int64_t
log_bytes(struct fixture *f)
{
	static const char name[] = "aof_current_size:";
	const char *at;

	CU_ASSERT_EQUAL_FATAL(
	    redis_text(f->r, f->a, &f->v, &f->err, "INFO", "persistence", NULL), ES_OK);
	at = strstr(f->v.str, name);
	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	return strtoll(at + strlen(name), NULL, 10);
}

/* A check writes nothing to the append-only file, so it costs no fsync. */
static void
counters_are_not_logged(void)
{
	struct fixture f;
	int64_t before;

	setup(&f);
	before = log_bytes(&f);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_TRUE(check(&f, &acme, &alice, &five, &eight, 1));
	CU_ASSERT_EQUAL(log_bytes(&f), before);
	CU_ASSERT_EQUAL(redis_text(f.r, f.a, &f.v, &f.err, "SET", "k", "v", NULL), ES_OK);
	CU_ASSERT_TRUE(log_bytes(&f) > before);
	teardown(&f);
}

static void
large_rates_stay_exact(void)
{
	const struct limit huge = {"huge", 20000, 1000000, 40000};
	struct fixture f;

	setup(&f);
	CU_ASSERT_TRUE(check(&f, &acme, &alice, &none, &huge, 39999));
	CU_ASSERT_TRUE(check(&f, &acme, &alice, &none, &huge, 1));
	CU_ASSERT_FALSE(check(&f, &acme, &alice, &none, &huge, 100));
	teardown(&f);
}

static void
counts_in_this_process_while_redis_is_away(void)
{
	struct fixture f;

	setup(&f);
	redis_server_kill(f.server);
	for (int i = 0; i < 2; i++) { /* 2: a quarter of the limit of 5, rounded up */
		CU_ASSERT_TRUE(check(&f, &acme, &alice, &five, &eight, 1));
		CU_ASSERT_TRUE(f.got.local);
	}
	CU_ASSERT_FALSE(check(&f, &acme, &alice, &five, &eight, 1));
	CU_ASSERT_TRUE(f.got.user.retry_after_ms > 0);
	redis_server_again(f.server);
	CU_ASSERT_TRUE(check(&f, &acme, &alice, &five, &eight, 1));
	CU_ASSERT_FALSE(f.got.local);
	teardown(&f);
}

/* The first check loads the script; until then nothing can be sent ahead. */
static void
counts_in_two_steps(void)
{
	struct fixture f;

	setup(&f);
	limits_redis_script.sha[0] = '\0';
	CU_ASSERT_FALSE(limits_send(f.r, &acme, &alice, &five, f.a));
	CU_ASSERT_TRUE(check(&f, &acme, &alice, &five, &none, 1));
	for (int i = 0; i < 5; i++) {
		CU_ASSERT_TRUE_FATAL(limits_send(f.r, &acme, &alice, &five, f.a));
		CU_ASSERT_TRUE_FATAL(limits_receive(f.r, &five, f.a, &f.got));
		CU_ASSERT_EQUAL(f.got.allowed, i < 4);
		CU_ASSERT_EQUAL(f.got.user.remaining, i < 4 ? 3 - i : 0);
	}
	CU_ASSERT_TRUE(check(&f, &acme, &alice, &five, &none, -1));
	CU_ASSERT_EQUAL(f.got.user.remaining, 1);
	CU_ASSERT_TRUE(check(&f, &acme, &alice, &five, &none, -5));
	CU_ASSERT_EQUAL(f.got.user.remaining, 5);
	teardown(&f);
}

/* Redis loses its scripts at a restart. A command between the two steps must not take the
 * reply of the first. */
static void
two_steps_without_an_answer(void)
{
	struct fixture f;

	setup(&f);
	CU_ASSERT_TRUE(check(&f, &acme, &alice, &five, &none, 1));
	CU_ASSERT_EQUAL_FATAL(
	    redis_text(f.r, f.a, &f.v, &f.err, "SCRIPT", "FLUSH", NULL), ES_OK);
	CU_ASSERT_TRUE(limits_send(f.r, &acme, &alice, &five, f.a));
	CU_ASSERT_FALSE(limits_receive(f.r, &five, f.a, &f.got));
	CU_ASSERT_TRUE(check(&f, &acme, &alice, &five, &none, 1));
	CU_ASSERT_EQUAL(f.got.user.remaining, 3);

	CU_ASSERT_TRUE(limits_send(f.r, &acme, &alice, &five, f.a));
	CU_ASSERT_EQUAL_FATAL(
	    redis_text(f.r, f.a, &f.v, &f.err, "ECHO", "hello", NULL), ES_OK);
	CU_ASSERT_STRING_EQUAL(f.v.str, "hello");
	CU_ASSERT_FALSE(limits_receive(f.r, &five, f.a, &f.got));

	CU_ASSERT_TRUE(limits_send(f.r, &acme, &alice, &five, f.a));
	redis_server_kill(f.server);
	IGNORE(limits_receive(f.r, &five, f.a, &f.got)); /* it may have answered */
	CU_ASSERT_FALSE(limits_receive(f.r, &five, f.a, &f.got));
	CU_ASSERT_TRUE(check(&f, &acme, &alice, &five, &none, 1));
	CU_ASSERT_TRUE(f.got.local);
	redis_server_again(f.server);
	teardown(&f);
}

static CU_TestInfo cases[] = {
    {"accepts the burst and refuses the next send", passes_the_burst_and_no_more},
    {"passes again after retry_after", passes_again_after_retry_after},
    {"charges neither limit when one refuses", charges_neither_limit_when_one_refuses},
    {"each policy has its own counter", each_policy_has_its_own_counter},
    {"counters expire", counters_expire},
    {"the append-only file does not get the counters", counters_are_not_logged},
    {"large rates stay exact", large_rates_stay_exact},
    {"counts in this process while Redis is away",
	counts_in_this_process_while_redis_is_away},
    {"counts in two steps", counts_in_two_steps},
    {"two steps without an answer", two_steps_without_an_answer},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("limits", cases)
