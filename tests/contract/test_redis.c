/* The blocking client of Redis: replies, errors, and a server that is away and returns.
 */
#include "cunit_main.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/check.h"
#include "core/clock.h"
#include "redis/redis.h"
#include "redis_server.h"

#include "core/banned.h"

struct fixture {
	struct redis_server *server;
	struct redis *r;
	struct arena *a;
	struct redis_value v;
	struct es_err err;
};

static void
setup(struct fixture *f)
{
	*f = (struct fixture){.server = redis_server_start(), .a = arena_new()};
	CHECK(redis_open(redis_server_url(f->server), 300, &f->r, &f->err) == ES_OK);
}

static void
teardown(struct fixture *f)
{
	redis_close(&f->r);
	arena_free(&f->a);
	redis_server_end(&f->server);
}

#define RUN(f, ...) redis_text((f)->r, (f)->a, &(f)->v, &(f)->err, __VA_ARGS__, NULL)

static void
returns_every_kind_of_reply(void)
{
	const struct redis_arg set[] = {{"SET", 3}, {"k", 1}, {"a\0b", 3}};
	struct fixture f;

	setup(&f);
	CU_ASSERT_EQUAL(redis_cmd(f.r, f.a, &f.v, &f.err, 3, set), ES_OK);
	CU_ASSERT_EQUAL(f.v.kind, REDIS_STATUS);
	CU_ASSERT_STRING_EQUAL(f.v.str, "OK");
	CU_ASSERT_EQUAL(RUN(&f, "GET", "k"), ES_OK);
	CU_ASSERT_EQUAL(f.v.kind, REDIS_STRING);
	CU_ASSERT_EQUAL_FATAL(f.v.len, 3);
	CU_ASSERT_EQUAL(memcmp(f.v.str, "a\0b", 4), 0);
	CU_ASSERT_EQUAL(RUN(&f, "GET", "none"), ES_OK);
	CU_ASSERT_EQUAL(f.v.kind, REDIS_NIL);
	CU_ASSERT_EQUAL(RUN(&f, "STRLEN", "k"), ES_OK);
	CU_ASSERT_EQUAL(f.v.kind, REDIS_INT);
	CU_ASSERT_EQUAL(f.v.num, 3);
	CU_ASSERT_EQUAL(RUN(&f, "MGET", "k", "none"), ES_OK);
	CU_ASSERT_EQUAL(f.v.kind, REDIS_ARRAY);
	CU_ASSERT_EQUAL_FATAL(f.v.n, 2);
	CU_ASSERT_EQUAL(f.v.items[1].kind, REDIS_NIL);
	teardown(&f);
}

static void
maps_error_replies_to_codes(void)
{
	struct redis_arg bad[] = {{"INCR", 4}, {"k", 1}}, good[] = {{"PING", 4}};
	const struct redis_call calls[] = {{2, bad}, {1, good}};
	struct redis_value out[2];
	struct fixture f;

	setup(&f);
	CU_ASSERT_EQUAL(RUN(&f, "SET", "k", "text"), ES_OK);
	CU_ASSERT_EQUAL(RUN(&f, "INCR", "k"), ES_INTERNAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(f.err.text, "not an integer"));
	CU_ASSERT_EQUAL(redis_pipeline(f.r, f.a, calls, 2, out, &f.err), ES_OK);
	CU_ASSERT_EQUAL(out[0].kind, REDIS_ERROR);
	CU_ASSERT_EQUAL(redis_value_check(&out[0], &f.err), ES_INTERNAL);
	CU_ASSERT_EQUAL(out[1].kind, REDIS_STATUS);
	CU_ASSERT_EQUAL(RUN(&f, "CONFIG", "SET", "maxmemory", "1"), ES_OK);
	CU_ASSERT_EQUAL(RUN(&f, "SET", "k", "more"), ES_UNAVAILABLE);
	CU_ASSERT_EQUAL(RUN(&f, "CONFIG", "SET", "maxmemory", "0"), ES_OK);
	CU_ASSERT_EQUAL(RUN(&f, "REPLICAOF", "127.0.0.1", "1"), ES_OK);
	CU_ASSERT_EQUAL(RUN(&f, "SET", "k", "more"), ES_UNAVAILABLE);
	teardown(&f);
}

