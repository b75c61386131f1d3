#include "queue/queue_async_curl.h"

#include <ev.h>
#include <sys/queue.h>

#include "core/check.h"

#include "core/banned.h"

/* A socket that libcurl wants to be watched. */
struct watched {
	LIST_ENTRY(watched) link;
	ev_io io;
};

struct queue_curl {
	struct ev_loop *loop;
	CURLM *multi;
	queue_curl_done *done;
	void *ctx;
	ev_timer timer; /* fires when libcurl wants to be called */
	LIST_HEAD(, watched) sockets;
};

static void
queue_async_curl_report_done(struct queue_curl *c)
{
	struct CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(c->multi, &left)) != NULL) {
		CURL *easy = m->easy_handle;
		const CURLcode how = m->data.result;

		if (m->msg != CURLMSG_DONE)
			continue;
		(void)curl_multi_remove_handle(c->multi, easy);
		c->done(c->ctx, easy, how);
	}
}

static void
queue_async_curl_on_io(struct ev_loop *loop, ev_io *io, int revents)
{
	struct queue_curl *c = io->data;
	const int what = (revents & EV_READ ? CURL_CSELECT_IN : 0) |
	                 (revents & EV_WRITE ? CURL_CSELECT_OUT : 0);
	int running;

	(void)loop;
	CHECK(curl_multi_socket_action(c->multi, io->fd, what, &running) == CURLM_OK);
	queue_async_curl_report_done(c);
}

static void
queue_async_curl_on_timer(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct queue_curl *c = timer->data;
	int running;

	(void)loop, (void)revents;
	CHECK(curl_multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0, &running) ==
	      CURLM_OK);
	queue_async_curl_report_done(c);
}

static int
queue_async_curl_set_timer(CURLM *multi, long ms, void *ctx)
{
	struct queue_curl *c = ctx;

	(void)multi;
	ev_timer_stop(c->loop, &c->timer);
	if (ms >= 0) {
		ev_timer_set(&c->timer, (double)ms / 1000.0, 0.);
		ev_timer_start(c->loop, &c->timer);
	}
	return 0;
}

static void
queue_async_curl_unwatch(struct queue_curl *c, struct watched *w)
{
	ev_io_stop(c->loop, &w->io);
	LIST_REMOVE(w, link);
	mem_free(w);
}

static int
queue_async_curl_watch_socket(
    CURL *easy, curl_socket_t fd, int what, void *ctx, void *socket_ctx)
{
	struct queue_curl *c = ctx;
	struct watched *w = socket_ctx;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (w != NULL)
			queue_async_curl_unwatch(c, w);
		return 0;
	}
	if (w == NULL) {
		w = mem_new(1, sizeof(*w));
		LIST_INSERT_HEAD(&c->sockets, w, link);
		(void)curl_multi_assign(c->multi, fd, w);
	} else {
		ev_io_stop(c->loop, &w->io);
	}
	ev_io_init(&w->io, queue_async_curl_on_io, fd,
	    (what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0));
	w->io.data = c;
	ev_io_start(c->loop, &w->io);
	return 0;
}

struct queue_curl *
queue_curl_new(struct ev_loop *loop, queue_curl_done *done, void *ctx)
{
	struct queue_curl *c = mem_new(1, sizeof(*c));

	c->loop = loop;
	c->done = done;
	c->ctx = ctx;
	c->multi = curl_multi_init();
	CHECK(c->multi != NULL);
	ev_timer_init(&c->timer, queue_async_curl_on_timer, 0., 0.);
	c->timer.data = c;
	LIST_INIT(&c->sockets);
	(void)curl_multi_setopt(
	    c->multi, CURLMOPT_SOCKETFUNCTION, queue_async_curl_watch_socket);
	(void)curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
	(void)curl_multi_setopt(
	    c->multi, CURLMOPT_TIMERFUNCTION, queue_async_curl_set_timer);
	(void)curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
	return c;
}

void
queue_curl_free(struct queue_curl **c)
{
	struct watched *w;

	if (*c == NULL)
		return;
	(void)curl_multi_cleanup((*c)->multi);
	ev_timer_stop((*c)->loop, &(*c)->timer);
	while ((w = LIST_FIRST(&(*c)->sockets)) != NULL)
		queue_async_curl_unwatch(*c, w);
	mem_free(*c);
	*c = NULL;
}

void
queue_curl_start(struct queue_curl *c, CURL *easy)
{
	CHECK(curl_multi_add_handle(c->multi, easy) == CURLM_OK);
}

void
queue_curl_stop(struct queue_curl *c, CURL *easy)
{
	(void)curl_multi_remove_handle(c->multi, easy);
}
