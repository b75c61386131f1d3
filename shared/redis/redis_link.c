#include "redis/redis_link.h"

#include <ev.h>
#include <signal.h>
#include <stdlib.h>

#include "core/check.h"
#include "core/clock.h"
#include "redis/redis_tls.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#include <hiredis/adapters/libev.h>
#pragma GCC diagnostic pop

#include "core/banned.h"

#define SETTLED_MS 5000 /* a connection that lasted this long restarts the back-off */
/* After a shorter connection the back-off begins with this try: dial again within 400
 * ms. */
#define CUT_TRIES 2

enum link_state { LINK_WAITING, LINK_DIALING, LINK_UP };

struct redis_link {
	struct ev_loop *loop;
	struct arena *arena; /* owns the strings of url */
	struct redis_url url;
	int64_t timeout_ms;
	struct redis_link_events events;
	enum link_state state;
	redisAsyncContext *ac; /* NULL while waiting; ac->data points back here */
	ev_timer timer;        /* end of the back-off, or deadline of the dial */
	unsigned tries;
	int64_t up_since_ms;
};

static void
redis_link_start_timer(struct redis_link *l, int64_t ms)
{
	ev_timer_stop(l->loop, &l->timer);
	ev_now_update(l->loop);
	ev_timer_set(&l->timer, (double)ms / 1000.0, 0.);
	ev_timer_start(l->loop, &l->timer);
}

unsigned
redis_link_tries(unsigned tries, int64_t up_ms)
{
	if (up_ms >= SETTLED_MS)
		return 0;
	return up_ms >= 0 && tries > CUT_TRIES ? CUT_TRIES : tries;
}

/* Starts the back-off, from any state. The caller or hiredis frees the context. Calls the
 * owner last, because the owner may close the link. */
static void
redis_link_start_waiting(struct redis_link *l)
{
	const bool was_up = l->state == LINK_UP;

	l->tries =
	    redis_link_tries(l->tries, was_up ? clock_mono_ms() - l->up_since_ms : -1);
	if (l->ac != NULL)
		l->ac->data = NULL;
	l->ac = NULL;
	l->state = LINK_WAITING;
	redis_link_start_timer(
	    l, clock_backoff_ms(l->tries++, REDIS_BACKOFF_MIN_MS, REDIS_BACKOFF_MAX_MS));
	if (was_up)
		l->events.down(l->events.ctx);
}

void
redis_link_drop(struct redis_link *l)
{
	redisAsyncContext *ac = l->ac;

	redis_link_start_waiting(l);
	if (ac != NULL)
		redisAsyncFree(ac);
}

void
redis_link_lost(redisAsyncContext *ac)
{
	if (ac->data != NULL)
		redis_link_start_waiting(ac->data);
}

bool
redis_link_current(const redisAsyncContext *ac)
{
	return ac->data != NULL;
}

static void
redis_link_on_handshake_reply(redisAsyncContext *ac, void *data, void *unused)
{
	const redisReply *reply = data;

	(void)unused;
	if (reply == NULL)
		redis_link_lost(ac);
	else if (redis_link_current(ac) && reply->type == REDIS_REPLY_ERROR)
		redis_link_drop(ac->data);
}

static void
redis_link_on_ping_reply(redisAsyncContext *ac, void *data, void *unused)
{
	struct redis_link *l = ac->data;

	redis_link_on_handshake_reply(ac, data, unused);
	if (!redis_link_current(ac))
		return;
	ev_timer_stop(l->loop, &l->timer);
	l->state = LINK_UP;
	l->up_since_ms = clock_mono_ms();
	l->events.up(l->events.ctx);
}

static void
redis_link_send_handshake(struct redis_link *l)
{
	const char *auth[3];
	const size_t n = redis_url_auth(&l->url, auth);

	if (n > 0)
		(void)redisAsyncCommandArgv(
		    l->ac, redis_link_on_handshake_reply, NULL, (int)n, auth, NULL);
	if (l->url.db != 0)
		(void)redisAsyncCommand(
		    l->ac, redis_link_on_handshake_reply, NULL, "SELECT %d", l->url.db);
	(void)redisAsyncCommand(l->ac, redis_link_on_ping_reply, NULL, "PING");
}

/* hiredis 0.14 does not allow freeing the context inside this callback, so only change
 * the state. */
static void
redis_link_on_connect(const redisAsyncContext *ac, int status)
{
	if (ac->data == NULL)
		return;
	if (status == REDIS_OK)
		redis_link_send_handshake(ac->data);
	else
		redis_link_start_waiting(ac->data);
}

static void
redis_link_on_disconnect(const redisAsyncContext *ac, int status)
{
	(void)status;
	if (ac->data != NULL)
		redis_link_start_waiting(ac->data);
}

static void
redis_link_dial(struct redis_link *l)
{
	struct es_err err;
	redisAsyncContext *ac = l->url.path != NULL
	                            ? redisAsyncConnectUnix(l->url.path)
	                            : redisAsyncConnect(l->url.host, l->url.port);

	CHECK(ac != NULL);
	if (ac->err != 0 ||
	    (l->url.tls && redis_tls_start(&ac->c, l->url.host, &err) != ES_OK)) {
		redisAsyncFree(ac);
		redis_link_start_waiting(l);
		return;
	}
	if (l->url.path == NULL)
		redis_conn_keepalive(ac->c.fd);
	ac->data = l;
	l->ac = ac;
	l->state = LINK_DIALING;
	(void)redisLibevAttach(l->loop, ac);
	(void)redisAsyncSetConnectCallback(ac, redis_link_on_connect);
	(void)redisAsyncSetDisconnectCallback(ac, redis_link_on_disconnect);
	redis_link_start_timer(l, l->timeout_ms);
}

static void
redis_link_on_timer(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct redis_link *l = timer->data;

	(void)loop, (void)revents;
	if (l->state == LINK_DIALING)
		redis_link_drop(l);
	else
		redis_link_dial(l);
}

enum es_code
redis_link_open(struct ev_loop *loop, const char *url, int64_t timeout_ms,
    const struct redis_link_events *events, struct redis_link **out, struct es_err *err)
{
	struct redis_link *l = mem_new(1, sizeof(*l));
	enum es_code rc;

	l->loop = loop;
	l->arena = arena_new();
	l->timeout_ms = timeout_ms;
	l->events = *events;
	ev_timer_init(&l->timer, redis_link_on_timer, 0., 0.);
	l->timer.data = l;
	rc = redis_url_parse(url, l->arena, &l->url, err);
	if (rc != ES_OK) {
		redis_link_close(&l);
		return rc;
	}
	redis_conn_ignore_sigpipe();
	/* The first callback comes from the loop, never from inside this function. */
	redis_link_start_timer(l, 0);
	*out = l;
	return ES_OK;
}

void
redis_link_close(struct redis_link **l)
{
	redisAsyncContext *ac;

	if (*l == NULL)
		return;
	ac = (*l)->ac;
	ev_timer_stop((*l)->loop, &(*l)->timer);
	arena_free(&(*l)->arena);
	free(*l);
	*l = NULL;
	if (ac != NULL) {
		ac->data = NULL;
		redisAsyncFree(ac);
	}
}

redisAsyncContext *
redis_link_context(const struct redis_link *l)
{
	return l->state == LINK_UP ? l->ac : NULL;
}
