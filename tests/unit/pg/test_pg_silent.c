/* Servers that exist and do not answer, like a stopped machine. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/check.h"
#include "core/clock.h"
#include "cunit_main.h"
#include "pg/pg.h"

#include "core/banned.h"

#define STARTUP_MAX 1024

struct silent {
	char folder[64], path[96], url[160];
	char *startup; /* first bytes of the last client; memory shared with the child */
	int listener;
	pid_t pid;
};

/* A socket with the name that libpq expects; connections wait in its backlog. */
static void
silent_open(struct silent *s)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	(void)snprintf(s->folder, sizeof(s->folder), "/tmp/es-silent-XXXXXX");
	CHECK(mkdtemp(s->folder) != NULL);
	(void)snprintf(s->path, sizeof(s->path), "%s/.s.PGSQL.5432", s->folder);
	(void)snprintf(
	    s->url, sizeof(s->url), "host=%s port=5432 user=u dbname=d", s->folder);
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", s->path);
	s->pid = 0;
	s->startup = mmap(
	    NULL, STARTUP_MAX, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(s->startup != MAP_FAILED);
	s->listener = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(bind(s->listener, (struct sockaddr *)&at, sizeof(at)) == 0);
	CHECK(listen(s->listener, 8) == 0);
}

static void
silent_close(struct silent *s)
{
	if (s->pid > 0) {
		(void)kill(s->pid, SIGKILL);
		(void)waitpid(s->pid, NULL, 0);
	}
	(void)munmap(s->startup, STARTUP_MAX);
	(void)close(s->listener);
	(void)unlink(s->path);
	(void)rmdir(s->folder);
}

/* Completes the start of every connection, and then answers no statement. */
static void
serve_handshake_only(struct silent *s)
{
	static const char hello[] = "R\0\0\0\x08\0\0\0\0"
				    "S\0\0\0\x18server_version\0"
				    "15.0\0"
				    "S\0\0\0\x17in_hot_standby\0off\0"
				    "S\0\0\0\x26"
				    "default_transaction_read_only\0off\0"
				    "Z\0\0\0\x05I";

	s->pid = fork();
	if (s->pid != 0)
		return;
	for (;;) {
		const int fd = accept(s->listener, NULL, NULL);

		if (fd < 0 || read(fd, s->startup, STARTUP_MAX) <= 0 ||
		    write(fd, hello, sizeof(hello) - 1) < 0)
			_exit(1);
	}
}

static const struct pg_stmt one = {.name = "one", .sql = "SELECT 1"};

static void
run_takes_less_than(struct pg *pg, int64_t limit_ms)
{
	const int64_t start_ms = clock_mono_ms();
	struct arena *a = arena_new();
	struct pg_rows rows;
	struct es_err err;

	CU_ASSERT_EQUAL(pg_run(pg, NULL, &one, NULL, a, &rows, &err), ES_UNAVAILABLE);
	CU_ASSERT_STRING_EQUAL(err.sqlstate, PG_LOST);
	CU_ASSERT_TRUE(clock_mono_ms() - start_ms < limit_ms);
	arena_free(&a);
}

static void
gives_up_connecting_and_backs_off(void)
{
	struct silent s;
	struct pg_settings settings = {.url = s.url,
	    .application_name = "t",
	    .connect_timeout_ms = 150,
	    .statement_timeout_ms = 100};
	struct pg *pg = NULL;
	struct es_err err;

	silent_open(&s);
	CU_ASSERT_EQUAL_FATAL(pg_open(&settings, &pg, &err), ES_OK);
	run_takes_less_than(pg, 1000);
	run_takes_less_than(pg, 40); /* during the back-off pg does not connect */
	pg_close(&pg);
	silent_close(&s);
}

static void
gives_up_on_a_server_that_hangs(void)
{
	struct silent s;
	struct pg_settings settings = {.url = s.url,
	    .application_name = "t",
	    .connect_timeout_ms = 2000,
	    .statement_timeout_ms = 100};
	struct pg *pg = NULL;
	struct es_err err;

	silent_open(&s);
	serve_handshake_only(&s);
	CU_ASSERT_EQUAL_FATAL(pg_open(&settings, &pg, &err), ES_OK);
	run_takes_less_than(pg, 1500);
	CU_ASSERT_STRING_EQUAL(pg_detail(pg), "no answer in time");
	pg_close(&pg);
	silent_close(&s);
}

/* The session of a vanished client keeps its locks until the server notices. */
static void
makes_the_server_notice_a_vanished_client(void)
{
	static const char *const wanted[] = {"-c tcp_keepalives_idle=3 ",
	    "-c tcp_keepalives_interval=1 ", "-c tcp_keepalives_count=2 ",
	    "-c tcp_user_timeout=5000", "-c idle_in_transaction_session_timeout="};
	struct silent s;
	struct pg_settings settings = {
	    .url = s.url, .application_name = "t", .statement_timeout_ms = 100};
	struct pg *pg = NULL;
	struct es_err err;

	silent_open(&s);
	serve_handshake_only(&s);
	CU_ASSERT_EQUAL_FATAL(pg_open(&settings, &pg, &err), ES_OK);
	run_takes_less_than(pg, 1500);
	for (size_t i = 0; i < ES_COUNT(wanted); i++)
		CU_ASSERT_PTR_NOT_NULL(
		    memmem(s.startup, STARTUP_MAX, wanted[i], strlen(wanted[i])));
	pg_close(&pg);
	silent_close(&s);
}

static void
pg_open_succeeds_while_the_server_is_away(void)
{
	const struct pg_settings settings = {
	    .url = "host=/nonexistent user=u dbname=d", .application_name = "t"};
	struct pg *pg = NULL;
	struct es_err err;

	CU_ASSERT_EQUAL_FATAL(pg_open(&settings, &pg, &err), ES_OK);
	run_takes_less_than(pg, 1000);
	CU_ASSERT_PTR_NOT_NULL(strstr(pg_detail(pg), "/nonexistent"));
	pg_close(&pg);
}

static CU_TestInfo cases[] = {
    {"gives up connecting and backs off", gives_up_connecting_and_backs_off},
    {"gives up on a server that hangs", gives_up_on_a_server_that_hangs},
    {"the server notices a vanished client", makes_the_server_notice_a_vanished_client},
    {"pg_open succeeds while the server is away",
	pg_open_succeeds_while_the_server_is_away},
    CU_TEST_INFO_NULL,
};
CUNIT_MAIN("pg_silent", cases)
