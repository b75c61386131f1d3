#include "caller.h"

#include <string.h>
#include <sys/socket.h>

#include <CUnit/CUnit.h>

#include "core/check.h"
#include "door/handshake.h"

#include "core/banned.h"

struct rig caller_rig;
struct client caller;

void
caller_connect_at(struct push_listen_kind kind, const char *peer)
{
	int pair[2];

	memset(&caller, 0, sizeof(caller));
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) ==
	      0);
	caller.fd = pair[1];
	handshake_take(caller_rig.worker.handshake, pair[0], kind, peer);
}

void
caller_connect(bool is_unix, const char *peer)
{
	caller_connect_at((struct push_listen_kind){.is_unix = is_unix}, peer);
}

void
caller_send_bytes(const char *bytes, size_t len)
{
	CU_ASSERT_EQUAL(send(caller.fd, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
}

void
caller_send(const char *text)
{
	caller_send_bytes(text, strlen(text));
}

const char *
caller_answer(void)
{
	const int64_t until = clock_mono_ms() + 5000;

	while (client_read(&caller, 65536) && clock_mono_ms() < until)
		rig_turn(&caller_rig);
	CU_ASSERT_TRUE(caller.ended);
	return caller.data;
}

void
caller_down(void)
{
	client_close(&caller);
	rig_turn(&caller_rig);
	rig_down(&caller_rig);
}

void
caller_up_with(const char *trusted, int64_t per_min)
{
	rig_up(&caller_rig);
	handshake_free(&caller_rig.worker.handshake);
	caller_rig.conf.trusted_proxies = trusted;
	caller_rig.conf.address_connections_per_min = per_min;
	caller_rig.worker.handshake =
	    handshake_new(&caller_rig.worker.conns, caller_rig.worker.origins);
}
