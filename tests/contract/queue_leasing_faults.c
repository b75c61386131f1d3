/* The sqs driver when SQS refuses, is slow or is away. */
#include "queue_leasing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"

#include "core/banned.h"

/* Checks that the error contains this text, and never the secret. */
static void
check_error(struct leasing *f, const char *what)
{
	CU_ASSERT_EQUAL(f->err.code, ES_UNAVAILABLE);
	CU_ASSERT_PTR_NOT_NULL(strstr(f->err.text, what));
	if (strstr(f->err.text, what) == NULL)
		(void)printf("  the error is: %s\n", f->err.text);
	CU_ASSERT_PTR_NULL(strstr(f->err.text, "secret-of-mine"));
}

/* Leases three messages of three groups in one queue. */
static void
lease_three(struct leasing *f)
{
	f->aws.queue_urls =
	    arena_memdup(f->a, f->aws.queue_urls, strcspn(f->aws.queue_urls, ","));
	CU_ASSERT_EQUAL_FATAL(leasing_reopen(f), ES_OK);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(
		    leasing_send(f, arena_printf(f->a, "g%d", i), "x"), ES_OK);
	CU_ASSERT_EQUAL(leasing_receive(f, 3, 5000), ES_OK);
	CU_ASSERT_EQUAL_FATAL(f->n, 3);
}

static void
failed_deletes_are_repeated(void)
{
	struct leasing f;

	leasing_setup(&f);
	lease_three(&f);
	(void)leasing_control(&f, "fault",
	    "{\"action\":\"DeleteMessageBatch\",\"entries\":[1],\"name\":"
	    "\"InternalError\"}");
	CU_ASSERT_EQUAL(queue_done(f.q, 0, f.got, f.n, "", &f.err), ES_OK);
	CU_ASSERT_EQUAL(leasing_count(&f, "DeleteMessageBatch"), 2);
	CU_ASSERT_EQUAL(leasing_receive(&f, 10, 2 * LEASING_VISIBILITY_MS), ES_OK);
	CU_ASSERT_EQUAL(f.n, 0);
	leasing_teardown(&f);
}

static void
reports_the_messages_that_can_not_be_deleted(void)
{
	struct leasing f;

	leasing_setup(&f);
	lease_three(&f);
	(void)leasing_control(&f, "fault",
	    "{\"action\":\"DeleteMessageBatch\",\"entries\":[1],\"sender\":true,"
	    "\"name\":\"ReceiptHandleIsInvalid\"}");
	CU_ASSERT_EQUAL(queue_done(f.q, 0, f.got, f.n, "", &f.err), ES_UNAVAILABLE);
	check_error(&f, "1 of 3 messages");
	check_error(&f, "ReceiptHandleIsInvalid");
	CU_ASSERT_EQUAL(leasing_count(&f, "DeleteMessageBatch"), 1);
	CU_ASSERT_EQUAL(leasing_receive(&f, 10, 5 * LEASING_VISIBILITY_MS), ES_OK);
	CU_ASSERT_EQUAL(f.n, 1);
	leasing_teardown(&f);
}

static void
repeats_a_throttled_call_after_a_pause(void)
{
	struct leasing f;

	leasing_setup(&f);
	(void)leasing_control(&f, "fault",
	    "{\"action\":\"SendMessage\",\"name\":\"RequestThrottled\",\"times\":2}");
	CU_ASSERT_EQUAL(leasing_send(&f, "g", "x"), ES_OK);
	CU_ASSERT_EQUAL(leasing_count(&f, "SendMessage"), 3);
	(void)leasing_control(&f, "fault",
	    "{\"action\":\"SendMessage\",\"name\":\"RequestThrottled\",\"times\":9}");
	CU_ASSERT_EQUAL(leasing_send(&f, "g", "y"), ES_UNAVAILABLE);
	check_error(&f, "throttling");
	CU_ASSERT_TRUE(f.err.retry_after_ms > 0);
	CU_ASSERT_STRING_EQUAL(leasing_consume(&f, 1), "x");
	leasing_teardown(&f);
}

static void
a_failed_receive_loses_nothing(void)
{
	struct leasing f;

	leasing_setup(&f);
	CU_ASSERT_EQUAL(leasing_send(&f, "g", "x"), ES_OK);
	(void)leasing_control(&f, "fault",
	    "{\"action\":\"ReceiveMessage\",\"name\":\"InternalFailure\",\"status\":"
	    "500}");
	CU_ASSERT_EQUAL(leasing_receive(&f, 10, 2000), ES_UNAVAILABLE);
	check_error(&f, "InternalFailure");
	CU_ASSERT_STRING_EQUAL(leasing_consume(&f, 1), "x");
	leasing_teardown(&f);
}

