#include "fake_sqs.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/check.h"
#include "core/clock.h"

#include "core/banned.h"

#define REQUEST_MAX 65536

struct fake_client {
	struct fake_client *next;
	struct fake_sqs *fake;
	ev_io io;
	size_t len;
	char text[REQUEST_MAX];
};

static void
close_client(struct fake_client *c)
{
	struct fake_sqs *f = c->fake;
	struct fake_client **at = &f->clients;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	if (f->holds == c)
		f->holds = NULL;
	ev_io_stop(f->loop, &c->io);
	(void)close(c->io.fd);
	mem_free(c);
}

static void
send_response(struct fake_client *c, int status, const char *body)
{
	char text[1024];
	const int len = snprintf(text, sizeof(text),
	    "HTTP/1.1 %d -\r\nContent-Length: %zu\r\n\r\n%s", status, strlen(body), body);

	CHECK(send(c->io.fd, text, (size_t)len, MSG_NOSIGNAL) == len);
}

static void
send_keys(struct fake_client *c)
{
	const struct fake_sqs *f = c->fake;
	char end[ES_TIME_TEXT], body[256];

	if (f->keys == NULL) {
		send_response(c, 500, "");
		return;
	}
	clock_format(clock_wall_ms() + f->life_ms, end);
	(void)snprintf(body, sizeof(body),
	    "{\"AccessKeyId\":\"%s\",\"SecretAccessKey\":\"s\",\"Token\":\"t\","
	    "\"Expiration\":\"%s\"}",
	    f->keys, end);
	send_response(c, 200, body);
}

/* "Authorization: AWS4-HMAC-SHA256 Credential=ACCESS/..." */
static void
record_access_key(struct fake_sqs *f, const char *head)
{
	const char *at = strstr(head, "Credential=");

	CHECK(at != NULL);
	at += strlen("Credential=");
	(void)snprintf(f->access, sizeof(f->access), "%.*s", (int)strcspn(at, "/"), at);
}

static void
answer_request(struct fake_client *c)
{
	struct fake_sqs *f = c->fake;

	if (strncmp(c->text, "GET /keys", 9) == 0) {
		f->asked++;
		if (f->silent)
			f->holds = c;
		else
			send_keys(c);
		return;
	}
	f->requests++;
	record_access_key(f, c->text);
	if (f->expired != NULL && strcmp(f->expired, f->access) == 0)
		send_response(c, 403, "{\"__type\":\"com.amazonaws.sqs#ExpiredToken\"}");
	else if (f->denies > 0 && f->denies-- > 0)
		send_response(c, 403, "{\"__type\":\"com.amazonaws.sqs#AccessDenied\"}");
	else
		send_response(c, 200, "{}");
}

/* True when the client has sent a whole request, head and body. */
static bool
is_whole(const struct fake_client *c)
{
	const char *end = strstr(c->text, "\r\n\r\n");
	const char *length = strcasestr(c->text, "\r\nContent-Length: ");
	size_t body = 0;

	if (end == NULL)
		return false;
	if (length != NULL && length < end)
		body = strtoul(length + strlen("\r\nContent-Length: "), NULL, 10);
	return c->len >= (size_t)(end + 4 - c->text) + body;
}

static void
on_request(struct ev_loop *loop, ev_io *io, int revents)
{
	struct fake_client *c = io->data;
	const ssize_t n = recv(io->fd, c->text + c->len, REQUEST_MAX - 1 - c->len, 0);

	(void)loop, (void)revents;
	if (n <= 0) {
		close_client(c);
		return;
	}
	c->len += (size_t)n;
	c->text[c->len] = '\0';
	if (!is_whole(c))
		return;
	answer_request(c);
	c->len = 0;
}

static void
on_client(struct ev_loop *loop, ev_io *io, int revents)
{
	struct fake_sqs *f = io->data;
	const int fd = accept(f->listener, NULL, NULL);
	struct fake_client *c;

	(void)revents;
	if (fd < 0)
		return;
	c = mem_new(1, sizeof(*c));
	c->fake = f;
	c->next = f->clients;
	f->clients = c;
	ev_io_init(&c->io, on_request, fd, EV_READ);
	c->io.data = c;
	ev_io_start(loop, &c->io);
}

void
fake_sqs_open(struct fake_sqs *f)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t len = sizeof(at);

	*f = (struct fake_sqs){.keys = "AK1", .life_ms = 3600000};
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	f->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	CHECK(bind(f->listener, (struct sockaddr *)&at, len) == 0);
	CHECK(listen(f->listener, 128) == 0);
	CHECK(getsockname(f->listener, (struct sockaddr *)&at, &len) == 0);
	(void)snprintf(f->url, sizeof(f->url), "http://127.0.0.1:%u/1/q.fifo",
	    (unsigned)ntohs(at.sin_port));
	(void)snprintf(f->keys_url, sizeof(f->keys_url), "http://127.0.0.1:%u/keys",
	    (unsigned)ntohs(at.sin_port));
	f->aws = (struct aws_settings){.queue_urls = f->url,
	    .region = "eu-central-1",
	    .timeout_ms = 3000,
	    .container_url = f->keys_url};
	f->settings = (struct queue_settings){.url = "sqs:",
	    .partitions = 1,
	    .max_bytes = 1,
	    .timeout_ms = 1000,
	    .sqs = &f->aws};
}

void
fake_sqs_start(struct fake_sqs *f, struct ev_loop *loop)
{
	f->loop = loop;
	ev_io_init(&f->io, on_client, f->listener, EV_READ);
	f->io.data = f;
	ev_io_start(loop, &f->io);
}

void
fake_sqs_close(struct fake_sqs *f)
{
	while (f->clients != NULL)
		close_client(f->clients);
	if (f->loop != NULL)
		ev_io_stop(f->loop, &f->io);
	(void)close(f->listener);
}

bool
fake_sqs_hand_out(struct fake_sqs *f)
{
	struct fake_client *c = f->holds;

	f->silent = false;
	f->holds = NULL;
	if (c != NULL)
		send_keys(c);
	return c != NULL;
}
