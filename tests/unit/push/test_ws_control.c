/* Control frames of clients, as bytes on a socket: pings, closes, floods. */
#include <string.h>
#include <sys/socket.h>

#include "cunit_main.h"

#include "conn/conn_write.h"
#include "conn/ws_receive.h"
#include "one_client.h"

#include "core/banned.h"

/* Sends these bytes unchanged. */
static void
wire(const char *bytes, size_t len)
{
	CU_ASSERT_EQUAL(send(client.fd, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
}

static unsigned
count(int opcode, const char *text)
{
	unsigned n = 0;

	rig_turn(&rig);
	(void)client_read(&client, sizeof(client.data));
	for (client_next(&client, &got); got.opcode >= 0; client_next(&client, &got))
		n += got.opcode == opcode && strcmp(got.text, text) == 0;
	return n;
}

/* RFC 6455 section 5.5.3: at least the most recent of several pings is answered. */
static void
answers_the_last_of_several_pings(void)
{
	one_client_up();
	wire("\x89\x83\0\0\0\0one\x89\x83\0\0\0\0two\x89\x85\0\0\0\0three", 9 + 9 + 11);
	CU_ASSERT_EQUAL(count(10, "three"), 1);
	client_send(&client, 9, true, "", 0);
	CU_ASSERT_EQUAL(count(10, ""), 1);
	one_client_down();
}

static void
answers_a_ping_that_comes_in_pieces_and_before_hello(void)
{
	rig_up(&rig);
	rig_client_without_token(&rig, &client);
	rig_turn(&rig);
	wire("\x89\x84\0\0", 4);
	rig_turn(&rig);
	wire("\0\0pi", 4);
	rig_turn(&rig);
	wire("ng", 2);
	CU_ASSERT_EQUAL(count(10, "ping"), 1);
	one_client_down();
}

/* The worker answers a protocol error with a Close frame that has the code of RFC 6455.
 */
static void
closes_with_a_code(void)
{
	static const struct {
		const char *bytes;
		size_t len;
		unsigned code;
	} cases[] = {
	    {"\x81\x02hi", 4, 1002},               /* not masked */
	    {"\x89\xfe\x00\x7e\0\0\0\0", 8, 1002}, /* a ping of 126 bytes */
	    {"\x8a\xfe\x00\x7e\0\0\0\0", 8, 1002}, /* a pong of 126 bytes */
	    {"\x88\xfe\x00\x7e\0\0\0\0", 8, 1002}, /* a Close of 126 bytes */
	    {"\x88\x81\0\0\0\0\x03", 7, 1002},     /* a Close of one byte */
	    {"\x88\x84\0\0\0\0\x03\xe8\xc3\x28", 10,
		1007},                             /* a reason that is not UTF-8 */
	    {"\x88\x82\0\0\0\0\x13\x88", 8, 1002}, /* the code 5000 */
	    {"\x88\x82\0\0\0\0\xff\xff", 8, 1002}, /* the code 65535 */
	    {"\x88\x82\0\0\0\0\x03\xe8", 8, 1000}, /* a valid code: echoed */
	    {"\x88\x82\0\0\0\0\x0b\xb8", 8, 3000}, /* a valid code: echoed */
	    {"\xc1\x80\0\0\0\0", 6, 1002},         /* RSV1 */
	    {"\x83\x80\0\0\0\0", 6, 1002},         /* an unknown opcode */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		one_client_up();
		wire(cases[i].bytes, cases[i].len);
		CU_ASSERT_EQUAL(rig_close_code(&rig, &client), cases[i].code);
		/* the end of the stream follows without a wait for a time-out */
		for (unsigned k = 0; k < 10 && !client.ended; k++) {
			rig_turn(&rig);
			(void)client_read(&client, 4096);
		}
		CU_ASSERT_TRUE(client.ended);
		one_client_down();
	}
}

static void
echoes_a_close_without_a_code(void)
{
	one_client_up();
	wire("\x88\x80\0\0\0\0", 6);
	rig_turn(&rig);
	(void)client_read(&client, 4096);
	client_next(&client, &got);
	CU_ASSERT_EQUAL(got.opcode, 8);
	CU_ASSERT_EQUAL(got.len, 0);
	one_client_down();
}

/* After the worker's Close frame, the peer's Close frame ends the connection. The worker
 * ignores data that arrives in between. */
static void
waits_for_the_close_of_the_peer(void)
{
	one_client_up();
	conn_close(rig_conn(&rig, &client), CLOSE_DRAIN, "bye");
	CU_ASSERT_EQUAL(rig_close_code(&rig, &client), CLOSE_DRAIN);
	CU_ASSERT_EQUAL(rig.worker.conns.n, 1);
	client_text(&client, "{\"type\":\"ping\",\"id\":\"late\"}");
	rig_turn(&rig);
	CU_ASSERT_EQUAL(rig.worker.conns.n, 1);
	wire("\x88\x82\0\0\0\0\x10\x68", 8);
	rig_turn(&rig);
	rig_turn(&rig);
	CU_ASSERT_EQUAL(rig.worker.conns.n, 0);
	CU_ASSERT_EQUAL(count(1, ""), 0);
	one_client_down();
}

/* Sends n frames of these bytes. */
static void
flood(const char *bytes, size_t len, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		wire(bytes, len);
	rig_turn(&rig);
}

static void
counts_control_frames_and_fragments(void)
{
	static const struct {
		const char *bytes;
		size_t len;
	} cases[] = {
	    {"\x89\x82\0\0\0\0hi", 8}, /* pings */
	    {"\x8a\x82\0\0\0\0hi", 8}, /* pongs */
	    {"\x00\x80\0\0\0\0", 6},   /* empty continuations */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (int early = 0; early <= 1; early++) {
			unsigned n = 200;

			rig_up(&rig);
			if (early)
				rig_client_without_token(&rig, &client);
			else
				rig_client(&rig, &client, 0);
			rig_turn(&rig);
			if (cases[i].bytes[0] == 0) { /* continuations need a message */
				wire("\x01\x80\0\0\0\0", 6);
				n--;
			}
			flood(cases[i].bytes, cases[i].len, n);
			CU_ASSERT_PTR_NOT_NULL(rig_conn(&rig, &client));
			flood(cases[i].bytes, cases[i].len, 1);
			CU_ASSERT_EQUAL(rig_close_code(&rig, &client), CLOSE_RATE);
			one_client_down();
		}
	one_client_up();
	flood("\x89\x82\0\0\0\0hi", 8, 200);
	rig.worker.env.now_ms += WS_CONTROL_WINDOW_MS;
	rig_conn(&rig, &client)->io.window_ms -= WS_CONTROL_WINDOW_MS;
	flood("\x89\x82\0\0\0\0hi", 8, 200);
	CU_ASSERT_PTR_NOT_NULL(rig_conn(&rig, &client));
	one_client_down();
}

static void
on_end(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop, (void)timer, (void)events;
}

/* A client sends a frame and reads nothing. The frame's waiting bytes must not make the
 * loop spin. */
static void
sleeps_while_a_blocked_client_sends(void)
{
	char big[20000];
	struct conn *c;
	unsigned turns = 0;
	ev_timer end;

	memset(big, 'x', sizeof(big));
	rig_up(&rig);
	rig_client(&rig, &client, 4096);
	c = rig_conn(&rig, &client);
	for (unsigned i = 0; i < 100 && !c->out.blocked; i++) {
		conn_queue_frame(c, big, sizeof(big));
		rig_turn(&rig);
	}
	CU_ASSERT_TRUE(c->out.blocked);
	client_text(&client, "{\"type\":\"ping\",\"id\":\"patient\"}");
	ev_timer_init(&end, on_end, 0.1, 0.);
	ev_timer_start(rig.worker.env.loop, &end);
	while (ev_is_active(&end)) {
		turns++;
		ev_run(rig.worker.env.loop, EVRUN_ONCE);
	}
	CU_ASSERT_TRUE(turns < 20); /* only timers wake the loop */
	CU_ASSERT_TRUE(one_client_answered("patient"));
	one_client_down();
}

/* After the worker has decided to close, it reads only a limited number of the client's
 * bytes. */
static void
stops_reading_a_flood_after_the_close(void)
{
	static char pings[65536];
	ssize_t n;
	size_t sent = 0;

	for (size_t i = 0; i < sizeof(pings); i += 8)
		memcpy(pings + i, "\x89\x82\0\0\0\0hi", 8);
	one_client_up();
	for (unsigned i = 0; i < 400; i++) {
		n = send(client.fd, pings, sizeof(pings), MSG_NOSIGNAL | MSG_DONTWAIT);
		sent += n > 0 ? (size_t)n : 0;
		rig_turn(&rig);
	}
	CU_ASSERT_EQUAL(rig_close_code(&rig, &client), CLOSE_RATE);
	CU_ASSERT_EQUAL(rig.worker.conns.n, 1);
	CU_ASSERT_TRUE(sent < 2000000); /* the rest finds no room in the kernel */
	rig.worker.env.now_ms += 3000;
	rig_second(&rig);
	rig_turn(&rig);
	CU_ASSERT_EQUAL(rig.worker.conns.n, 0); /* the deadline has passed */
	one_client_down();
}

static CU_TestInfo tests[] = {
    {"answers the last of several pings", answers_the_last_of_several_pings},
    {"answers a ping that comes in pieces and before hello",
	answers_a_ping_that_comes_in_pieces_and_before_hello},
    {"closes with the code for the error", closes_with_a_code},
    {"echoes a close without a code", echoes_a_close_without_a_code},
    {"waits for the close of the peer", waits_for_the_close_of_the_peer},
    {"counts control frames and fragments", counts_control_frames_and_fragments},
    {"stops reading a flood after the close", stops_reading_a_flood_after_the_close},
    {"sleeps while a blocked client sends", sleeps_while_a_blocked_client_sends},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/ws_control", tests)
