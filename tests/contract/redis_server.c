#include "redis_server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/check.h"
#include "redis/redis.h"

#include "core/banned.h"

#define NOT_FOUND 127

struct redis_server {
	char dir[64], url[128];
	pid_t pid;
};

static void
run(const char *dir)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (chdir(dir) == 0 && freopen("log", "a", stdout) != NULL)
		execlp("redis-server", "redis-server", "--port", "0", "--unixsocket",
		    "redis.sock", "--save", "", "--appendonly", "yes", "--appendfsync",
		    "always", (char *)NULL);
	_exit(NOT_FOUND);
}

static bool
answers(const char *url)
{
	struct arena *a = arena_new();
	struct redis_value v;
	struct es_err err;
	struct redis *r;
	enum es_code rc = redis_open(url, 1000, &r, &err);

	CHECK(rc == ES_OK);
	rc = redis_text(r, a, &v, &err, "PING", NULL);
	redis_close(&r);
	arena_free(&a);
	return rc == ES_OK;
}

static bool
start(struct redis_server *s)
{
	const struct timespec pause = {.tv_nsec = 10000000};

	s->pid = fork();
	CHECK(s->pid >= 0);
	if (s->pid == 0)
		run(s->dir);
	while (!answers(s->url)) {
		int status;

		if (waitpid(s->pid, &status, WNOHANG) == s->pid) {
			CHECK(WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND);
			s->pid = 0;
			return false;
		}
		(void)nanosleep(&pause, NULL);
	}
	return true;
}

struct redis_server *
redis_server_start(void)
{
	struct redis_server *s = mem_new(1, sizeof(*s));

	(void)snprintf(s->dir, sizeof(s->dir), "/tmp/echostream-redis.XXXXXX");
	CHECK(mkdtemp(s->dir) != NULL);
	(void)snprintf(s->url, sizeof(s->url), "unix://%s/redis.sock", s->dir);
	if (!start(s)) {
		redis_server_end(&s);
		puts("redis-server is not installed");
		exit(77);
	}
	return s;
}

const char *
redis_server_url(const struct redis_server *s)
{
	return s->url;
}

void
redis_server_kill(struct redis_server *s)
{
	CHECK(kill(s->pid, SIGKILL) == 0);
	CHECK(waitpid(s->pid, NULL, 0) == s->pid);
	s->pid = 0;
}

void
redis_server_again(struct redis_server *s)
{
	CHECK(start(s));
}

void
redis_server_freeze(struct redis_server *s)
{
	CHECK(kill(s->pid, SIGSTOP) == 0);
	CHECK(waitpid(s->pid, NULL, WUNTRACED) == s->pid);
}

void
redis_server_thaw(struct redis_server *s)
{
	CHECK(kill(s->pid, SIGCONT) == 0);
}

void
redis_server_end(struct redis_server **s)
{
	char command[96];

	if (*s == NULL)
		return;
	if ((*s)->pid != 0)
		redis_server_kill(*s);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", (*s)->dir);
	CHECK(system(command) == 0);
	free(*s);
	*s = NULL;
}

const char *
redis_test_url(void)
{
	static char url[256];
	const char *given = getenv("ES_TEST_REDIS_URL");

	if (given == NULL || *given == '\0') {
		puts("ES_TEST_REDIS_URL is not set");
		exit(77);
	}
	(void)snprintf(url, sizeof(url), "%s%s", given,
	    strncmp(given, "unix:", 5) == 0 ? "?db=15" : "/15");
	return url;
}
