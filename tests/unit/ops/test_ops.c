/* The ops listener, in a child process. Tests send requests to its unix socket. */
#include "cunit_main.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/check.h"
#include "core/text.h"
#include "ops/ops.h"

#include "core/banned.h"

#define BIG 300000

struct fixture {
	char dir[64], path[80], listen[96];
	const char *from; /* the networks of ES_OPS_FROM; NULL: all */
	enum unix_socket_how how;
	pid_t pid;
	char answer[BIG + 4096];
	size_t len;
};

static void
healthz(void *ctx, struct ops_answer *out)
{
	text_addf(out->body, "%s\n", (const char *)ctx);
}

static const char *
pid_text(pid_t pid)
{
	static char text[32];

	(void)snprintf(text, sizeof(text), "pid %ld\n", (long)pid);
	return text;
}

static void
pid(void *ctx, struct ops_answer *out)
{
	(void)ctx;
	text_addf(out->body, "%s", pid_text(getpid()));
}

static void
version(void *ctx, struct ops_answer *out)
{
	(void)ctx;
	text_addf(out->body, "the second\n");
}

static void
failing(void *ctx, struct ops_answer *out)
{
	(void)ctx;
	out->status = 503;
	out->type = "text/plain";
}

static void
big(void *ctx, struct ops_answer *out)
{
	(void)ctx;
	for (int i = 0; i < BIG / 10; i++)
		text_addf(out->body, "%09d\n", i);
}

static void
start(struct fixture *f)
{
	static const struct ops_route routes[] = {{"/healthz", healthz},
	    {"/failing", failing}, {"/big", big}, {"/version", version}, {"/pid", pid}};
	static char word[] = "fine";
	struct unix_socket s;
	struct es_err err;
	int status;

	f->pid = fork();
	CHECK(f->pid >= 0);
	if (f->pid > 0)
		return;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	CHECK(freopen("/dev/null", "w", stderr) != NULL);
	if (ops_open(f->listen, f->how, &s, &err) != ES_OK)
		_exit(1);
	status = ops_run(&s, f->from, routes, ES_COUNT(routes), NULL, word);
	ops_end(&s); /* a master calls it after its child's exit */
	_exit(status);
}

