#include "queue_contract.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <string.h>

#include "queue_fixture.h"

#include "core/banned.h"

static void
send_three(struct fixture *f)
{
	CU_ASSERT_EQUAL(send_text(f, "g", "one"), ES_OK);
	CU_ASSERT_EQUAL(send_text(f, "g", "two"), ES_OK);
	CU_ASSERT_EQUAL(send_text(f, "g", "three"), ES_OK);
}

static void
sent_messages_arrive_in_order(void)
{
	struct fixture f;

	setup(&f);
	send_three(&f);
	CU_ASSERT_EQUAL(receive(&f, "g", "", MAX), ES_OK);
	CU_ASSERT_STRING_EQUAL(bodies(&f), "one,two,three");
	for (size_t i = 0; i < f.n; i++) {
		CU_ASSERT_STRING_EQUAL(f.got[i].receipt, "");
		CU_ASSERT_TRUE(strlen(f.got[i].position) > 0);
		CU_ASSERT_TRUE(strlen(f.got[i].position) < QUEUE_POSITION_MAX);
		CU_ASSERT_TRUE(f.got[i].age_ms >= 0 && f.got[i].age_ms < 60000);
	}
	teardown(&f);
}

static void
the_group_decides_the_partition(void)
{
	struct fixture f;
	unsigned elsewhere;

	setup(&f);
	CU_ASSERT_EQUAL(queue_partitions(f.q), subject->partitions);
	CU_ASSERT_EQUAL(send_text(&f, "g", "x"), ES_OK);
	elsewhere =
	    (queue_partition_of("g", subject->partitions) + 1) % subject->partitions;
	CU_ASSERT_EQUAL(
	    queue_receive(f.q, elsewhere, "", MAX, 0, f.a, f.got, &f.n, &f.err), ES_OK);
	CU_ASSERT_EQUAL(f.n, 0);
	teardown(&f);
}

static void
a_body_of_any_bytes_arrives_unchanged(void)
{
	struct fixture f;
	char body[256];

	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = (char)i;
	setup(&f);
	CU_ASSERT_EQUAL(send_bytes(&f, "g", body, sizeof(body)), ES_OK);
	CU_ASSERT_EQUAL(receive(&f, "g", "", MAX), ES_OK);
	CU_ASSERT_EQUAL_FATAL(f.n, 1);
	CU_ASSERT_EQUAL_FATAL(f.got[0].len, sizeof(body));
	CU_ASSERT_EQUAL(memcmp(f.got[0].body, body, sizeof(body)), 0);
	teardown(&f);
}

static void
receiving_resumes_after_a_position(void)
{
	struct fixture f;

	setup(&f);
	send_three(&f);
	CU_ASSERT_EQUAL(receive(&f, "g", "", 1), ES_OK);
	CU_ASSERT_STRING_EQUAL(bodies(&f), "one");
	CU_ASSERT_EQUAL_FATAL(f.n, 1);
	CU_ASSERT_EQUAL(receive(&f, "g", f.got[0].position, 1), ES_OK);
	CU_ASSERT_STRING_EQUAL(bodies(&f), "two");
	CU_ASSERT_EQUAL_FATAL(f.n, 1);
	CU_ASSERT_EQUAL(receive(&f, "g", f.got[0].position, MAX), ES_OK);
	CU_ASSERT_STRING_EQUAL(bodies(&f), "three");
	CU_ASSERT_EQUAL_FATAL(f.n, 1);
	CU_ASSERT_EQUAL(receive(&f, "g", f.got[0].position, MAX), ES_OK);
	CU_ASSERT_EQUAL(f.n, 0);
	teardown(&f);
}

