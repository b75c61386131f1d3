/* Input of the FastCGI socket: good, contradictory and incomplete requests, and garbage.
 * A child process answers with an echo, and must survive all of them. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "cunit_main.h"
#include "fcgi_client.h"
#include "http/fcgi_io.h"
#include "http/listen.h"

#include "core/banned.h"

#define MAX_BODY 262144
#define STALL_MS 200

enum { RESPONDER = 1, AUTHORIZER = 2 };

static char path[64];
static struct unix_socket listening = {.fd = -1};
static pid_t child;
static struct fcgi_client client;
static char answer[MAX_BODY * 2];

static volatile sig_atomic_t stopped;

static void
stop(int sig)
{
	(void)sig;
	stopped = 1;
}

/* Answers "METHOD TARGET AUTHORIZATION BODY-LENGTH" with 200, or the code of the error.
 */
static void
echo(struct fcgi_io *io, const struct http_req *req, enum fcgi_got got,
    const struct es_err *err)
{
	struct http_res res;

	http_res_init(&res, req->arena);
	res.type = "text/plain";
	res.status = got == FCGI_GOT_REQUEST ? 200 : es_code_status(err->code);
	http_header(&res, "X-Test", "yes");
	if (got == FCGI_GOT_REQUEST)
		text_addf(&res.body, "%s %s %s %zu", req->method, req->target,
		    req->headers.authorization == NULL ? "-" : req->headers.authorization,
		    req->body_len);
	else
		text_addf(&res.body, "%s", es_code_name(err->code));
	(void)fcgi_io_answer(io, &res, false);
}

static int
serve(void)
{
	struct sigaction action = {.sa_handler = stop};
	struct arena *a = arena_new();
	struct fcgi_io *io;
	struct http_req req;
	sigset_t held, waiting;

	(void)sigaction(SIGTERM, &action, NULL);
	sigemptyset(&held);
	sigaddset(&held, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &held, &waiting);
	fcgi_io_init();
	io = fcgi_io_new(listening.fd, MAX_BODY, STALL_MS);
	while (!stopped) {
		struct es_err err = {0};
		const enum fcgi_got got = fcgi_io_next(io, 1000, &waiting, a, &req, &err);

		if (got != FCGI_GOT_NOTHING)
			echo(io, &req, got, &err);
		arena_reset(a);
	}
	fcgi_io_free(&io);
	arena_free(&a);
	return 0;
}

static void
start(void)
{
	struct es_err err;

	(void)snprintf(path, sizeof(path), "/tmp/es-fcgi-%ld.sock", (long)getpid());
	CU_ASSERT_EQUAL_FATAL(unix_socket_listen(path, LISTEN_BACKLOG,
				  UNIX_SOCKET_EXCLUSIVE, &listening, &err),
	    ES_OK);
	child = fork();
	if (child == 0)
		_exit(serve());
}

static void
finish(void)
{
	int status = -1;

	(void)kill(child, SIGTERM);
	CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
	CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	(void)close(listening.fd);
	(void)unlink(path);
}

static void
send_get(struct fcgi_client *c, const char *target)
{
	CU_ASSERT_TRUE_FATAL(fcgi_client_open(c, path));
	fcgi_client_begin(c, RESPONDER);
	fcgi_client_params(c,
	    (const char *const[]){"REQUEST_METHOD", "GET", "REQUEST_URI", target, NULL});
	fcgi_client_stdin(c, "", 0);
	CU_ASSERT_TRUE(fcgi_client_send(c));
}

static const char *
ask(unsigned role, const char *const pairs[], const char *body, size_t len)
{
	CU_ASSERT_TRUE_FATAL(fcgi_client_open(&client, path));
	fcgi_client_begin(&client, role);
	fcgi_client_params(&client, pairs);
	fcgi_client_stdin(&client, body, len);
	if (len > 0)
		fcgi_client_stdin(&client, "", 0);
	(void)fcgi_client_send(&client);
	(void)fcgi_client_answer(&client, answer, sizeof(answer));
	fcgi_client_close(&client);
	return answer;
}

#define ASK(...) ask(RESPONDER, (const char *const[]){__VA_ARGS__, NULL}, "", 0)
#define GET      "REQUEST_METHOD", "GET", "REQUEST_URI", "/x?y=1"
#define POST     "REQUEST_METHOD", "POST", "REQUEST_URI", "/x"

static bool
lives(void)
{
	return strstr(ASK(GET), "\r\n\r\nGET /x?y=1 - 0") != NULL;
}