static void
reports_wrong_credentials(void)
{
	struct leasing f;

	leasing_setup(&f);
	f.aws.secret_key = "secret-of-mine";
	CU_ASSERT_EQUAL(leasing_reopen(&f), ES_OK);
	CU_ASSERT_EQUAL(leasing_send(&f, "g", "x"), ES_UNAVAILABLE);
	check_error(&f, "signature");
	CU_ASSERT_EQUAL(leasing_receive(&f, 10, 2000), ES_UNAVAILABLE);
	check_error(&f, "signature");
	CU_ASSERT_EQUAL(queue_check(f.q, &f.err), ES_UNAVAILABLE);
	check_error(&f, "signature");
	f.aws.access_key = "AKOTHER";
	CU_ASSERT_EQUAL(leasing_reopen(&f), ES_OK);
	CU_ASSERT_EQUAL(queue_check(f.q, &f.err), ES_UNAVAILABLE);
	check_error(&f, "does not know the access key");
	f.aws.access_key = "";
	CU_ASSERT_EQUAL(leasing_reopen(&f), ES_INVALID);
	leasing_teardown(&f);
}

static void
reports_an_expired_token(void)
{
	struct leasing f;

	leasing_setup(&f);
	(void)leasing_control(&f, "keys",
	    "{\"access\":\"AK2\",\"secret\":\"s2\",\"token\":\"a token/+=\"}");
	f.aws.access_key = "AK2";
	f.aws.secret_key = "s2";
	f.aws.session_token = "a token/+=";
	CU_ASSERT_EQUAL(leasing_reopen(&f), ES_OK);
	CU_ASSERT_EQUAL(queue_check(f.q, &f.err), ES_OK);
	(void)leasing_control(&f, "fault", "{\"name\":\"ExpiredToken\",\"status\":403}");
	CU_ASSERT_EQUAL(leasing_send(&f, "g", "x"), ES_UNAVAILABLE);
	check_error(&f, "expired");
	CU_ASSERT_EQUAL(leasing_send(&f, "g", "x"), ES_OK);
	leasing_teardown(&f);
}

static void
reports_wrong_queues(void)
{
	struct leasing f;
	const char *good;

	leasing_setup(&f);
	good = f.aws.queue_urls;
	f.aws.queue_urls = "http://sqs.us-east-1.localhost/000000000000/none.fifo";
	CU_ASSERT_EQUAL(leasing_reopen(&f), ES_OK);
	CU_ASSERT_EQUAL(queue_check(f.q, &f.err), ES_UNAVAILABLE);
	check_error(&f, "does not exist");
	CU_ASSERT_EQUAL(leasing_send(&f, "g", "x"), ES_UNAVAILABLE);
	check_error(&f, "does not exist");
	f.aws.queue_urls = arena_printf(f.a, "%.*sbare.fifo",
	    (int)(strstr(good, ".fifo") - good) - (int)strlen("es-a"), good);
	CU_ASSERT_EQUAL(leasing_reopen(&f), ES_OK);
	CU_ASSERT_EQUAL(queue_check(f.q, &f.err), ES_UNAVAILABLE);
	check_error(&f, "no redrive policy");
	f.aws.queue_urls = "";
	CU_ASSERT_EQUAL(leasing_reopen(&f), ES_INVALID);
	f.aws.queue_urls = "http://x/1/standard";
	CU_ASSERT_EQUAL(leasing_reopen(&f), ES_INVALID);
	f.aws.queue_urls = "http://x/1/q.fifo";
	f.aws.region = "";
	CU_ASSERT_EQUAL(leasing_reopen(&f), ES_INVALID);
	leasing_teardown(&f);
}

static void
reports_a_server_that_is_silent_or_absent(void)
{
	struct leasing f;

	leasing_setup(&f);
	f.aws.timeout_ms = 500;
	CU_ASSERT_EQUAL(leasing_reopen(&f), ES_OK);
	(void)leasing_control(&f, "fault", "{\"hang\":true,\"times\":1}");
	CU_ASSERT_EQUAL(leasing_send(&f, "g", "x"), ES_UNAVAILABLE);
	check_error(&f, "imeout");
	CU_ASSERT_EQUAL(leasing_send(&f, "g", "y"), ES_OK);
	f.aws.endpoint = "http://127.0.0.1:1";
	CU_ASSERT_EQUAL(leasing_reopen(&f), ES_OK);
	CU_ASSERT_EQUAL(queue_check(f.q, &f.err), ES_UNAVAILABLE);
	check_error(&f, "connect");
	leasing_teardown(&f);
}

static char token_file[] = "/tmp/echostream-token.XXXXXX";

static void
make_token_file(const char *text)
{
	const int fd = mkstemp(token_file);

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	(void)close(fd);
}

static void
use_container(struct leasing *f)
{
	f->aws.access_key = f->aws.secret_key = "";
	f->aws.container_url =
	    arena_printf(f->a, "%s/_test/credentials", leasing_endpoint());
	f->aws.container_token_file = token_file;
}

