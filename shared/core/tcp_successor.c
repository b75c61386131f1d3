#include "core/tcp_successor.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "core/banned.h"

#define STATE_LISTEN 10 /* TCP_LISTEN of the kernel */

struct address {
	sa_family_t family;
	uint16_t port;  /* network order */
	uint32_t ip[4]; /* in the form of the kernel's list: IPv4 is in ip[0] */
};

static bool
tcp_successor_address(int fd, struct address *out)
{
	struct sockaddr_storage sa = {0};
	socklen_t len = sizeof(sa);

	*out = (struct address){0};
	if (getsockname(fd, (struct sockaddr *)&sa, &len) != 0)
		return false;
	out->family = sa.ss_family;
	if (sa.ss_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)&sa;

		out->port = in->sin_port;
		memcpy(out->ip, &in->sin_addr, sizeof(in->sin_addr));
	} else if (sa.ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)&sa;

		out->port = in6->sin6_port;
		memcpy(out->ip, &in6->sin6_addr, sizeof(in6->sin6_addr));
	}
	return out->port != 0;
}

static bool
tcp_successor_ask(int netlink, const struct address *at)
{
	const struct {
		struct nlmsghdr head;
		struct inet_diag_req_v2 body;
	} ask = {
	    .head = {.nlmsg_len = sizeof(ask),
		.nlmsg_type = SOCK_DIAG_BY_FAMILY,
		.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
	    .body = {.sdiag_family = (uint8_t)at->family,
		.sdiag_protocol = IPPROTO_TCP,
		.idiag_states = 1U << STATE_LISTEN,
		.id = {.idiag_sport = at->port}},
	};

	return send(netlink, &ask, sizeof(ask), 0) == (ssize_t)sizeof(ask);
}

static bool
tcp_successor_is_at(const struct inet_diag_msg *m, const struct address *at)
{
	const size_t bytes = at->family == AF_INET6 ? 16 : 4;

	return m->id.idiag_sport == at->port &&
	       memcmp(m->id.idiag_src, at->ip, bytes) == 0;
}

/* Reads the kernel's list. *n also counts inodes that no longer fit in out. Returns false
 * when the list is incomplete. */
static bool
tcp_successor_read(int netlink, const struct address *at,
    uint32_t out[TCP_SUCCESSOR_KNOWN_MAX], unsigned *n)
{
	union {
		struct nlmsghdr head;
		char bytes[8192];
	} got;

	for (*n = 0;;) {
		const ssize_t len = recv(netlink, &got, sizeof(got), 0);
		size_t left = len < 0 ? 0 : (size_t)len;

		if (len <= 0)
			return false;
		for (const struct nlmsghdr *h = &got.head; NLMSG_OK(h, left);
		     h = NLMSG_NEXT(h, left)) {
			const struct inet_diag_msg *m = NLMSG_DATA(h);

			if (h->nlmsg_type != SOCK_DIAG_BY_FAMILY)
				return h->nlmsg_type == NLMSG_DONE;
			if (tcp_successor_is_at(m, at) &&
			    (*n)++ < TCP_SUCCESSOR_KNOWN_MAX)
				out[*n - 1] = m->idiag_inode;
		}
	}
}

static bool
tcp_successor_list(int fd, uint32_t out[TCP_SUCCESSOR_KNOWN_MAX], unsigned *n)
{
	const struct timeval patience = {.tv_usec = 100000};
	struct address at;
	int netlink;
	bool done;

	if (!tcp_successor_address(fd, &at))
		return false;
	netlink = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	if (netlink < 0)
		return false;
	done = setsockopt(
		   netlink, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0 &&
	       tcp_successor_ask(netlink, &at) &&
	       tcp_successor_read(netlink, &at, out, n);
	(void)close(netlink);
	return done && *n <= TCP_SUCCESSOR_KNOWN_MAX;
}

void
tcp_successor_record_known(int fd, struct tcp_successor_known *out)
{
	if (!tcp_successor_list(fd, out->inodes, &out->n))
		out->n = 0;
}

static bool
tcp_successor_is_known(const struct tcp_successor_known *known, uint32_t inode)
{
	for (unsigned i = 0; i < known->n; i++)
		if (known->inodes[i] == inode)
			return true;
	return false;
}

bool
tcp_successor_listens(int fd, const struct tcp_successor_known *known)
{
	uint32_t inodes[TCP_SUCCESSOR_KNOWN_MAX];
	unsigned n;

	if (known->n == 0 || !tcp_successor_list(fd, inodes, &n))
		return false;
	for (unsigned i = 0; i < n; i++)
		if (!tcp_successor_is_known(known, inodes[i]))
			return true;
	return false;
}