/* Between the two steps the caller uses another connection. */
static void
pipelines_in_two_steps(void)
{
	const struct redis_arg set[] = {{"SET", 3}, {"k", 1}, {"v", 1}};
	const struct redis_arg get[] = {{"GET", 3}, {"k", 1}};
	const struct redis_call calls[] = {{3, set}, {2, get}};
	struct redis_value out[2];
	struct fixture f;

	setup(&f);
	CU_ASSERT_EQUAL_FATAL(redis_pipeline_send(f.r, f.a, calls, 2, &f.err), ES_OK);
	CU_ASSERT_EQUAL_FATAL(redis_pipeline_read(f.r, f.a, out, &f.err), ES_OK);
	CU_ASSERT_EQUAL(out[0].kind, REDIS_STATUS);
	CU_ASSERT_STRING_EQUAL(out[1].str, "v");
	CU_ASSERT_EQUAL_FATAL(redis_pipeline_send(f.r, f.a, calls, 2, &f.err), ES_OK);
	redis_server_kill(f.server);
	redis_server_again(f.server);
	/* Redis may have answered before it was killed. */
	if (redis_pipeline_read(f.r, f.a, out, &f.err) != ES_OK)
		CU_ASSERT_EQUAL(f.err.code, ES_UNAVAILABLE);
	CU_ASSERT_EQUAL(RUN(&f, "GET", "k"), ES_OK);
	CU_ASSERT_STRING_EQUAL(f.v.str, "v");
	teardown(&f);
}

static void
connects_again_after_a_restart(void)
{
	struct fixture f;

	setup(&f);
	CU_ASSERT_EQUAL(RUN(&f, "SET", "k", "1"), ES_OK);
	redis_server_kill(f.server);
	redis_server_again(f.server);
	/* before it sends, the client notices that Redis has closed the connection */
	CU_ASSERT_EQUAL(RUN(&f, "GET", "k"), ES_OK);
	redis_server_kill(f.server);
	CU_ASSERT_EQUAL(RUN(&f, "GET", "k"), ES_UNAVAILABLE);
	CU_ASSERT_EQUAL(RUN(&f, "GET", "k"), ES_UNAVAILABLE);
	redis_server_again(f.server);
	CU_ASSERT_EQUAL(RUN(&f, "GET", "k"), ES_OK);
	CU_ASSERT_STRING_EQUAL(f.v.str, "1");
	teardown(&f);
}

static void
a_command_ends_at_its_deadline(void)
{
	struct fixture f;
	int64_t start_ms;

	setup(&f);
	CU_ASSERT_EQUAL(RUN(&f, "PING"), ES_OK);
	redis_server_freeze(f.server);
	start_ms = clock_mono_ms();
	CU_ASSERT_EQUAL(RUN(&f, "PING"), ES_UNAVAILABLE);
	CU_ASSERT_TRUE(clock_mono_ms() - start_ms >= 250);
	CU_ASSERT_TRUE(clock_mono_ms() - start_ms < 5000);
	redis_server_thaw(f.server);
	teardown(&f);
}

static void
a_late_answer_is_not_taken_for_the_next_one(void)
{
	struct fixture f;

	setup(&f);
	CU_ASSERT_EQUAL(RUN(&f, "ECHO", "old"), ES_OK);
	redis_server_freeze(f.server);
	CU_ASSERT_EQUAL(RUN(&f, "ECHO", "late"), ES_UNAVAILABLE);
	redis_server_thaw(f.server);
	CU_ASSERT_EQUAL(RUN(&f, "ECHO", "new"), ES_OK);
	CU_ASSERT_STRING_EQUAL(f.v.str, "new");
	teardown(&f);
}

