#include "fake_redis.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "cunit_main.h"

#define CONNECTIONS 8

static bool
answer(struct fake_redis *f, int fd, bool is_first)
{
	const char *text = is_first ? f->first : f->later;
	char asked[4096] = "";

	if (read(fd, asked, sizeof(asked) - 1) <= 0)
		return false;
	if (f->pongs && strstr(asked, "PING") != NULL)
		text = "+PONG\r\n";
	if (!is_first)
		f->later_ms = clock_mono_ms(); /* before the client can read the answer */
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		return false;
	return !(is_first && f->cut);
}

static void *
serve(void *arg)
{
	struct fake_redis *f = arg;
	struct pollfd at[1 + CONNECTIONS] = {{.fd = f->listener, .events = POLLIN}};
	nfds_t n = 1;

	while (!f->over) {
		if (poll(at, n, 10) <= 0)
			continue;
		for (nfds_t i = 1; i < n; i++)
			if (at[i].revents != 0 && !answer(f, at[i].fd, i == 1)) {
				close(at[i].fd);
				at[i].fd = -1; /* poll ignores it */
			}
		if (at[0].revents != 0 && n < 1 + CONNECTIONS)
			at[n++] = (struct pollfd){
			    .fd = accept(f->listener, NULL, NULL), .events = POLLIN};
	}
	for (nfds_t i = 1; i < n; i++)
		if (at[i].fd >= 0)
			close(at[i].fd);
	return NULL;
}

void
fake_redis_begin(struct fake_redis *f)
{
	struct sockaddr_in addr = {
	    .sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	struct sockaddr *any = (struct sockaddr *)&addr;
	socklen_t len = sizeof(addr);

	f->listener = socket(AF_INET, SOCK_STREAM, 0);
	CU_ASSERT_EQUAL_FATAL(bind(f->listener, any, sizeof(addr)), 0);
	CU_ASSERT_EQUAL_FATAL(listen(f->listener, CONNECTIONS), 0);
	CU_ASSERT_EQUAL_FATAL(getsockname(f->listener, any, &len), 0);
	(void)snprintf(
	    f->url, sizeof(f->url), "redis://127.0.0.1:%d", ntohs(addr.sin_port));
	CU_ASSERT_EQUAL_FATAL(pthread_create(&f->thread, NULL, serve, f), 0);
}

int64_t
fake_redis_later_ms(struct fake_redis *f)
{
	return f->later_ms;
}

void
fake_redis_end(struct fake_redis *f)
{
	f->over = true;
	CU_ASSERT_EQUAL(pthread_join(f->thread, NULL), 0);
	close(f->listener);
}