static void
a_message_without_queue_done_is_delivered_again(void)
{
	struct fixture f;
	struct queue *other;

	setup(&f);
	send_three(&f);
	CU_ASSERT_EQUAL(receive(&f, "g", "", MAX), ES_OK);
	CU_ASSERT_EQUAL(queue_retry(f.q, 0, f.got, f.n, 0, &f.err), ES_OK);
	CU_ASSERT_EQUAL(queue_extend(f.q, 0, f.got, f.n, 1000, &f.err), ES_OK);
	CU_ASSERT_EQUAL(receive(&f, "g", "", MAX), ES_OK);
	CU_ASSERT_STRING_EQUAL(bodies(&f), "one,two,three");
	CU_ASSERT_EQUAL_FATAL(queue_open(subject, &other, &f.err), ES_OK);
	CU_ASSERT_EQUAL(queue_receive(other, queue_partition_of("g", subject->partitions),
			    "", MAX, 0, f.a, f.got, &f.n, &f.err),
	    ES_OK);
	CU_ASSERT_STRING_EQUAL(bodies(&f), "one,two,three");
	queue_close(&other);
	teardown(&f);
}

static void
a_message_after_queue_done_is_not_delivered_again(void)
{
	struct fixture f;

	setup(&f);
	send_three(&f);
	CU_ASSERT_EQUAL(receive(&f, "g", "", 2), ES_OK);
	CU_ASSERT_EQUAL_FATAL(f.n, 2);
	CU_ASSERT_EQUAL(done(&f, "g", ""), ES_OK);
	CU_ASSERT_EQUAL(done(&f, "g", f.got[1].position), ES_OK);
	CU_ASSERT_EQUAL(done(&f, "g", f.got[1].position), ES_OK);
	CU_ASSERT_EQUAL(done(&f, "g", f.got[0].position), ES_OK);
	CU_ASSERT_EQUAL(receive(&f, "g", "", MAX), ES_OK);
	CU_ASSERT_STRING_EQUAL(bodies(&f), "three");
	teardown(&f);
}

static void
accepts_max_bytes_and_refuses_one_byte_more(void)
{
	struct fixture f;
	char *body;

	setup(&f);
	body = arena_alloc(f.a, (size_t)subject->max_bytes);
	memset(body, 'x', (size_t)subject->max_bytes);
	CU_ASSERT_EQUAL(send_bytes(&f, "a", body, (size_t)subject->max_bytes), ES_OK);
	CU_ASSERT_EQUAL(send_bytes(&f, "a", "y", 1), ES_QUEUE_FULL);
	CU_ASSERT_EQUAL(f.err.code, ES_QUEUE_FULL);
	CU_ASSERT_EQUAL(send_bytes(&f, "b", "y", 1), ES_QUEUE_FULL);
	CU_ASSERT_EQUAL(receive(&f, "a", "", MAX), ES_OK);
	CU_ASSERT_EQUAL_FATAL(f.n, 1);
	CU_ASSERT_EQUAL(done(&f, "a", f.got[0].position), ES_OK);
	CU_ASSERT_EQUAL(send_bytes(&f, "b", body, (size_t)subject->max_bytes - 1), ES_OK);
	CU_ASSERT_EQUAL(send_bytes(&f, "a", "yy", 2), ES_QUEUE_FULL);
	CU_ASSERT_EQUAL(send_bytes(&f, "a", "y", 1), ES_OK);
	flush(&f);
	CU_ASSERT_EQUAL(send_bytes(&f, "a", body, (size_t)subject->max_bytes), ES_OK);
	teardown(&f);
}

static bool
behind(struct fixture *f, const char *position)
{
	bool out = false;

	CU_ASSERT_EQUAL(queue_behind(f->q, queue_partition_of("g", subject->partitions),
			    position, &out, &f->err),
	    ES_OK);
	return out;
}

static void
queue_behind_reports_a_lost_position(void)
{
	struct fixture f;
	const char *last;

	setup(&f);
	CU_ASSERT_FALSE(behind(&f, ""));
	CU_ASSERT_TRUE(behind(&f, "1-0"));
	send_three(&f);
	CU_ASSERT_EQUAL(receive(&f, "g", "", MAX), ES_OK);
	CU_ASSERT_EQUAL_FATAL(f.n, 3);
	last = f.got[2].position;
	CU_ASSERT_FALSE(behind(&f, f.got[0].position));
	CU_ASSERT_FALSE(behind(&f, last));
	CU_ASSERT_EQUAL(done(&f, "g", last), ES_OK);
	CU_ASSERT_FALSE(behind(&f, last));
	CU_ASSERT_TRUE(behind(&f, "99999999999999-0"));
	flush(&f);
	CU_ASSERT_TRUE(behind(&f, last));
	CU_ASSERT_FALSE(behind(&f, ""));
	teardown(&f);
}

