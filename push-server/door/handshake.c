#include "door/handshake.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conn/conn.h"
#include "conn/early_bytes.h"
#include "conn/reconnect_advice.h"
#include "conn/ws.h"
#include "core/check.h"
#include "door/address_limit.h"
#include "door/http_answer.h"
#include "door/origins.h"
#include "door/proxy_v2.h"
#include "door/request_head.h"

#include "core/banned.h"

#define PROXY_LOG_MS \
	60000 /* at most one line a minute about a misconfigured load balancer */

/* A socket whose request head is being read. */
struct request {
	struct list link;
	struct handshake *all;
	ev_io io;
	ev_timer deadline;        /* for the PROXY header and the head together */
	bool needs_proxy;         /* the PROXY header has not come yet */
	bool peer_trusted;        /* the worker trusts X-Forwarded-For of this peer */
	bool waits_for_origin;    /* origins.c is asking whether the Origin is allowed */
	struct request_head head; /* valid once it is complete; its texts are in data */
	char peer[NET_ADDRESS_TEXT];
	size_t len;
	char data[REQUEST_HEAD_MAX + 1];
};

struct handshake {
	struct loop_env *env;
	struct conns *conns;
	struct origins *origins;
	struct address_limit *limits;
	struct cidr_list trusted;
	struct list requests;
	unsigned n;
	int64_t next_proxy_log_ms;
};

static void handshake_on_origins(void *ctx);

struct handshake *
handshake_new(struct conns *conns, struct origins *origins)
{
	struct handshake *h = mem_new(1, sizeof(*h));
	struct es_err err;

	h->env = conns->env;
	h->conns = conns;
	h->origins = origins;
	h->limits = address_limit_new(h->env->conf->address_connections_per_min);
	/* The list is valid: it was checked when the settings were read. */
	CHECK(cidr_list_parse(h->env->conf->trusted_proxies, &h->trusted, &err) == ES_OK);
	list_init(&h->requests);
	origins_listen(origins, handshake_on_origins, h);
	return h;
}

/* Frees the request. Returns its descriptor, which the caller must close. */
static int
handshake_end(struct request *r)
{
	struct handshake *h = r->all;
	const int fd = r->io.fd;

	ev_io_stop(h->env->loop, &r->io);
	ev_timer_stop(h->env->loop, &r->deadline);
	list_del(&r->link);
	h->n--;
	early_bytes_release(h->conns, sizeof(*r));
	mem_free(r);
	return fd;
}

static void
handshake_cut(struct request *r)
{
	(void)close(handshake_end(r));
}

static void
handshake_answer(struct request *r, const struct http_answer *a)
{
	char text[HTTP_ANSWER_MAX];
	const size_t len = http_answer_text(a, text);
	int fd;

	if (a->status != 200)
		metrics_add(r->all->env->metrics, PM_HANDSHAKES_REFUSED, 1);
	fd = handshake_end(r);
	/* The answer fits the empty buffer of a new socket. A send that fails means that
	 * the client is gone and needs no answer. */
	if (send(fd, text, len, MSG_NOSIGNAL) == (ssize_t)len)
		(void)shutdown(fd, SHUT_WR);
	(void)close(fd);
}

static void
handshake_refuse(struct request *r, int status, int64_t retry_ms, const char *why)
{
	handshake_answer(
	    r, &(struct http_answer){.status = status, .why = why, .retry_ms = retry_ms});
}

static enum origins_answer
handshake_origin(const struct handshake *h, const struct request_head *head)
{
	if (head->origin == NULL || request_head_same_origin(head))
		return ORIGINS_YES;
	return origins_look(h->origins, head->origin);
}

/* Turns a good handshake into a connection. ws_adopt() also takes the bytes that the
 * client has sent after its head. */
