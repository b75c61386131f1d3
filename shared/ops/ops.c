/* The ops listener: one libwebsockets vhost without extensions, on the default loop. */
#include "ops/ops.h"

#include <libwebsockets.h>
#include <signal.h>
#include <unistd.h>

#include "core/log.h"
#include "ops/ops_http.h"
#include "ops/ops_listen.h"

#include "core/banned.h"

static volatile sig_atomic_t stopping, draining;
static struct lws_context *volatile running; /* the signal handler stops it */

static void
ops_stop(int sig)
{
	(void)sig;
	stopping = 1;
	if (running != NULL)
		lws_cancel_service(
		    running); /* writes to a pipe, so it is safe in a signal handler */
}

static void
ops_drain(int sig)
{
	(void)sig;
	draining = 1;
}

bool
ops_draining(void)
{
	return draining != 0;
}

static void
ops_catch_signals(void)
{
	struct sigaction act = {.sa_handler = ops_stop};

	(void)sigemptyset(&act.sa_mask);
	(void)sigaction(SIGTERM, &act, NULL);
	(void)sigaction(SIGINT, &act, NULL);
	act.sa_handler = ops_drain;
	(void)sigaction(SIGUSR1, &act, NULL);
	act.sa_handler = SIG_IGN;
	(void)sigaction(SIGPIPE, &act, NULL);
}

/* Debian builds libwebsockets without unix sockets, so we accept and hand the socket
 * over. */
static struct lws_context *
ops_start(int fd, struct ops_server *server)
{
	static const struct lws_protocols protocols[] = {
	    {.name = "http", .callback = ops_http_callback},
	    {.name = OPS_LISTENER, .callback = ops_http_accept},
	    {.name = NULL},
	};
	const struct lws_context_creation_info info = {
	    .port = CONTEXT_PORT_NO_LISTEN_SERVER,
	    .protocols = protocols,
	    .server_string = "echostream",
	    .keepalive_timeout = 30,
	    .timeout_secs = 10,
	    .user = server,
	    .gid = (gid_t)-1,
	    .uid = (uid_t)-1,
	};
	const lws_sock_file_fd_type listener = {.filefd = fd};
	struct lws_context *context;
	struct lws_vhost *vhost;

	lws_set_log_level(0, NULL);
	context = lws_create_context(&info);
	if (context == NULL)
		return NULL;
	vhost = lws_get_vhost_by_name(context, "default");
	if (vhost != NULL && lws_adopt_descriptor_vhost(vhost, LWS_ADOPT_RAW_FILE_DESC,
				 listener, OPS_LISTENER, NULL) != NULL)
		return context;
	lws_context_destroy(context);
	return NULL;
}

enum es_code
ops_open(const char *listen, enum unix_socket_how how, struct unix_socket *out,
    struct es_err *err)
{
	struct ops_listen l;

	TRY(ops_listen_parse(listen, &l, err));
	return ops_listen_open(&l, how, out, err);
}

void
ops_end(struct unix_socket *s)
{
	unix_socket_remove(s);
	ops_close(s);
}

void
ops_close(struct unix_socket *s)
{
	(void)close(s->fd);
	s->fd = -1;
}

static struct {
	lws_sorted_usec_list_t timer;
	void (*look)(void *ctx);
	void *ctx;
} ops_watch;

static void
ops_watch_turn(lws_sorted_usec_list_t *timer)
{
	ops_watch.look(ops_watch.ctx);
	lws_sul_schedule(
	    running, 0, timer, ops_watch_turn, OPS_WATCH_MS * (lws_usec_t)1000);
}

int
ops_run(const struct unix_socket *s, const char *from, const struct ops_route routes[],
    unsigned n, void (*watch)(void *ctx), void *ctx)
{
	struct cidr_list networks;
	struct es_err err;
	struct ops_server server = {.routes = routes, .n = n, .ctx = ctx};

	ops_catch_signals();
	if (from != NULL && cidr_list_parse(from, &networks, &err) != ES_OK) {
		log_error("ops listener can't start", LOG_STR("reason", err.text));
		return 1;
	}
	if (from != NULL && s->path[0] == '\0')
		server.from = &networks;
	running = ops_start(s->fd, &server);
	if (running == NULL) {
		log_error("ops listener can't start", LOG_STR("path", s->path));
		return 1;
	}
	ops_watch.look = watch;
	ops_watch.ctx = ctx;
	if (watch != NULL)
		lws_sul_schedule(running, 0, &ops_watch.timer, ops_watch_turn, 1);
	while (!stopping && lws_service(running, 0) >= 0)
		;
	/* Keep the path: the master owns the socket, and restarts this child unless the
	 * master itself ended it. */
	lws_context_destroy(running);
	return stopping ? 0 : 1;
}