static void
queue_stats_counts_waiting_messages_and_bytes(void)
{
	struct fixture f;
	struct queue_stats s;

	setup(&f);
	CU_ASSERT_EQUAL(queue_stats(f.q, &s, &f.err), ES_OK);
	CU_ASSERT_EQUAL(s.messages, 0);
	CU_ASSERT_EQUAL(s.bytes, 0);
	CU_ASSERT_EQUAL(s.oldest_age_ms, 0);
	send_three(&f);
	CU_ASSERT_EQUAL(send_text(&f, "other", "four"), ES_OK);
	CU_ASSERT_EQUAL(queue_stats(f.q, &s, &f.err), ES_OK);
	CU_ASSERT_EQUAL(s.messages, 4);
	CU_ASSERT_EQUAL(s.bytes, 15);
	CU_ASSERT_TRUE(s.oldest_age_ms >= 0 && s.oldest_age_ms < 60000);
	CU_ASSERT_EQUAL(receive(&f, "g", "", 2), ES_OK);
	CU_ASSERT_EQUAL_FATAL(f.n, 2);
	CU_ASSERT_EQUAL(done(&f, "g", f.got[1].position), ES_OK);
	CU_ASSERT_EQUAL(queue_stats(f.q, &s, &f.err), ES_OK);
	CU_ASSERT_EQUAL(s.messages, 2);
	CU_ASSERT_EQUAL(s.bytes, 9);
	teardown(&f);
}

static void
refuses_a_malformed_position(void)
{
	static const char *const bad[] = {"1", "-1", "1-", "a-b", "1-2-3", "1-2 ", "+1-2",
	    "18446744073709551616-0", "1--2", "$"};
	struct fixture f;
	bool out;

	setup(&f);
	for (size_t i = 0; i < ES_COUNT(bad); i++) {
		CU_ASSERT_EQUAL(receive(&f, "g", bad[i], 1), ES_INVALID);
		CU_ASSERT_EQUAL(done(&f, "g", bad[i]), ES_INVALID);
		CU_ASSERT_EQUAL(queue_behind(f.q, 0, bad[i], &out, &f.err), ES_INVALID);
	}
	teardown(&f);
}

static CU_TestInfo cases[] = {
    {"sent messages arrive in order", sent_messages_arrive_in_order},
    {"the group decides the partition", the_group_decides_the_partition},
    {"a body of any bytes arrives unchanged", a_body_of_any_bytes_arrives_unchanged},
    {"receiving resumes after a position", receiving_resumes_after_a_position},
    {"a message without queue_done() is delivered again",
	a_message_without_queue_done_is_delivered_again},
    {"a message after queue_done() is not delivered again",
	a_message_after_queue_done_is_not_delivered_again},
    {"accepts max_bytes and refuses one byte more",
	accepts_max_bytes_and_refuses_one_byte_more},
    {"queue_behind() reports a lost position", queue_behind_reports_a_lost_position},
    {"queue_stats() counts waiting messages and bytes",
	queue_stats_counts_waiting_messages_and_bytes},
    {"refuses a malformed position", refuses_a_malformed_position},
    CU_TEST_INFO_NULL,
};

int
queue_contract(const struct queue_settings *settings)
{
	CU_SuiteInfo suites[] = {
	    {"queue", NULL, NULL, NULL, NULL, cases},
	    {"queue_collect()", NULL, NULL, NULL, NULL, queue_collect_cases},
	    CU_SUITE_INFO_NULL,
	};
	unsigned failed, ran;

	subject = settings;
	if (CU_initialize_registry() != CUE_SUCCESS ||
	    CU_register_suites(suites) != CUE_SUCCESS)
		return 2;
	CU_basic_set_mode(CU_BRM_VERBOSE);
	(void)CU_basic_run_tests();
	failed = CU_get_number_of_failures();
	ran = CU_get_number_of_tests_run();
	CU_cleanup_registry();
	return failed == 0 && ran > 0 ? 0 : 1;
}