static void
handshake_admit(struct request *r, const struct request_head *head)
{
	struct handshake *h = r->all;
	const size_t rest = r->len - head->len;
	char answer[REQUEST_HEAD_ANSWER_MAX], first[REQUEST_HEAD_MAX];
	const size_t len = request_head_accept(head, answer);
	struct conn *c = conn_new(h->conns);
	int fd;

	if (c == NULL) {
		handshake_refuse(r, 503, reconnect_advice_retry_ms(h->conns),
		    "this server has reached its limit of connections");
		return;
	}
	memcpy(first, r->data + head->len, rest);
	if (head->token != NULL)
		c->auth.token = mem_strdup(head->token);
	if (head->origin != NULL && !request_head_same_origin(head))
		c->io.origin = mem_strdup(head->origin);
	(void)snprintf(c->io.address, sizeof(c->io.address), "%s", r->peer);
	early_bytes_count(c);
	fd = handshake_end(r);
	/* The answer fits the empty buffer of a new socket. A send that fails means that
	 * the client is gone. */
	if (send(fd, answer, len, MSG_NOSIGNAL) != (ssize_t)len) {
		(void)close(fd);
		conn_on_lost(c);
		return;
	}
	metrics_add(h->env->metrics, PM_HANDSHAKES_OK, 1);
	ws_adopt(c, fd, first, rest);
}

/* Refuses or admits the handshake. While origins.c asks the database, the worker reads
 * nothing from the socket, and the request's deadline keeps running. */
static void
handshake_judge_origin(struct request *r)
{
	struct handshake *h = r->all;

	if (h->env->draining) {
		handshake_refuse(r, 503, reconnect_advice_retry_ms(h->conns),
		    "this server is shutting down");
		return;
	}
	switch (handshake_origin(h, &r->head)) {
	case ORIGINS_YES:
		handshake_admit(r, &r->head);
		break;
	case ORIGINS_NO:
		handshake_refuse(r, 403, 0, "no tenant allows this Origin");
		break;
	case ORIGINS_ASKED:
		ev_io_stop(h->env->loop, &r->io);
		r->waits_for_origin = true;
		break;
	}
}

static void
handshake_on_origins(void *ctx)
{
	struct handshake *h = ctx;
	struct list waiting;

	list_init(&waiting);
	list_splice_tail(&waiting, &h->requests);
	while (!list_empty(&waiting)) {
		struct list *l = list_first(&waiting);
		struct request *r = LIST_ITEM(l, struct request, link);

		list_move_tail(&h->requests, l);
		if (r->waits_for_origin) {
			r->waits_for_origin = false;
			handshake_judge_origin(r);
		}
	}
}

static void
handshake_judge(struct request *r)
{
	struct handshake *h = r->all;
	char client[NET_ADDRESS_TEXT];
	int64_t retry_ms = 0;

	forwarded_client(
	    &r->head.forwarded, &h->trusted, r->peer, r->peer_trusted, client);
	memcpy(r->peer, client, sizeof(client));
	address_limit_set(h->limits, h->env->conf->address_connections_per_min);
	if (h->env->draining ||
	    address_limit_take(h->limits, r->peer, h->env->now_ms, &retry_ms))
		handshake_judge_origin(r);
	else
		handshake_refuse(
		    r, 429, retry_ms, "too many connections from this address");
}

static bool
handshake_trusts(const struct handshake *h, const char *address)
{
	struct net_address a;

	return net_address_parse(address, strlen(address), &a) &&
	       cidr_list_has(&h->trusted, &a);
}

static void
handshake_log_proxy(struct handshake *h, const char *peer, const char *why)
{
	const int64_t now_ms = h->env->now_ms;

	metrics_add(h->env->metrics, PM_HANDSHAKES_REFUSED, 1);
	if (now_ms < h->next_proxy_log_ms)
		return;
	h->next_proxy_log_ms = now_ms + PROXY_LOG_MS;
	log_warn("closed a connection to a +proxy listener", LOG_STR("address", peer),
	    LOG_STR("why", why));
}

/* Removes the PROXY header from the front of r->data. Returns false when the header is
 * incomplete, when nothing follows the header yet, or when r is freed. */
static bool
handshake_read_proxy(struct request *r)
{
	struct proxy_v2 header = {.len = 0};

	switch (proxy_v2_parse(r->data, r->len, &header)) {
	case PROXY_V2_MORE:
		return false;
	case PROXY_V2_MALFORMED:
		handshake_log_proxy(
		    r->all, r->peer, "missing or malformed PROXY header of version 2");
		handshake_cut(r);
		return false;
	case PROXY_V2_DONE:
		break;
	}
	r->needs_proxy = false;
	r->len -= header.len;
	memmove(r->data, r->data + header.len, r->len);
	if (header.has_client) {
		net_address_text(&header.client, r->peer);
		r->peer_trusted = handshake_trusts(r->all, r->peer);
	}
	return r->len > 0;
}

