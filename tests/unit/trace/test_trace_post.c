/* trace_post() against a collector on loopback that answers what a test has planned. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/check.h"
#include "core/clock.h"
#include "cunit_main.h"
#include "trace/trace_post.h"

#define PATIENT 20 /* seconds until a test that hangs is killed */

static int listener;
static char url[64];

static void
collector_open(void)
{
	struct sockaddr_in to = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(to);

	listener = socket(AF_INET, SOCK_STREAM, 0);
	CU_ASSERT_FATAL(listener >= 0);
	CU_ASSERT_EQUAL_FATAL(bind(listener, (struct sockaddr *)&to, size), 0);
	CU_ASSERT_EQUAL_FATAL(listen(listener, 5), 0);
	CU_ASSERT_EQUAL_FATAL(getsockname(listener, (struct sockaddr *)&to, &size), 0);
	(void)snprintf(
	    url, sizeof(url), "http://127.0.0.1:%d/v1/traces", ntohs(to.sin_port));
}

/* Reads a request, answers it, and ends the process. */
static _Noreturn void
collector_answer_once(const char *head, const char *body)
{
	const int fd = accept(listener, NULL, NULL);
	char data[4096] = "", answer[2048];
	size_t n = 0;
	int len;

	(void)alarm(PATIENT);
	while (strstr(data, "\r\n\r\nspans") == NULL) {
		const ssize_t got = read(fd, data + n, sizeof(data) - 1 - n);

		CHECK(got > 0);
		n += (size_t)got;
	}
	len = snprintf(answer, sizeof(answer),
	    "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s", head, strlen(body), body);
	CHECK(write(fd, answer, (size_t)len) == len);
	_exit(0);
}

static void
post(bool (*give_up)(void *ctx), struct trace_post_result *out)
{
	const struct trace_post_settings settings = {
	    .url = url, .headers = "", .timeout_ms = PATIENT * 1000, .give_up = give_up};
	struct arena *a = arena_new();
	struct text body;

	text_init(&body, a, 100);
	text_add(&body, "spans", 5);
	trace_post(&settings, &body, out);
	arena_free(&a);
}

static void
post_to_collector(const char *head, const char *body, struct trace_post_result *out)
{
	pid_t pid;
	int status;

	collector_open();
	pid = fork();
	if (pid == 0)
		collector_answer_once(head, body);
	post(NULL, out);
	CU_ASSERT_EQUAL_FATAL(waitpid(pid, &status, 0), pid);
	CU_ASSERT_EQUAL(status, 0);
	(void)close(listener);
}

static void
the_status_decides(void)
{
	static const struct {
		const char *head;
		enum trace_post_end end;
	} rows[] = {
	    {"200 OK", TRACE_POST_DONE},
	    {"202 Accepted", TRACE_POST_DONE},
	    {"307 Elsewhere\r\nLocation: http://127.0.0.1:1/", TRACE_POST_REFUSED},
	    {"400 Bad", TRACE_POST_REFUSED},
	    {"500 Broken", TRACE_POST_REFUSED},
	    {"429 Slower", TRACE_POST_RETRY},
	    {"503 Away", TRACE_POST_RETRY},
	};
	struct trace_post_result r;

	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		post_to_collector(rows[i].head, "", &r);
		CU_ASSERT_EQUAL(r.end, rows[i].end);
		CU_ASSERT_EQUAL(r.retry_after_ms, 0);
	}
}

static void
a_wait_has_a_limit(void)
{
	static const struct {
		const char *head;
		int64_t ms;
	} rows[] = {
	    {"503 Away\r\nRetry-After: 7", 7000},
	    {"503 Away\r\nRetry-After: 300", 300000},
	    {"503 Away\r\nRetry-After: 301", 300000},
	    {"503 Away\r\nRetry-After: 9223372036854775807", 300000},
	    {"503 Away\r\nRetry-After: soon", 0},
	};
	struct trace_post_result r;

	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		post_to_collector(rows[i].head, "", &r);
		CU_ASSERT_EQUAL(r.end, TRACE_POST_RETRY);
		CU_ASSERT_EQUAL(r.retry_after_ms, rows[i].ms);
	}
}

static void
the_answer_names_rejected_spans(void)
{
	static const struct {
		const char *body;
		int64_t rejected;
	} rows[] = {
	    {"", 0},
	    {"{}", 0},
	    {"{\"partialSuccess\":{}}", 0},
	    {"{\"partialSuccess\":{\"rejectedSpans\":\"3\"}}", 3},
	    {"{\"partialSuccess\":{\"rejectedSpans\":3,\"errorMessage\":\"x\"}}", 3},
	    {"{\"partialSuccess\":{\"rejectedSpans\":-3}}", 0},
	    {"{\"partialSuccess\":{\"rejectedSpans\":\"-3\"}}", 0},
	    {"{\"partialSuccess\":{\"rejectedSpans\":1e300}}", 0},
	    {"{\"partialSuccess\":null}", 0},
	    {"\xff\xfe not JSON", 0},
	    {"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", 0},
	};
	struct trace_post_result r;

	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		post_to_collector("200 OK", rows[i].body, &r);
		CU_ASSERT_EQUAL(r.end, TRACE_POST_DONE);
		CU_ASSERT_EQUAL(r.rejected, rows[i].rejected);
	}
}

static bool
gives_up_at_once(void *ctx)
{
	(void)ctx;
	return true;
}

/* The kernel accepts the connection, and no process reads from it. */
static void
the_caller_may_give_up(void)
{
	const int64_t begin_ms = clock_mono_ms();
	struct trace_post_result r;

	collector_open();
	post(gives_up_at_once, &r);
	CU_ASSERT_EQUAL(r.end, TRACE_POST_RETRY);
	CU_ASSERT(r.why[0] != '\0');
	CU_ASSERT(clock_mono_ms() - begin_ms < PATIENT * 1000 / 2);
	(void)close(listener);
}

static CU_TestInfo cases[] = {
    {"the status decides whether to retry", the_status_decides},
    {"Retry-After counts up to 300 s", a_wait_has_a_limit},
    {"the answer names rejected spans", the_answer_names_rejected_spans},
    {"the caller may give up", the_caller_may_give_up},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("trace_post", cases)