static int
status_of(struct fixture *f)
{
	int status;

	CHECK(waitpid(f->pid, &status, 0) == f->pid);
	f->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Connects to the child, once the child listens. */
static int
dial(const struct fixture *f)
{
	const struct timespec pause = {.tv_nsec = 2000000};
	struct sockaddr_un name = {.sun_family = AF_UNIX};

	(void)snprintf(name.sun_path, sizeof(name.sun_path), "%s", f->path);
	for (;;) {
		const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

		CHECK(fd >= 0);
		if (connect(fd, (const struct sockaddr *)&name, sizeof(name)) == 0)
			return fd;
		(void)close(fd);
		CHECK(waitpid(f->pid, NULL, WNOHANG) == 0);
		(void)nanosleep(&pause, NULL);
	}
}

static void
teardown(struct fixture *f)
{
	if (f->pid != 0) {
		CU_ASSERT_EQUAL(kill(f->pid, SIGTERM), 0);
		CU_ASSERT_EQUAL(status_of(f), 0);
	}
	(void)unlink(f->path);
	CU_ASSERT_EQUAL(rmdir(f->dir), 0);
}

/* Sends the request unchanged, and reads until the server closes. */
static const char *
ask_fd(struct fixture *f, int fd, const char *request)
{
	ssize_t n;

	CU_ASSERT_EQUAL_FATAL(
	    send(fd, request, strlen(request), 0), (ssize_t)strlen(request));
	f->len = 0;
	while ((n = recv(fd, f->answer + f->len, sizeof(f->answer) - 1 - f->len, 0)) > 0)
		f->len += (size_t)n;
	f->answer[f->len] = '\0';
	(void)close(fd);
	return f->answer;
}

static const char *
ask(struct fixture *f, const char *line)
{
	char request[256];

	(void)snprintf(request, sizeof(request),
	    "%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", line);
	return ask_fd(f, dial(f), request);
}

#define BEGINS(text, with) CU_ASSERT_EQUAL(strncmp(text, with, strlen(with)), 0)
#define HAS(text, what)    CU_ASSERT_PTR_NOT_NULL(strstr(text, what))

static void
setup(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/echostream-ops.XXXXXX");
	CHECK(mkdtemp(f->dir) != NULL);
	(void)snprintf(f->path, sizeof(f->path), "%s/s", f->dir);
	(void)snprintf(f->listen, sizeof(f->listen), "unix:%s", f->path);
	start(f);
	CU_ASSERT_PTR_NOT_NULL(strstr(ask(f, "GET /healthz"), "fine"));
}

static void
answers_its_routes(void)
{
	struct fixture f;
	const char *a;

	setup(&f);
	a = ask(&f, "GET /healthz");
	BEGINS(a, "HTTP/1.1 200 ");
	HAS(a, "content-type: application/json\r\n");
	HAS(a, "content-length: 5\r\n");
	HAS(a, "cache-control: no-store\r\n");
	HAS(a, "\r\n\r\nfine\n");
	CU_ASSERT_PTR_NULL(strstr(a, "libwebsockets"));
	HAS(ask(&f, "GET /healthz?a=b"), "\r\n\r\nfine\n");
	a = ask(&f, "GET /failing");
	BEGINS(a, "HTTP/1.1 503 ");
	HAS(a, "content-length: 0\r\n");
	teardown(&f);
}

static void
head_has_no_body(void)
{
	struct fixture f;
	const char *a;

	setup(&f);
	a = ask(&f, "HEAD /healthz");
	BEGINS(a, "HTTP/1.1 200 ");
	HAS(a, "content-length: 5\r\n");
	CU_ASSERT_PTR_NULL(strstr(a, "fine"));
	teardown(&f);
}

static void
refuses_everything_else(void)
{
	static const char *const methods[] = {
	    "POST", "PUT", "DELETE", "OPTIONS", "PATCH"};
	static const char *const paths[] = {
	    "GET /", "GET /healthz/", "GET /healthzz", "GET /HEALTHZ", "HEAD /nope"};
	struct fixture f;
	char line[64];
	const char *a;

	setup(&f);
	for (size_t i = 0; i < ES_COUNT(methods); i++) {
		(void)snprintf(line, sizeof(line), "%s /healthz", methods[i]);
		a = ask(&f, line);
		BEGINS(a, "HTTP/1.1 405 ");
		HAS(a, "allow: GET, HEAD\r\n");
	}
	for (size_t i = 0; i < ES_COUNT(paths); i++)
		BEGINS(ask(&f, paths[i]), "HTTP/1.1 404 ");
	a = ask_fd(&f, dial(&f),
	    "GET /healthz HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
	CU_ASSERT_PTR_NULL(strstr(a, "101"));
	HAS(ask(&f, "GET /healthz"), "\r\n\r\nfine\n");
	teardown(&f);
}

static void
sends_long_bodies_completely(void)
{
	struct fixture f;
	const char *body;

	setup(&f);
	body = strstr(ask(&f, "GET /big"), "\r\n\r\n");
	CU_ASSERT_PTR_NOT_NULL_FATAL(body);
	CU_ASSERT_EQUAL(strlen(body + 4), BIG);
	HAS(body, "\n000029999\n");
	teardown(&f);
}

/* Reads until the answer contains the text. The connection stays open. */
static void
read_until(struct fixture *f, int fd, const char *text)
{
	f->len = 0;
	f->answer[0] = '\0';
	while (strstr(f->answer, text) == NULL) {
		const ssize_t n =
		    recv(fd, f->answer + f->len, sizeof(f->answer) - 1 - f->len, 0);

		CU_ASSERT_TRUE_FATAL(n > 0);
		f->len += (size_t)n;
		f->answer[f->len] = '\0';
	}
}

static void
keeps_connections(void)
{
	static const char request[] = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
	struct fixture f;
	int fd;

	setup(&f);
	fd = dial(&f);
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(
		    send(fd, request, strlen(request), 0), (ssize_t)strlen(request));
		read_until(&f, fd, "\r\n\r\nfine\n");
		BEGINS(f.answer, "HTTP/1.1 200 ");
	}
	(void)close(fd);
	teardown(&f);
}

/* Both requests come in one read: ops must handle the second one from its buffer. */
static void
answers_pipelined_requests(void)
{
	static const char *const firsts[] = {
	    "GET /healthz", "GET /failing", "HEAD /healthz", "GET /nope", "GET /big"};
	const struct timeval late = {.tv_sec = 20};
	struct fixture f;

	setup(&f);
	for (size_t i = 0; i < ES_COUNT(firsts); i++) {
		const int fd = dial(&f);
		char requests[256];

		CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &late, sizeof(late)) == 0);
		(void)snprintf(requests, sizeof(requests),
		    "%s HTTP/1.1\r\nHost: x\r\n\r\n"
		    "GET /version HTTP/1.1\r\nHost: x\r\n\r\n"
		    "GET /healthz?last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
		    firsts[i]);
		HAS(ask_fd(&f, fd, requests), "\r\n\r\nthe second\nHTTP/1.1 200 ");
		CU_ASSERT_FATAL(f.len > 9);
		HAS(f.answer + f.len - 9, "\r\n\r\nfine\n");
	}
	teardown(&f);
}

