/* A blocking connection. Each step has a deadline. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "core/clock.h"
#include "redis/redis_tls.h"

#include "core/banned.h"

/* Write up to this many bytes without polling: they fit into any empty socket buffer. */
#define SHORT_BYTES 2048

static enum es_code
redis_conn_lost(const redisContext *c, struct es_err *err)
{
	return es_fail(err, ES_UNAVAILABLE, "Redis: %s",
	    c->err != 0 ? c->errstr : "connection lost");
}

void
redis_conn_ignore_sigpipe(void)
{
	struct sigaction now;

	if (sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
		(void)signal(SIGPIPE, SIG_IGN);
}

void
redis_conn_keepalive(int fd)
{
	static const struct {
		int level, name, value;
	} options[] = {
	    {SOL_SOCKET, SO_KEEPALIVE, 1},
	    {IPPROTO_TCP, TCP_KEEPIDLE, 3},
	    {IPPROTO_TCP, TCP_KEEPINTVL, 1},
	    {IPPROTO_TCP, TCP_KEEPCNT, 2},
	    {IPPROTO_TCP, TCP_USER_TIMEOUT, 5000},
	};

	/* A system without such an option only notices a dead peer later. */
	for (size_t i = 0; i < ES_COUNT(options); i++)
		(void)setsockopt(fd, options[i].level, options[i].name, &options[i].value,
		    sizeof(options[i].value));
}

static int
redis_conn_wait_for(const redisContext *c, short what, int64_t deadline_ms)
{
	struct pollfd p = {.fd = c->fd, .events = what};
	int rc;

	do {
		int64_t left = deadline_ms - clock_mono_ms();

		if (left < 0)
			left = 0;
		rc = poll(&p, 1, left > 60000 ? 60000 : (int)left);
	} while (
	    (rc < 0 && errno == EINTR) || (rc == 0 && clock_mono_ms() < deadline_ms));
	return rc;
}

enum es_code
redis_conn_flush(redisContext *c, int64_t deadline_ms, struct es_err *err)
{
	int done = 0;
	/* A short command always fits: every earlier one was answered, so the socket's
	 * buffer is empty. */
	bool wait = sdslen(c->obuf) > SHORT_BYTES;

	for (; !done; wait = true) {
		if (wait && redis_conn_wait_for(c, POLLOUT, deadline_ms) <= 0)
			return es_fail(err, ES_UNAVAILABLE, "Redis: write timed out");
		if (redisBufferWrite(c, &done) != REDIS_OK)
			return redis_conn_lost(c, err);
	}
	return ES_OK;
}

enum es_code
redis_conn_read(
    redisContext *c, int64_t deadline_ms, redisReply **out, struct es_err *err)
{
	for (;;) {
		void *reply = NULL;
		int rc;

		if (redisGetReplyFromReader(c, &reply) != REDIS_OK)
			return redis_conn_lost(c, err);
		if (reply != NULL) {
			*out = reply;
			return ES_OK;
		}
		rc = redis_conn_wait_for(c, POLLIN, deadline_ms);
		if (rc < 0)
			return es_fail(err, ES_UNAVAILABLE, "Redis: poll failed");
		if (rc == 0) {
			*out = NULL;
			return ES_OK;
		}
		if (redisBufferRead(c) != REDIS_OK)
			return redis_conn_lost(c, err);
	}
}

bool
redis_conn_stale(const redisContext *c)
{
	struct pollfd p = {.fd = c->fd, .events = POLLIN};

	return poll(&p, 1, 0) != 0;
}

static enum es_code
redis_conn_expect_ok(redisContext *c, int64_t deadline_ms, struct es_err *err)
{
	redisReply *reply;
	enum es_code rc = ES_OK;

	TRY(redis_conn_read(c, deadline_ms, &reply, err));
	if (reply == NULL)
		return es_fail(err, ES_UNAVAILABLE,
		    "Redis: no answer to AUTH, SELECT or PING in time");
	if (reply->type == REDIS_REPLY_ERROR)
		rc = es_fail(err, ES_UNAVAILABLE, "Redis: %s", reply->str);
	freeReplyObject(reply);
	return rc;
}

/* A wrong password or database is ES_UNAVAILABLE, like a server that is down: an operator
 * may correct it while the program runs. */
static enum es_code
redis_conn_handshake(
    redisContext *c, const struct redis_url *url, int64_t deadline_ms, struct es_err *err)
{
	const char *auth[3];
	const size_t n = redis_url_auth(url, auth);

	if (n > 0)
		(void)redisAppendCommandArgv(c, (int)n, auth, NULL);
	if (url->db != 0)
		(void)redisAppendCommand(c, "SELECT %d", url->db);
	/* The PING makes us read the session tickets that TLS 1.3 sends first. Otherwise
	 * poll() would report them as input. */
	if (url->tls)
		(void)redisAppendCommand(c, "PING");
	if (n == 0 && url->db == 0 && !url->tls)
		return ES_OK;
	TRY(redis_conn_flush(c, deadline_ms, err));
	if (n > 0)
		TRY(redis_conn_expect_ok(c, deadline_ms, err));
	if (url->db != 0)
		TRY(redis_conn_expect_ok(c, deadline_ms, err));
	if (url->tls)
		TRY(redis_conn_expect_ok(c, deadline_ms, err));
	return ES_OK;
}

enum es_code
redis_conn_open(const struct redis_url *url, int64_t timeout_ms, redisContext **out,
    struct es_err *err)
{
	const struct timeval limit = {
	    .tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
	const int64_t deadline_ms = clock_mono_ms() + timeout_ms;
	redisContext *c;
	enum es_code rc;

	redis_conn_ignore_sigpipe();
	if (url->path != NULL)
		c = redisConnectUnixWithTimeout(url->path, limit);
	else
		c = redisConnectWithTimeout(url->host, url->port, limit);
	if (c == NULL)
		return es_fail(err, ES_UNAVAILABLE, "Redis: out of memory");
	if (c->err != 0) {
		rc = redis_conn_lost(c, err);
	} else {
		(void)redisSetTimeout(c, limit); /* limits a write to a full socket */
		if (url->path == NULL)
			redis_conn_keepalive(c->fd);
		rc = url->tls ? redis_tls_start(c, url->host, err) : ES_OK;
		if (rc == ES_OK)
			rc = redis_conn_handshake(c, url, deadline_ms, err);
	}
	if (rc != ES_OK) {
		redisFree(c);
		return rc;
	}
	*out = c;
	return ES_OK;
}
