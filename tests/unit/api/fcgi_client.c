#include "fcgi_client.h"

#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/check.h"

#include "core/banned.h"

/* Record types of the FastCGI specification, section 8. */
enum { BEGIN = 1, END = 3, PARAMS = 4, STDIN = 5, STDOUT = 6 };

bool
fcgi_client_open(struct fcgi_client *c, const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	const struct timeval patience = {.tv_sec = 10};

	c->len = 0;
	memcpy(addr.sun_path, path, strlen(path));
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	(void)setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return connect(c->fd, (const struct sockaddr *)&addr, sizeof(addr)) == 0;
}

void
fcgi_client_close(struct fcgi_client *c)
{
	(void)close(c->fd);
}

static void
add(struct fcgi_client *c, const void *data, size_t len)
{
	CHECK(c->len + len <= sizeof(c->out));
	memcpy(c->out + c->len, data, len);
	c->len += len;
}

void
fcgi_client_record(struct fcgi_client *c, unsigned type, const void *data, size_t len)
{
	const unsigned char head[8] = {1, (unsigned char)type, 0, 1,
	    (unsigned char)(len >> 8), (unsigned char)len, 0, 0};

	add(c, head, sizeof(head));
	add(c, data, len);
}

void
fcgi_client_begin(struct fcgi_client *c, unsigned role)
{
	const unsigned char body[8] = {
	    0, (unsigned char)role, (role & FCGI_CLIENT_KEEP) != 0};

	fcgi_client_record(c, BEGIN, body, sizeof(body));
}

void
fcgi_client_params(struct fcgi_client *c, const char *const pairs[])
{
	unsigned char body[8192];
	size_t n = 0;

	for (size_t i = 0; pairs[i] != NULL; i += 2) {
		const size_t name = strlen(pairs[i]), value = strlen(pairs[i + 1]);
		const uint32_t big = (uint32_t)value | 0x80000000U;

		body[n++] = (unsigned char)name;
		for (int shift = 24; shift >= 0; shift -= 8)
			body[n++] = (unsigned char)(big >> shift);
		memcpy(body + n, pairs[i], name);
		memcpy(body + n + name, pairs[i + 1], value);
		n += name + value;
	}
	if (n > 0)
		fcgi_client_record(c, PARAMS, body, n);
	fcgi_client_record(c, PARAMS, "", 0);
}

void
fcgi_client_stdin(struct fcgi_client *c, const char *data, size_t len)
{
	do {
		const size_t n = len < 32768 ? len : 32768;

		fcgi_client_record(c, STDIN, data, n);
		data += n;
		len -= n;
	} while (len > 0);
}

bool
fcgi_client_send(struct fcgi_client *c)
{
	const bool sent = send(c->fd, c->out, c->len, MSG_NOSIGNAL) == (ssize_t)c->len;

	c->len = 0;
	return sent;
}

static bool
read_full(int fd, void *to, size_t len)
{
	return len == 0 || recv(fd, to, len, MSG_WAITALL) == (ssize_t)len;
}

bool
fcgi_client_answer(struct fcgi_client *c, char *out, size_t size)
{
	unsigned char head[8], body[65536 + 256];
	size_t n = 0;

	out[0] = '\0';
	while (read_full(c->fd, head, sizeof(head))) {
		const size_t len = (size_t)head[4] << 8 | head[5];

		if (!read_full(c->fd, body, len + head[6]))
			return false;
		if (head[1] == END)
			return true;
		if (head[1] != STDOUT)
			continue;
		CHECK(n + len < size);
		memcpy(out + n, body, len);
		n += len;
		out[n] = '\0';
	}
	return false;
}
