#include "http/listen.h"

#include <poll.h>
#include <sys/socket.h>

#include "core/banned.h"

void
listen_stop(const struct unix_socket *s)
{
	unix_socket_remove(s);
	(void)shutdown(s->fd, SHUT_RD);
}

bool
listen_stopped(int fd)
{
	struct pollfd one = {.fd = fd, .events = POLLRDHUP};

	return poll(&one, 1, 0) == 1 && (one.revents & POLLRDHUP) != 0;
}