static void
handshake_read_head(struct request *r)
{
	switch (request_head_parse(r->data, r->len, &r->head)) {
	case REQUEST_MORE:
		break;
	case REQUEST_UPGRADE:
		handshake_judge(r);
		break;
	case REQUEST_HEALTH:
		handshake_answer(r, &(struct http_answer){.status = 200});
		break;
	case REQUEST_REFUSED:
		handshake_refuse(r, r->head.status, 0, r->head.why);
		break;
	}
}

static void
handshake_on_readable(struct ev_loop *loop, ev_io *io, int events)
{
	struct request *r = ES_CONTAINER(io, struct request, io);
	ssize_t n;

	(void)loop, (void)events;
	r->all->env->now_ms = clock_mono_ms();
	n = recv(io->fd, r->data + r->len, REQUEST_HEAD_MAX - r->len, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		handshake_cut(r);
		return;
	}
	r->len += (size_t)n;
	if (!r->needs_proxy || handshake_read_proxy(r))
		handshake_read_head(r);
}

static void
handshake_on_deadline(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop, (void)events;
	handshake_cut(ES_CONTAINER(timer, struct request, deadline));
}

void
handshake_refuse_unread(struct handshake *h, int fd)
{
	const struct http_answer answer = {.status = 503,
	    .why = h->env->draining ? "this server is shutting down"
	                            : "this server is overloaded",
	    .retry_ms = reconnect_advice_retry_ms(h->conns)};
	char text[HTTP_ANSWER_MAX], head[REQUEST_HEAD_MAX];

	metrics_add(h->env->metrics, PM_HANDSHAKES_REFUSED, 1);
	/* Read what the client has sent: a close with unread bytes makes the kernel send
	 * a reset, and the client would lose the answer. */
	(void)recv(fd, head, sizeof(head), MSG_DONTWAIT);
	(void)send(
	    fd, text, http_answer_text(&answer, text), MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)close(fd);
}

void
handshake_free(struct handshake **h)
{
	struct list *l;

	if (*h == NULL)
		return;
	origins_listen((*h)->origins, NULL, NULL);
	while ((l = list_first(&(*h)->requests)) != NULL)
		handshake_refuse_unread(
		    *h, handshake_end(LIST_ITEM(l, struct request, link)));
	address_limit_free(&(*h)->limits);
	mem_free(*h);
	*h = NULL;
}

static void
handshake_start(
    struct handshake *h, int fd, struct push_listen_kind kind, const char *peer)
{
	struct loop_env *env = h->env;
	struct request *r = mem_new(1, sizeof(*r));

	r->all = h;
	r->needs_proxy = kind.proxy;
	r->peer_trusted = kind.is_unix || handshake_trusts(h, peer);
	(void)snprintf(r->peer, sizeof(r->peer), "%s", peer);
	ev_io_init(&r->io, handshake_on_readable, fd, EV_READ);
	ev_timer_init(&r->deadline, handshake_on_deadline,
	    (double)env->conf->head_timeout_ms / 1000., 0.);
	ev_io_start(env->loop, &r->io);
	ev_timer_start(env->loop, &r->deadline);
	list_add_tail(&h->requests, &r->link);
	h->n++;
}

void
handshake_take(
    struct handshake *h, int fd, struct push_listen_kind kind, const char *peer)
{
	if (kind.proxy && !kind.is_unix && h->trusted.n > 0 &&
	    !handshake_trusts(h, peer)) {
		handshake_log_proxy(h, peer, "not one of ES_TRUSTED_PROXIES");
		(void)close(fd);
		return;
	}
	if (h->n >= h->env->conf->handshakes ||
	    !early_bytes_reserve(h->conns, sizeof(struct request))) {
		handshake_refuse_unread(h, fd);
		return;
	}
	handshake_start(h, fd, kind, peer);
}
