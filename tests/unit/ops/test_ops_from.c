/* Over TCP any client may request /healthz. Only clients in the networks of ES_OPS_FROM
 * may request the other paths. */
#include "cunit_main.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/check.h"
#include "core/clock.h"
#include "core/parse.h"
#include "core/text.h"
#include "ops/ops.h"

#include "core/banned.h"

static void
fine(void *ctx, struct ops_answer *out)
{
	(void)ctx;
	text_addf(out->body, "fine\n");
}

/* Returns a free port: binds to port 0 and closes the socket. */
static int
free_port(int family)
{
	struct sockaddr_in6 v6 = {
	    .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr_in v4 = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr *name = family == AF_INET ? (void *)&v4 : (void *)&v6;
	socklen_t len = family == AF_INET ? sizeof(v4) : sizeof(v6);
	const int fd = socket(family, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, name, len) != 0 || getsockname(fd, name, &len) != 0)
		return -1;
	(void)close(fd);
	return ntohs(family == AF_INET ? v4.sin_port : v6.sin6_port);
}

static int
dial(int family, int port)
{
	const struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
	    .sin6_addr = IN6ADDR_LOOPBACK_INIT,
	    .sin6_port = htons((uint16_t)port)};
	const struct sockaddr_in v4 = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	    .sin_port = htons((uint16_t)port)};
	const struct sockaddr *name =
	    family == AF_INET ? (const void *)&v4 : (const void *)&v6;

	for (int64_t until_ms = clock_mono_ms() + 10000; clock_mono_ms() < until_ms;) {
		const int fd = socket(family, SOCK_STREAM, 0);

		if (connect(fd, name, family == AF_INET ? sizeof(v4) : sizeof(v6)) == 0)
			return fd;
		(void)close(fd);
		clock_sleep_ms(5);
	}
	CU_FAIL_FATAL("the listener does not answer");
	return -1;
}

static int64_t
status_of(int family, int port, const char *path)
{
	char text[1024] = "";
	const int fd = dial(family, port);
	int64_t status = -1;
	const int len = snprintf(text, sizeof(text),
	    "GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", path);

	CU_ASSERT_EQUAL_FATAL(write(fd, text, (size_t)len), len);
	memset(text, 0, sizeof(text));
	CU_ASSERT_TRUE_FATAL(read(fd, text, sizeof(text) - 1) > 0);
	(void)close(fd);
	CU_ASSERT_EQUAL_FATAL(strncmp(text, "HTTP/1.1 ", 9), 0);
	text[12] = '\0';
	CU_ASSERT_TRUE_FATAL(parse_int(text + 9, 100, 599, &status));
	return status;
}

static pid_t
serve(int family, int port, const char *from)
{
	static const struct ops_route routes[] = {{"/healthz", fine}, {"/readyz", fine},
	    {"/metrics", fine}, {"/version", fine}};
	struct unix_socket s;
	struct es_err err;
	char listen[64];
	pid_t child;

	(void)snprintf(listen, sizeof(listen),
	    family == AF_INET ? "127.0.0.1:%d" : "[::1]:%d", port);
	child = fork();
	CHECK(child >= 0);
	if (child > 0)
		return child;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (ops_open(listen, UNIX_SOCKET_EXCLUSIVE, &s, &err) != ES_OK)
		_exit(1);
	_exit(ops_run(&s, from, routes, ES_COUNT(routes), NULL, NULL));
}

static void
only_the_networks_of_es_ops_from_may_request_more_than_healthz(void)
{
	static const struct {
		int family;
		const char *from;
		int status;
	} rows[] = {
	    {AF_INET, "127.0.0.0/8,::1", 200},
	    {AF_INET, "10.0.0.0/8,127.0.0.1", 200},
	    {AF_INET, "10.0.0.0/8", 404},
	    {AF_INET, "127.0.0.2", 404},
	    {AF_INET, "::1", 404},
	    {AF_INET, NULL, 200},
	    {AF_INET6, "127.0.0.0/8,::1", 200},
	    {AF_INET6, "127.0.0.0/8", 404},
	};
	static const char *const inner[] = {"/readyz", "/metrics", "/version"};

	for (unsigned i = 0; i < ES_COUNT(rows); i++) {
		const int port = free_port(rows[i].family);
		pid_t child;
		int status;

		if (port < 0) /* a machine without IPv6 */
			continue;
		child = serve(rows[i].family, port, rows[i].from);
		CU_ASSERT_EQUAL(status_of(rows[i].family, port, "/healthz"), 200);
		for (unsigned k = 0; k < ES_COUNT(inner); k++)
			CU_ASSERT_EQUAL(
			    status_of(rows[i].family, port, inner[k]), rows[i].status);
		CU_ASSERT_EQUAL(kill(child, SIGTERM), 0);
		CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
	}
}

static void
a_bad_network_is_refused(void)
{
	struct es_err err;

	CU_ASSERT_EQUAL(ops_from_check("10.0.0.1/8", NULL, &err), ES_INVALID);
	CU_ASSERT_EQUAL(ops_from_check("monitoring", NULL, &err), ES_INVALID);
	CU_ASSERT_EQUAL(ops_from_check("10.0.0.0/8", NULL, &err), ES_OK);
}

static CU_TestInfo cases[] = {
    {"only the networks of ES_OPS_FROM may request more than /healthz",
	only_the_networks_of_es_ops_from_may_request_more_than_healthz},
    {"a bad network is refused", a_bad_network_is_refused},
    CU_TEST_INFO_NULL,
};
CUNIT_MAIN("ops_from", cases)
