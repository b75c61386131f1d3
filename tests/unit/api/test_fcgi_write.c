/* A response larger than the socket's buffer, and a peer that does not read it. A child
 * process writes, the test is lighttpd. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/text.h"
#include "cunit_main.h"
#include "fcgi_client.h"
#include "http/fcgi_write.h"

#include "core/banned.h"

#define LINES    400000UL /* lines of 8 bytes each, which make 49 records */
#define STALL_MS 200

static struct fcgi_client client;
static char answer[8 * LINES + 64];

/* Returns the exit status of the child; 0: the peer has received the whole response. */
static int
write_lines(int fd)
{
	struct arena *a = arena_new();
	struct text lines;
	struct fcgi_part parts[3] = {{"head\n", 5}, {"", 0}};
	bool sent;

	text_init(&lines, a, 8 * LINES + 64);
	for (size_t i = 0; i < LINES; i++)
		text_addf(&lines, "%07zu\n", i);
	parts[2] = (struct fcgi_part){lines.data, lines.len};
	sent = fcgi_write_response(fd, 1, parts, ES_COUNT(parts), STALL_MS, a);
	arena_free(&a);
	return sent ? 0 : 1;
}

static pid_t
start(void)
{
	int ends[2];
	pid_t child;

	CU_ASSERT_EQUAL_FATAL(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	child = fork();
	if (child == 0) {
		(void)close(ends[0]);
		_exit(write_lines(ends[1]));
	}
	(void)close(ends[1]);
	client.fd = ends[0];
	return child;
}

static int
status_of(pid_t child)
{
	int status = -1;

	CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
	CU_ASSERT_TRUE(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
many_records(void)
{
	const pid_t child = start();
	const char *line = answer + 5;

	CU_ASSERT_TRUE(fcgi_client_answer(&client, answer, sizeof(answer)));
	CU_ASSERT_EQUAL(status_of(child), 0);
	CU_ASSERT_EQUAL(strncmp(answer, "head\n", 5), 0);
	CU_ASSERT_EQUAL_FATAL(strlen(line), 8 * LINES);
	for (size_t i = 0; i < LINES; i++, line += 8)
		if (strtoul(line, NULL, 10) != i || line[7] != '\n')
			CU_FAIL_FATAL("a line is wrong");
	fcgi_client_close(&client);
}

static void
a_deaf_peer(void)
{
	const int64_t start_ms = clock_mono_ms();
	const pid_t child = start();

	CU_ASSERT_EQUAL(status_of(child), 1);
	CU_ASSERT_TRUE(clock_mono_ms() - start_ms >= STALL_MS);
	fcgi_client_close(&client);
}

/* A peer that reads a little now and then does not extend the deadline. */
static void
a_slow_peer(void)
{
	const pid_t child = start();
	char some[4096];
	int status = -1;

	for (int i = 0; i < 500 && waitpid(child, &status, WNOHANG) == 0; i++) {
		CU_ASSERT_TRUE(recv(client.fd, some, sizeof(some), 0) > 0);
		clock_sleep_ms(10);
	}
	CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	fcgi_client_close(&client);
}

static void
a_closed_peer(void)
{
	const pid_t child = start();

	fcgi_client_close(&client);
	CU_ASSERT_EQUAL(status_of(child), 1);
}

static CU_TestInfo cases[] = {
    {"a response of many records", many_records},
    {"a peer that reads nothing", a_deaf_peer},
    {"a peer that reads slowly", a_slow_peer},
    {"a peer that has closed the connection", a_closed_peer},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/fcgi_write", cases)