static void
sends_password_and_database(void)
{
	struct fixture f;
	const char *port = NULL, *url;
	struct redis *tcp;

	setup(&f);
	for (int i = 0; port == NULL; i++) { /* tries ports until one is free */
		const char *guess =
		    arena_printf(f.a, "%d", 20000 + (getpid() * 7 + i) % 40000);

		CHECK(i < 100);
		if (RUN(&f, "CONFIG", "SET", "port", guess) == ES_OK)
			port = guess;
	}
	CU_ASSERT_EQUAL(RUN(&f, "SELECT", "3"), ES_OK);
	CU_ASSERT_EQUAL(RUN(&f, "SET", "where", "three"), ES_OK);
	CU_ASSERT_EQUAL(RUN(&f, "CONFIG", "SET", "requirepass", "p@ss word"), ES_OK);
	url = arena_printf(f.a, "redis://:p%%40ss%%20word@127.0.0.1:%s/3", port);
	CU_ASSERT_EQUAL_FATAL(redis_open(url, 5000, &tcp, &f.err), ES_OK);
	CU_ASSERT_EQUAL(redis_text(tcp, f.a, &f.v, &f.err, "GET", "where", NULL), ES_OK);
	CU_ASSERT_STRING_EQUAL(f.v.str, "three");
	redis_close(&tcp);
	url = arena_printf(f.a, "redis://:wrong@127.0.0.1:%s/3", port);
	CU_ASSERT_EQUAL_FATAL(redis_open(url, 5000, &tcp, &f.err), ES_OK);
	CU_ASSERT_EQUAL(
	    redis_text(tcp, f.a, &f.v, &f.err, "GET", "where", NULL), ES_UNAVAILABLE);
	CU_ASSERT_PTR_NULL(strstr(f.err.text, "wrong@"));
	redis_close(&tcp);
	teardown(&f);
}

static void
runs_scripts_by_digest(void)
{
	static struct redis_script script = {.text = "return {KEYS[1], ARGV[1]}"};
	static struct redis_script broken = {.text = "this is no Lua"};
	const struct redis_arg argv[] = {{"key", 3}, {"value", 5}};
	struct fixture f;

	setup(&f);
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(
		    redis_eval(f.r, &script, f.a, &f.v, &f.err, 1, 2, argv), ES_OK);
		CU_ASSERT_EQUAL_FATAL(f.v.n, 2);
		CU_ASSERT_STRING_EQUAL(f.v.items[1].str, "value");
		if (i == 1)
			CU_ASSERT_EQUAL(RUN(&f, "SCRIPT", "FLUSH"), ES_OK);
	}
	CU_ASSERT_EQUAL(strlen(script.sha), 40);
	CU_ASSERT_EQUAL(
	    redis_eval(f.r, &broken, f.a, &f.v, &f.err, 0, 0, argv), ES_INTERNAL);
	teardown(&f);
}

static void
a_subscriber_receives_its_topic(void)
{
	struct redis_sub *s;
	struct fixture f;
	const char *data;
	size_t len;
	bool lost = true;

	setup(&f);
	CU_ASSERT_EQUAL_FATAL(
	    redis_sub_open(redis_server_url(f.server), "topic", &s, &f.err), ES_OK);
	CU_ASSERT_TRUE(redis_sub_up(s));
	CU_ASSERT_EQUAL(RUN(&f, "PUBLISH", "other", "no"), ES_OK);
	CU_ASSERT_EQUAL(RUN(&f, "PUBLISH", "topic", "one"), ES_OK);
	CU_ASSERT_EQUAL(RUN(&f, "PUBLISH", "topic", "two"), ES_OK);
	CU_ASSERT_EQUAL(redis_sub_wait(s, 5000, f.a, &data, &len, &lost, &f.err), ES_OK);
	CU_ASSERT_EQUAL_FATAL(len, 3);
	CU_ASSERT_STRING_EQUAL(data, "one");
	CU_ASSERT_FALSE(lost);
	CU_ASSERT_EQUAL(redis_sub_wait(s, 5000, f.a, &data, &len, &lost, &f.err), ES_OK);
	CU_ASSERT_EQUAL_FATAL(len, 3);
	CU_ASSERT_STRING_EQUAL(data, "two");
	CU_ASSERT_EQUAL(redis_sub_wait(s, 0, f.a, &data, &len, NULL, &f.err), ES_OK);
	CU_ASSERT_EQUAL(len, 0);
	redis_sub_close(&s);
	CU_ASSERT_PTR_NULL(s);
	teardown(&f);
}

