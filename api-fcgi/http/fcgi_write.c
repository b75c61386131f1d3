#include "http/fcgi_write.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "core/clock.h"

#include "core/banned.h"

/* From the FastCGI specification, sections 3.3 and 8. */
enum { VERSION = 1, END_REQUEST = 3, STDOUT = 6, HEADER_BYTES = 8, END_BYTES = 8 };
#define RECORD_MAX 65528 /* of 65,535; a multiple of 8 needs no padding */

#define IOV_BATCH 512 /* of one call; Linux takes 1024 */

struct fcgi_out {
	struct iovec *iov;
	size_t n;
	int request_id;
	struct arena *arena;
};

static void
fcgi_write_add(struct fcgi_out *out, const void *data, size_t len)
{
	/* sendmsg() only reads, but struct iovec has no const. */
	const union {
		const void *in;
		void *out;
	} p = {.in = data};

	out->iov[out->n++] = (struct iovec){.iov_base = p.out, .iov_len = len};
}

/* Adds the header of a record. extra: number of zero bytes of the record to add after the
 * header. In an END_REQUEST record they mean application status 0 and
 * FCGI_REQUEST_COMPLETE. */
static void
fcgi_write_add_header(struct fcgi_out *out, int type, size_t content, size_t extra)
{
	unsigned char *h = arena_alloc(out->arena, HEADER_BYTES + extra);

	h[0] = VERSION;
	h[1] = (unsigned char)type;
	h[2] = (unsigned char)(out->request_id >> 8);
	h[3] = (unsigned char)out->request_id;
	h[4] = (unsigned char)(content >> 8);
	h[5] = (unsigned char)content;
	fcgi_write_add(out, h, HEADER_BYTES + extra);
}

/* A record may hold the end of one part and the beginning of the next, so that a short
 * response is one record. */
static void
fcgi_write_add_records(
    struct fcgi_out *out, const struct fcgi_part parts[], size_t n, size_t total)
{
	size_t part = 0, at = 0;

	while (total > 0) {
		size_t room = total < RECORD_MAX ? total : RECORD_MAX;

		fcgi_write_add_header(out, STDOUT, room, 0);
		total -= room;
		while (room > 0 && part < n) {
			const size_t left = parts[part].len - at;
			const size_t take = left < room ? left : room;

			if (take > 0)
				fcgi_write_add(out, parts[part].data + at, take);
			room -= take;
			at += take;
			if (at == parts[part].len) {
				part++;
				at = 0;
			}
		}
	}
}

static bool
fcgi_write_wait(int fd, int64_t deadline_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	for (;;) {
		const int64_t left_ms = deadline_ms - clock_mono_ms();
		int n;

		if (left_ms <= 0)
			return false;
		n = poll(&p, 1, (int)left_ms);
		if (n > 0)
			return true;
		if (n < 0 && errno != EINTR)
			return false;
	}
}

static void
fcgi_write_skip(struct fcgi_out *out, size_t *first, size_t sent)
{
	while (sent > 0) {
		struct iovec *v = &out->iov[*first];
		const size_t skip = sent < v->iov_len ? sent : v->iov_len;

		v->iov_base = (char *)v->iov_base + skip;
		v->iov_len -= skip;
		sent -= skip;
		if (v->iov_len == 0)
			(*first)++;
	}
}

static bool
fcgi_write_send(int fd, struct fcgi_out *out, int64_t stall_ms)
{
	const int64_t deadline_ms = clock_mono_ms() + stall_ms;
	size_t first = 0;

	while (first < out->n) {
		const size_t n = out->n - first;
		const struct msghdr msg = {.msg_iov = &out->iov[first],
		    .msg_iovlen = n < IOV_BATCH ? n : IOV_BATCH};
		const ssize_t sent = sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent >= 0)
			fcgi_write_skip(out, &first, (size_t)sent);
		else if (errno == EAGAIN) {
			if (!fcgi_write_wait(fd, deadline_ms))
				return false;
		} else if (errno != EINTR)
			return false;
		/* A peer that takes bytes slowly does not extend the deadline. */
		if (first < out->n && clock_mono_ms() >= deadline_ms)
			return false;
	}
	return true;
}

bool
fcgi_write_response(int fd, int request_id, const struct fcgi_part parts[], size_t n,
    int64_t stall_ms, struct arena *a)
{
	struct fcgi_out out = {.request_id = request_id, .arena = a};
	size_t total = 0, records;

	for (size_t i = 0; i < n; i++)
		total += parts[i].len;
	records = total / RECORD_MAX + 1;
	/* Each record has a header and one or two parts; n more where parts meet. */
	out.iov = arena_alloc(a, (2 * records + n + 2) * sizeof(*out.iov));
	fcgi_write_add_records(&out, parts, n, total);
	fcgi_write_add_header(&out, STDOUT, 0, 0);
	fcgi_write_add_header(&out, END_REQUEST, END_BYTES, END_BYTES);
	return fcgi_write_send(fd, &out, stall_ms);
}