static void
good(void)
{
	static char big[MAX_BODY + 1];
	const char *s;

	start();
	s = ASK(GET, "HTTP_AUTHORIZATION", "Bearer t", "HTTP_X_TENANT", "evil");
	CU_ASSERT_PTR_NOT_NULL(strstr(s, "Status: 200\r\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(s, "X-Test: yes\r\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(s, "\r\n\r\nGET /x?y=1 Bearer t 0"));
	memset(big, 'x', sizeof(big));
	s = ask(RESPONDER, (const char *const[]){POST, "CONTENT_LENGTH", "262144", NULL},
	    big, MAX_BODY);
	CU_ASSERT_PTR_NOT_NULL(strstr(s, "POST /x - 262144"));
	s = ask(RESPONDER, (const char *const[]){POST, "CONTENT_LENGTH", "262145", NULL},
	    big, MAX_BODY + 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(s, "Status: 413\r\n"));
	CU_ASSERT_TRUE(lives());
	finish();
}

static void
wrong_requests(void)
{
	static const char *const lengths[] = {
	    "-5", "+3", "3,3", "0x3", " 3", "3.0", "99999999999999999999", "abc"};

	start();
	for (size_t i = 0; i < ES_COUNT(lengths); i++)
		if (strstr(ASK(POST, "CONTENT_LENGTH", lengths[i]), "Status: 400") ==
		    NULL)
			CU_FAIL(lengths[i]);
	CU_ASSERT_PTR_NOT_NULL(strstr(
	    ask(RESPONDER, (const char *const[]){POST, "CONTENT_LENGTH", "9", NULL},
		"abc", 3),
	    "Status: 400"));
	CU_ASSERT_PTR_NOT_NULL(strstr(
	    ask(AUTHORIZER, (const char *const[]){GET, NULL}, "", 0), "Status: 400"));
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(ask(RESPONDER, (const char *const[]){NULL}, "", 0), "Status: 400"));
	CU_ASSERT_PTR_NOT_NULL(strstr(ASK("REQUEST_METHOD", "GET"), "Status: 400"));
	CU_ASSERT_PTR_NOT_NULL(strstr(
	    ASK(GET, "HTTP_AUTHORIZATION", "Bearer a", "HTTP_AUTHORIZATION", "Bearer b"),
	    "Status: 400"));
	CU_ASSERT_PTR_NOT_NULL(strstr(
	    ASK(GET, "HTTP_ORIGIN", "https://a.test\r\nX-Evil: 1"), "Status: 400"));
	/* The controls next to the allowed characters of a header: 0x1f and 0x7f; a tab
	 * is allowed. */
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(ASK(GET, "HTTP_ORIGIN", "https://a.test\x1f"), "Status: 400"));
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(ASK(GET, "HTTP_ORIGIN", "https://a.test\x7f"), "Status: 400"));
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(ASK(GET, "HTTP_ORIGIN", "https://a.test\t~"), "Status: 200"));
	CU_ASSERT_TRUE(lives());
	finish();
}

static void
send_raw(const void *data, size_t len)
{
	CU_ASSERT_TRUE_FATAL(fcgi_client_open(&client, path));
	memcpy(client.out, data, len);
	client.len = len;
	(void)fcgi_client_send(&client);
	(void)shutdown(client.fd, SHUT_WR); /* the client sends no more, so do not wait */
	(void)fcgi_client_answer(&client, answer, sizeof(answer));
	fcgi_client_close(&client);
}

static void
garbage(void)
{
	static const unsigned char bad_version[] =
	    "\x07\x01\x00\x01\x00\x08\x00\x00\x00\x01";
	static const unsigned char unknown[] = "\x01\x63\x00\x01\x00\x00\x00\x00";
	/* A name and a value of 2^31 - 1 bytes each. */
	static const unsigned char huge[] =
	    "\x01\x01\x00\x01\x00\x08\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00"
	    "\x01\x04\x00\x01\x00\x08\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff";
	unsigned char noise[512];

	start();
	send_raw(bad_version, sizeof(bad_version) - 1);
	send_raw(unknown, sizeof(unknown) - 1);
	send_raw(huge, sizeof(huge) - 1);
	send_raw("", 0);
	send_raw("GET / HTTP/1.1\r\n\r\n", 18);
	for (unsigned seed = 1; seed < 50; seed++) {
		unsigned state = seed * 2654435761U;

		for (size_t i = 0; i < sizeof(noise); i++) {
			state = state * 1664525U + 1013904223U;
			noise[i] = (unsigned char)(state >> 24);
		}
		noise[0] = 1;
		noise[1] = (unsigned char)(1 + seed % 11);
		send_raw(noise, 16 + seed * 8);
	}
	CU_ASSERT_TRUE(lives());
	finish();
}

/* A client that stops sending holds the worker for STALL_MS only. */
static void
stalled(void)
{
	struct fcgi_client idle, half;

	start();
	CU_ASSERT_TRUE_FATAL(fcgi_client_open(&idle, path));
	CU_ASSERT_TRUE_FATAL(fcgi_client_open(&half, path));
	fcgi_client_begin(&half, RESPONDER);
	fcgi_client_params(
	    &half, (const char *const[]){POST, "CONTENT_LENGTH", "9", NULL});
	fcgi_client_stdin(&half, "abc", 3);
	CU_ASSERT_TRUE(fcgi_client_send(&half));
	CU_ASSERT_TRUE(lives());
	fcgi_client_close(&idle);
	fcgi_client_close(&half);
	finish();
}

