#include "door/handshake.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conn/conn.h"
#include "conn/reconnect_advice.h"
#include "conn/ws.h"
#include "core/check.h"
#include "door/address_limit.h"
#include "door/http_answer.h"
#include "door/origins.h"
#include "door/request_head.h"

#include "core/banned.h"

/* One socket whose head is being read. */
struct visitor {
	struct list link;
	struct handshake *desk;
	ev_io io;
	ev_timer deadline;
	bool is_unix;
	char peer[48];
	size_t len;
	char data[FRONT_HEAD_MAX + 1];
};

struct handshake {
	struct loop_env *env;
	struct conns *conns;
	struct origins *origins;
	struct address_limit *limits;
	struct list visitors;
	unsigned n;
};

struct handshake *
handshake_new(struct conns *conns, struct origins *origins)
{
	struct handshake *d = mem_new(1, sizeof(*d));

	d->env = conns->env;
	d->conns = conns;
	d->origins = origins;
	d->limits = address_limit_new(conns->env->conf->address_connections_per_min);
	list_init(&d->visitors);
	return d;
}

/* Returns the descriptor, now the caller's. */
static int
handshake_show_out(struct visitor *v)
{
	struct ev_loop *loop = v->desk->env->loop;
	const int fd = v->io.fd;

	ev_io_stop(loop, &v->io);
	ev_timer_stop(loop, &v->deadline);
	list_del(&v->link);
	v->desk->n--;
	mem_free(v);
	return fd;
}

void
handshake_free(struct handshake **d)
{
	struct list *l;

	if (*d == NULL)
		return;
	while ((l = list_first(&(*d)->visitors)) != NULL)
		(void)close(handshake_show_out(LIST_ITEM(l, struct visitor, link)));
	address_limit_free(&(*d)->limits);
	mem_free(*d);
	*d = NULL;
}

static void
handshake_answer(struct visitor *v, const struct http_answer *a)
{
	struct loop_env *env = v->desk->env;
	char text[FRONT_ANSWER_MAX];
	const size_t len = http_answer_text(a, text);
	int fd;

	if (a->status != 200)
		metrics_add(env->metrics, PM_HANDSHAKES_REFUSED, 1);
	fd = handshake_show_out(v);
	/* It fits any fresh socket buffer; who is gone by now needs no answer. */
	if (send(fd, text, len, MSG_NOSIGNAL) == (ssize_t)len)
		(void)shutdown(fd, SHUT_WR);
	(void)close(fd);
}

static void
handshake_refuse(struct visitor *v, int status, int64_t retry_ms, const char *why)
{
	handshake_answer(
	    v, &(struct http_answer){.status = status, .why = why, .retry_ms = retry_ms});
}

static bool
handshake_origin_known(const struct handshake *d, const struct request_head *head)
{
	return head->origin == NULL || request_head_same_origin(head) ||
	       origins_allow(d->origins, head->origin);
}

/* A good handshake becomes a connection. What the client has sent after its head goes
 * with it. */
static void
handshake_admit(struct visitor *v, const struct request_head *head)
{
	struct conns *conns = v->desk->conns;
	const size_t rest = v->len - head->len;
	char answer[FRONT_HANDSHAKE_MAX], first[FRONT_HEAD_MAX];
	const size_t len = request_head_accept(head, answer);
	struct conn *c = conn_new(conns);
	int fd;

	if (c == NULL) {
		handshake_refuse(
		    v, 503, reconnect_advice_retry_ms(conns), "this server is full");
		return;
	}
	memcpy(first, v->data + head->len, rest);
	if (head->token != NULL)
		c->in.token = mem_strdup(head->token);
	if (head->origin != NULL && !request_head_same_origin(head))
		c->io.origin = mem_strdup(head->origin);
	(void)snprintf(c->io.address, sizeof(c->io.address), "%s", v->peer);
	fd = handshake_show_out(v);
	/* It fits any fresh socket buffer; a peer that is gone by now needs no answer. */
	if (send(fd, answer, len, MSG_NOSIGNAL) != (ssize_t)len) {
		(void)close(fd);
		conn_lost(c);
		return;
	}
	metrics_add(conns->env->metrics, PM_HANDSHAKES_OK, 1);
	ws_adopt(c, fd, first, rest);
}

static void
handshake_judge(struct visitor *v, const struct request_head *head)
{
	struct handshake *d = v->desk;
	int64_t retry_ms = 0;

	if (v->is_unix && head->forwarded != NULL)
		(void)snprintf(v->peer, sizeof(v->peer), "%s", head->forwarded);
	if (d->env->draining)
		handshake_refuse(v, 503, reconnect_advice_retry_ms(d->conns),
		    "this server is shutting down");
	else if (!address_limit_take(d->limits, v->peer, d->env->now_ms, &retry_ms))
		handshake_refuse(
		    v, 429, retry_ms, "too many connections from this address");
	else if (!handshake_origin_known(d, head))
		handshake_refuse(v, 403, 0, "no tenant allows this Origin");
	else
		handshake_admit(v, head);
}

static void
handshake_on_readable(struct ev_loop *loop, ev_io *io, int events)
{
	struct visitor *v = ES_CONTAINER(io, struct visitor, io);
	struct request_head head;
	ssize_t n;

	(void)loop, (void)events;
	v->desk->env->now_ms = clock_mono_ms();
	n = recv(io->fd, v->data + v->len, FRONT_HEAD_MAX - v->len, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		(void)close(handshake_show_out(v));
		return;
	}
	v->len += (size_t)n;
	switch (request_head_parse(v->data, v->len, &head)) {
	case FRONT_MORE:
		break;
	case FRONT_UPGRADE:
		handshake_judge(v, &head);
		break;
	case FRONT_HEALTH:
		handshake_answer(v, &(struct http_answer){.status = 200});
		break;
	case FRONT_REFUSED:
		handshake_refuse(v, head.status, 0, head.why);
		break;
	}
}

static void
handshake_on_deadline(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct visitor *v = ES_CONTAINER(timer, struct visitor, deadline);

	(void)loop, (void)events;
	(void)close(handshake_show_out(v));
}

/* No room for its head. What has come of it is read, or the kernel would answer with a
 * reset instead. */
static void
handshake_turn_away(struct handshake *d, int fd)
{
	const struct http_answer full = {.status = 503,
	    .why = "this server is overloaded",
	    .retry_ms = reconnect_advice_retry_ms(d->conns)};
	char text[FRONT_ANSWER_MAX], head[FRONT_HEAD_MAX];

	metrics_add(d->env->metrics, PM_HANDSHAKES_REFUSED, 1);
	(void)recv(fd, head, sizeof(head), 0);
	(void)send(fd, text, http_answer_text(&full, text), MSG_NOSIGNAL);
	(void)close(fd);
}

void
handshake_take(struct handshake *d, int fd, bool is_unix, const char *peer)
{
	struct loop_env *env = d->env;
	struct visitor *v;

	if (d->n >= env->conf->visitors) {
		handshake_turn_away(d, fd);
		return;
	}
	v = mem_new(1, sizeof(*v));
	v->desk = d;
	v->is_unix = is_unix;
	(void)snprintf(v->peer, sizeof(v->peer), "%s", peer);
	ev_io_init(&v->io, handshake_on_readable, fd, EV_READ);
	ev_timer_init(&v->deadline, handshake_on_deadline,
	    (double)env->conf->head_timeout_ms / 1000., 0.);
	ev_io_start(env->loop, &v->io);
	ev_timer_start(env->loop, &v->deadline);
	list_init(&v->link);
	list_add_tail(&d->visitors, &v->link);
	d->n++;
}