static void
its_socket_has_mode_0660(void)
{
	struct fixture f;
	struct stat st;

	setup(&f);
	CU_ASSERT_EQUAL_FATAL(stat(f.path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0660);
	teardown(&f);
	CU_ASSERT_EQUAL(stat(f.path, &st), -1);
}

static void
replaces_a_dead_socket_only(void)
{
	struct fixture f;
	pid_t first;
	int fd;

	setup(&f);
	first = f.pid;
	start(&f);
	CU_ASSERT_EQUAL(status_of(&f), 1); /* another process listens already */
	f.pid = first;
	HAS(ask(&f, "GET /healthz"), "fine");
	CU_ASSERT_TRUE(kill(f.pid, SIGKILL) == 0 && status_of(&f) == -1);
	start(&f); /* the path is left, but no process listens there */
	HAS(ask(&f, "GET /healthz"), "fine");
	teardown(&f);

	setup(&f);
	CU_ASSERT_TRUE(kill(f.pid, SIGTERM) == 0 && status_of(&f) == 0);
	fd = creat(f.path, 0600);
	CHECK(fd >= 0);
	(void)close(fd);
	start(&f); /* ops must not remove a file that it did not make */
	CU_ASSERT_EQUAL(status_of(&f), 1);
	teardown(&f);
}

static void
leaves_its_path_to_a_successor(void)
{
	struct fixture f;
	pid_t first;
	int fd;

	setup(&f);
	fd = dial(&f);
	first = f.pid;
	f.how = UNIX_SOCKET_TAKE_OVER;
	start(&f);
	while (waitpid(f.pid, NULL, WNOHANG) == 0 &&
	       strstr(ask(&f, "GET /pid"), pid_text(f.pid)) == NULL)
		;
	HAS(ask_fd(&f, fd, "GET /pid HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
	    pid_text(first));
	CU_ASSERT_TRUE(kill(first, SIGTERM) == 0 && waitpid(first, NULL, 0) == first);
	HAS(ask(&f, "GET /pid"), pid_text(f.pid));
	teardown(&f);
}

static CU_TestInfo cases[] = {
    {"answers its routes", answers_its_routes},
    {"HEAD has no body", head_has_no_body},
    {"refuses everything else", refuses_everything_else},
    {"sends long bodies completely", sends_long_bodies_completely},
    {"keeps connections", keeps_connections},
    {"answers pipelined requests", answers_pipelined_requests},
    {"its socket has mode 0660", its_socket_has_mode_0660},
    {"replaces a dead socket only", replaces_a_dead_socket_only},
    {"leaves its path to a successor", leaves_its_path_to_a_successor},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("ops", cases)
