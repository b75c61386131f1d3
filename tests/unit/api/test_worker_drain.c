/* SIGTERM while requests wait in the backlog: the worker serves these requests before it
 * exits. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cunit_main.h"
#include "env/api_metrics.h"
#include "fcgi_client.h"
#include "http/listen.h"
#include "routes.h"
#include "send/send_gate.h"
#include "worker.h"

#include "core/banned.h"

static struct fcgi_client gone, patient;
static char path[64], answer[4096];

static int
child(int fd)
{
	static struct api_conf conf = {
	    .common = {.database_url = "postgresql://nobody@127.0.0.1:1/x",
		.database_pooler = "none",
		.redis_url = "redis://127.0.0.1:1",
		.queue_url = "redis:",
		.queue_redis_url = "",
		.queue_partitions = 1,
		.queue_max_bytes = 1 << 20,
		.database_timeout_ms = 500,
		.redis_timeout_ms = 500},
	    .auth = {.jwt_secret = "01234567890123456789012345678901",
		.jwt_kid = "hs1",
		.jwt_secret_old = "",
		.jwt_es256_public_key = "",
		.jwt_es256_public_key_old = "",
		.jwt_issuer = "x",
		.jwt_audience = "x"},
	    .operator_key = "",
	    .send_workers = 1,
	    .api_workers = 1,
	    .stall_ms = 500,
	    .body_max_bytes = 1 << 18};
	struct worker_setup setup = {.conf = &conf,
	    .router = &health_router,
	    .pool = "health",
	    .timeout_max_ms = 500,
	    .listen_fd = fd};
	static const struct router *const routers[] = {&health_router};
	struct es_err err;
	sigset_t term;

	if (api_metrics_open(NULL, 3, routers, 1, &setup.metrics, &err) != ES_OK ||
	    send_gate_open(1, &setup.gate, &err) != ES_OK)
		return 9;
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &term, NULL);
	(void)raise(SIGTERM); /* SIGTERM is pending when the worker begins */
	return worker_run(&setup);
}

static void
run(bool with_a_closed_connection)
{
	static const char *const pairs[] = {"REQUEST_METHOD", "GET", "REQUEST_URI",
	    "/version", "CONTENT_LENGTH", "0", NULL};
	struct pollfd p;
	struct es_err err;
	struct unix_socket s;
	int status;
	pid_t pid;

	(void)snprintf(path, sizeof(path), "/tmp/es-drain.%d", (int)getpid());
	CU_ASSERT_EQUAL_FATAL(
	    unix_socket_listen(path, LISTEN_BACKLOG, UNIX_SOCKET_EXCLUSIVE, &s, &err),
	    ES_OK);
	if (with_a_closed_connection) {
		CU_ASSERT_TRUE_FATAL(fcgi_client_open(&gone, path));
		fcgi_client_close(&gone);
	}
	CU_ASSERT_TRUE_FATAL(fcgi_client_open(&patient, path));
	fcgi_client_begin(&patient, 1);
	fcgi_client_params(&patient, pairs);
	fcgi_client_stdin(&patient, "", 0);
	CU_ASSERT_TRUE(fcgi_client_send(&patient));
	listen_stop(&s);
	pid = fork();
	if (pid == 0)
		_exit(child(s.fd));
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	close(s.fd);
	p = (struct pollfd){.fd = patient.fd, .events = POLLIN};
	CU_ASSERT_EQUAL(poll(&p, 1, 1000), 1);
	CU_ASSERT_TRUE(fcgi_client_answer(&patient, answer, sizeof(answer)));
	CU_ASSERT_PTR_NOT_NULL(strstr(answer, "echostream-api"));
	fcgi_client_close(&patient);
	(void)unlink(path);
}

static void
alone(void)
{
	run(false);
}

static void
behind_a_closed_connection(void)
{
	run(true);
}

static CU_TestInfo cases[] = {
    {"a waiting request is served", alone},
    {"a request that waits behind a closed connection is served",
	behind_a_closed_connection},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/worker_drain", cases)