static void
a_containers_keys_are_renewed(void)
{
	struct leasing f;

	make_token_file("Bearer shown\n");
	leasing_setup(&f);
	(void)leasing_control(&f, "keys",
	    "{\"access\":\"AK3\",\"secret\":\"s3\",\"token\":\"t3\",\"shown\":\"Bearer "
	    "shown\"}");
	use_container(&f);
	CU_ASSERT_EQUAL_FATAL(leasing_reopen(&f), ES_OK);
	CU_ASSERT_EQUAL(queue_check(f.q, &f.err), ES_OK);
	CU_ASSERT_EQUAL(leasing_send(&f, "g", "x"), ES_OK);
	CU_ASSERT_EQUAL(leasing_count(&f, "credentials"), 1);
	/* SQS refuses the keys before they expire. The driver fetches new keys and
	 * repeats the call. */
	(void)leasing_control(&f, "keys",
	    "{\"access\":\"AK4\",\"secret\":\"s4\",\"token\":\"t4\",\"life_s\":2}");
	CU_ASSERT_EQUAL(leasing_send(&f, "g", "y"), ES_OK);
	CU_ASSERT_EQUAL(leasing_count(&f, "credentials"), 2);
	CU_ASSERT_STRING_EQUAL(leasing_consume(&f, 2), "x,y");
	/* The present keys expire in 2 s. The driver fetches new keys before that, while
	 * the present keys still work. */
	for (const int64_t end_ms = clock_mono_ms() + 10000;
	     leasing_count(&f, "credentials") < 3 && clock_mono_ms() < end_ms;)
		CU_ASSERT_EQUAL(queue_check(f.q, &f.err), ES_OK);
	CU_ASSERT_TRUE(leasing_count(&f, "credentials") >= 3);
	leasing_teardown(&f);
}

/* Until the keys have expired, the driver reports the error of SQS instead of that of the
 * endpoint. It requests new keys again after a short back-off. */
static void
refused_keys_are_renewed_soon(void)
{
	struct leasing f;
	int64_t start_ms;

	leasing_setup(&f);
	use_container(&f);
	f.aws.container_token_file = "";
	(void)leasing_control(
	    &f, "keys", "{\"access\":\"AK5\",\"secret\":\"s5\",\"token\":\"t5\"}");
	CU_ASSERT_EQUAL_FATAL(leasing_reopen(&f), ES_OK);
	CU_ASSERT_EQUAL(queue_check(f.q, &f.err), ES_OK);
	(void)leasing_control(&f, "keys",
	    "{\"access\":\"AK6\",\"secret\":\"s6\",\"token\":\"t6\",\"shown\":\"other\","
	    "\"old\":\"ExpiredToken\"}");
	CU_ASSERT_EQUAL(queue_check(f.q, &f.err), ES_UNAVAILABLE);
	check_error(&f, "session token has expired");
	(void)leasing_control(
	    &f, "keys", "{\"access\":\"AK6\",\"secret\":\"s6\",\"token\":\"t6\"}");
	start_ms = clock_mono_ms();
	while (queue_check(f.q, &f.err) != ES_OK && clock_mono_ms() - start_ms < 30000)
		clock_sleep_ms(50);
	CU_ASSERT_TRUE(clock_mono_ms() - start_ms < 5000);
	leasing_teardown(&f);
}

static void
reports_a_container_without_keys(void)
{
	struct leasing f;

	leasing_setup(&f);
	(void)leasing_control(
	    &f, "keys", "{\"access\":\"AK3\",\"secret\":\"s3\",\"shown\":\"other\"}");
	use_container(&f);
	CU_ASSERT_EQUAL(leasing_reopen(&f), ES_OK);
	CU_ASSERT_EQUAL(queue_check(f.q, &f.err), ES_UNAVAILABLE);
	check_error(&f, "container credentials: HTTP 401");
	f.aws.container_url = "http://example.com/keys";
	CU_ASSERT_EQUAL(leasing_reopen(&f), ES_INVALID);
	f.aws.container_url = arena_printf(f.a, "%s/", leasing_endpoint());
	f.aws.container_token_file = "/nowhere";
	CU_ASSERT_EQUAL(leasing_reopen(&f), ES_OK);
	CU_ASSERT_EQUAL(queue_check(f.q, &f.err), ES_UNAVAILABLE);
	check_error(&f, "not readable");
	(void)unlink(token_file);
	leasing_teardown(&f);
}

CU_TestInfo leasing_fault_cases[] = {
    {"failed deletes are repeated", failed_deletes_are_repeated},
    {"reports the messages that can't be deleted",
	reports_the_messages_that_can_not_be_deleted},
    {"repeats a throttled call after a pause", repeats_a_throttled_call_after_a_pause},
    {"a failed receive loses no message", a_failed_receive_loses_nothing},
    {"reports wrong credentials", reports_wrong_credentials},
    {"reports an expired token", reports_an_expired_token},
    {"reports wrong queues", reports_wrong_queues},
    {"reports a server that is silent or absent",
	reports_a_server_that_is_silent_or_absent},
    {"renews the keys of a container", a_containers_keys_are_renewed},
    {"renews refused keys soon", refused_keys_are_renewed_soon},
    {"reports a container without keys", reports_a_container_without_keys},
    CU_TEST_INFO_NULL,
};
