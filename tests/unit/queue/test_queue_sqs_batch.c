/* Many batches of ten messages, and an SQS that accepts no request. */
#include "cunit_main.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/check.h"
#include "fake_sqs.h"

#include "core/banned.h"

#define MESSAGES 200

static void
setup(struct fake_sqs *sqs, struct queue **q, struct queue_msg msgs[MESSAGES])
{
	struct es_err err;

	fake_sqs_open(sqs);
	sqs->aws.access_key = "AK1";
	sqs->aws.secret_key = "s";
	for (size_t i = 0; i < MESSAGES; i++)
		msgs[i] = (struct queue_msg){.receipt = "0 handle"};
	CHECK(queue_open(&sqs->settings, q, &err) == ES_OK);
}

/* Returns the number of attempts: each is a connection that waits in the backlog. */
static int
attempts(const struct fake_sqs *sqs)
{
	int n = 0, fd;

	while ((fd = accept(sqs->listener, NULL, NULL)) >= 0) {
		(void)close(fd);
		n++;
	}
	return n;
}

static void
the_driver_waits_for_a_silent_server_once(void)
{
	struct queue_msg msgs[MESSAGES];
	struct fake_sqs sqs;
	struct queue *q;
	struct es_err err;

	setup(&sqs, &q, msgs);
	queue_close(&q);
	sqs.aws.timeout_ms = 100;
	CHECK(queue_open(&sqs.settings, &q, &err) == ES_OK);
	CU_ASSERT_EQUAL(queue_done(q, 0, msgs, MESSAGES, "", &err), ES_UNAVAILABLE);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "200 of 200 messages: SQS: Timeout"));
	CU_ASSERT_TRUE(attempts(&sqs) < 5);
	queue_close(&q);
	fake_sqs_close(&sqs);
}

static void
after_one_failed_batch_of_ten_the_others_are_tried(void)
{
	struct queue_msg msgs[MESSAGES];
	struct fake_sqs sqs;
	struct queue *q;
	struct es_err err;
	pid_t pid;

	setup(&sqs, &q, msgs);
	sqs.denies = 2;
	pid = fork();
	if (pid == 0) {
		fake_sqs_start(&sqs, ev_loop_new(0));
		(void)ev_run(sqs.loop, 0);
		_exit(1);
	}
	CU_ASSERT_EQUAL(queue_done(q, 0, msgs, MESSAGES, "", &err), ES_UNAVAILABLE);
	CU_ASSERT_STRING_EQUAL(err.text,
	    "20 of 200 messages: SQS: access denied: the credentials lack a permission");
	CU_ASSERT_EQUAL(queue_done(q, 0, msgs, MESSAGES, "", &err), ES_OK);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	queue_close(&q);
	fake_sqs_close(&sqs);
}

static CU_TestInfo cases[] = {
    {"the driver waits for a silent server once, not for each batch of ten",
	the_driver_waits_for_a_silent_server_once},
    {"after one failed batch of ten the others are tried",
	after_one_failed_batch_of_ten_the_others_are_tried},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("queue/sqs_batch", cases)