static void
subscribes_again_and_reports_the_loss(void)
{
	struct redis_sub *s;
	struct fixture f;
	const char *data = NULL;
	size_t len;
	bool lost = false, told = false;

	setup(&f);
	CU_ASSERT_EQUAL_FATAL(
	    redis_sub_open(redis_server_url(f.server), "topic", &s, &f.err), ES_OK);
	redis_server_kill(f.server);
	CU_ASSERT_EQUAL(redis_sub_wait(s, 30, f.a, &data, &len, &lost, &f.err), ES_OK);
	CU_ASSERT_TRUE(lost);
	CU_ASSERT_FALSE(redis_sub_up(s));
	redis_server_again(f.server);
	for (int i = 0; i < 100 && !redis_sub_up(s); i++) {
		CU_ASSERT_EQUAL(
		    redis_sub_wait(s, 100, f.a, &data, &len, &lost, &f.err), ES_OK);
		told = told || lost;
	}
	CU_ASSERT_TRUE(redis_sub_up(s));
	CU_ASSERT_TRUE(told);
	CU_ASSERT_EQUAL(RUN(&f, "PUBLISH", "topic", "back"), ES_OK);
	CU_ASSERT_EQUAL(redis_sub_wait(s, 5000, f.a, &data, &len, &lost, &f.err), ES_OK);
	CU_ASSERT_PTR_NOT_NULL_FATAL(data);
	CU_ASSERT_STRING_EQUAL(data, "back");
	redis_sub_close(&s);
	teardown(&f);
}

/* The connection stays open, but the frozen server sends nothing. */
static void
notices_a_server_that_sends_nothing(void)
{
	const int64_t end_ms = clock_mono_ms() + 10000;
	struct redis_sub *s;
	struct fixture f;
	const char *data;
	size_t len;
	bool lost = false, told = false;

	setup(&f);
	CU_ASSERT_EQUAL_FATAL(
	    redis_sub_open(redis_server_url(f.server), "topic", &s, &f.err), ES_OK);
	while (clock_mono_ms() < end_ms - 7000) { /* an idle connection stays open */
		CU_ASSERT_EQUAL(
		    redis_sub_wait(s, 700, f.a, &data, &len, &lost, &f.err), ES_OK);
		CU_ASSERT_FALSE(lost);
	}
	redis_server_freeze(f.server);
	while (!told && clock_mono_ms() < end_ms) {
		CU_ASSERT_EQUAL(
		    redis_sub_wait(s, 100, f.a, &data, &len, &lost, &f.err), ES_OK);
		told = lost;
	}
	CU_ASSERT_TRUE(told);
	CU_ASSERT_FALSE(redis_sub_up(s));
	redis_server_thaw(f.server);
	while (!redis_sub_up(s) && clock_mono_ms() < end_ms + 10000)
		CU_ASSERT_EQUAL(
		    redis_sub_wait(s, 100, f.a, &data, &len, &lost, &f.err), ES_OK);
	CU_ASSERT_EQUAL(RUN(&f, "PUBLISH", "topic", "back"), ES_OK);
	CU_ASSERT_EQUAL(redis_sub_wait(s, 5000, f.a, &data, &len, &lost, &f.err), ES_OK);
	CU_ASSERT_EQUAL(len, 4);
	redis_sub_close(&s);
	teardown(&f);
}

static CU_TestInfo cases[] = {
    {"a pipeline in two steps", pipelines_in_two_steps},
    {"returns every kind of reply", returns_every_kind_of_reply},
    {"maps error replies to codes", maps_error_replies_to_codes},
    {"connects again after a restart", connects_again_after_a_restart},
    {"a command fails at its deadline", a_command_ends_at_its_deadline},
    {"a late answer is not returned to the next command",
	a_late_answer_is_not_taken_for_the_next_one},
    {"sends password and database", sends_password_and_database},
    {"runs scripts by digest", runs_scripts_by_digest},
    {"a subscriber receives its topic", a_subscriber_receives_its_topic},
    {"subscribes again and reports the loss", subscribes_again_and_reports_the_loss},
    {"notices a server that sends nothing", notices_a_server_that_sends_nothing},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("redis", cases)