/* A client that sends single bytes slowly does not extend its deadline. */
static void
trickles(void)
{
	struct fcgi_client slow[2];
	int64_t start_ms;

	start();
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_TRUE_FATAL(fcgi_client_open(&slow[i], path));
		fcgi_client_begin(&slow[i], RESPONDER);
		fcgi_client_params(
		    &slow[i], (const char *const[]){POST, "CONTENT_LENGTH", "500", NULL});
		if (i ==
		    1) /* slow[0] is slow from the parameters on, slow[1] in the body */
			CU_ASSERT_TRUE(fcgi_client_send(&slow[i]));
		for (int byte = 0; byte < 500; byte++)
			fcgi_client_stdin(&slow[i], "x", 1);
		start_ms = clock_mono_ms();
		for (size_t at = 0; at < slow[i].len; at++) {
			if (send(slow[i].fd, slow[i].out + at, 1, MSG_NOSIGNAL) != 1)
				break;
			clock_sleep_ms(10);
		}
		CU_ASSERT_TRUE(clock_mono_ms() - start_ms < 3L * STALL_MS);
		CU_ASSERT_TRUE(lives());
		fcgi_client_close(&slow[i]);
	}
	finish();
}

static void
closed_by_lighttpd(void)
{
	start();
	for (int i = 0; i < 5; i++) {
		send_get(&client, "/x?y=1");
		fcgi_client_close(&client);
	}
	CU_ASSERT_TRUE(lives());
	finish();
}

/* The server closes a connection that the client asks to keep, because an idle connection
 * would occupy the worker. */
static void
kept(void)
{
	start();
	for (int i = 0; i < 3; i++)
		CU_ASSERT_PTR_NOT_NULL(
		    strstr(ask(RESPONDER | FCGI_CLIENT_KEEP,
			       (const char *const[]){GET, NULL}, "", 0),
			"Status: 200"));
	CU_ASSERT_TRUE(lives());
	finish();
}

/* A client that has its answer and keeps the connection open does not hold the worker. */
static void
keeps_open(void)
{
	struct fcgi_client open;
	int64_t start_ms;

	start();
	send_get(&open, "/x?y=1");
	CU_ASSERT_TRUE(fcgi_client_answer(&open, answer, sizeof(answer)));
	start_ms = clock_mono_ms();
	CU_ASSERT_TRUE(lives());
	CU_ASSERT_TRUE(clock_mono_ms() - start_ms < 1000);
	fcgi_client_close(&open);
	finish();
}

static int64_t
cpu_us_of_child(void)
{
	struct timespec used = {0};
	clockid_t clock;

	CU_ASSERT_EQUAL_FATAL(clock_getcpuclockid(child, &clock), 0);
	CU_ASSERT_EQUAL_FATAL(clock_gettime(clock, &used), 0);
	return used.tv_sec * INT64_C(1000000) + used.tv_nsec / 1000;
}

/* A waiting connection keeps the listener readable. The worker must not spin on it, and
 * must accept it as soon as a descriptor is free. */
static void
no_descriptor(void)
{
	struct rlimit few = {.rlim_cur = 3}, were;
	int64_t used_us;

	start();
	CU_ASSERT_TRUE(lives());
	CU_ASSERT_EQUAL_FATAL(prlimit(child, RLIMIT_NOFILE, NULL, &were), 0);
	few.rlim_max = were.rlim_max;
	CU_ASSERT_EQUAL_FATAL(prlimit(child, RLIMIT_NOFILE, &few, NULL), 0);
	used_us = cpu_us_of_child();
	send_get(&client, "/x?y=1");
	clock_sleep_ms(500); /* the measured time */
	CU_ASSERT_TRUE(cpu_us_of_child() - used_us < 50000);
	CU_ASSERT_EQUAL_FATAL(prlimit(child, RLIMIT_NOFILE, &were, NULL), 0);
	CU_ASSERT_TRUE(fcgi_client_answer(&client, answer, sizeof(answer)));
	CU_ASSERT_PTR_NOT_NULL(strstr(answer, "Status: 200"));
	fcgi_client_close(&client);
	finish();
}

static CU_TestInfo cases[] = {
    {"good requests and the limit of a body", good},
    {"wrong lengths, other roles, no parameters", wrong_requests},
    {"garbage closes only its connection", garbage},
    {"a lighttpd that stalls loses its connection", stalled},
    {"a lighttpd that sends byte by byte loses its connection", trickles},
    {"a lighttpd that has closed the connection", closed_by_lighttpd},
    {"a connection serves one request", kept},
    {"a client that keeps its connection open", keeps_open},
    {"without a free descriptor the worker waits and does not spin", no_descriptor},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/fcgi_io", cases)
