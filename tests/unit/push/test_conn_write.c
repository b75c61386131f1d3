/* Writes to fast and slow readers, with a real libwebsockets. A strict parser checks the
 * bytes that arrive. */
#include <stdlib.h>
#include <string.h>

#include "cunit_main.h"

#include "conn/conn_write.h"
#include "conn/ping_wheel.h"
#include "frame_log.h"
#include "rig.h"

#include "core/banned.h"

/* The one subscription of the test: a cursor over the log. */
static struct frame_log news;
static unsigned cursor;

static void
deliver(struct conn *c)
{
	const size_t room = conn_write_room(c);
	unsigned to = cursor;

	if (room == 0 || cursor == news.n)
		return;
	do
		to++;
	while (to < news.n && news.at[to + 1] - news.at[cursor] <= room);
	if (!conn_write_frames(
		c, news.data + news.at[cursor], news.at[to] - news.at[cursor]))
		return;
	cursor = to;
	if (cursor < news.n)
		conn_want_writable(c);
}

/* Counts of the frames that a client has received. */
struct seen {
	unsigned n, acks, pings, close_code;
};

static void
take(struct client *client, struct seen *seen, struct got *got)
{
	for (client_next(client, got); got->opcode >= 0; client_next(client, got)) {
		if (got->opcode == 9) {
			seen->pings++;
		} else if (got->opcode == 8) {
			seen->close_code = got->close_code;
		} else if (strncmp(got->text, "{\"n\":", 5) == 0) {
			CU_ASSERT_EQUAL(
			    (unsigned)strtoul(got->text + 5, NULL, 10), seen->n + 1);
			seen->n++;
		} else if (strncmp(got->text, "{\"ack\":", 7) == 0) {
			CU_ASSERT_EQUAL(
			    (unsigned)strtoul(got->text + 7, NULL, 10), seen->acks + 1);
			seen->acks++;
		}
	}
}

static void
ack(struct conn *c, unsigned n)
{
	char json[40];

	conn_queue_frame(
	    c, json, (size_t)snprintf(json, sizeof(json), "{\"ack\":%u}", n));
}

static void
read_until_closed(struct rig *rig, struct client *client, struct seen *seen)
{
	static struct got got;

	for (unsigned i = 0; i < 100000 && seen->close_code == 0; i++) {
		if (i % 50 == 0)
			rig_turn(rig);
		(void)client_read(client, 1);
		take(client, seen, &got);
	}
}

static void
writes_all_kinds_to_a_slow_reader(void)
{
	static struct client client;
	static struct got got;
	struct seen seen = {0};
	struct rig rig;
	struct conn *c;
	unsigned acks = 0, pings = 0;

	rig_up(&rig);
	rig_client(&rig, &client, 4096);
	c = rig_conn(&rig, &client);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	frame_log_fill(&news, 60, 3000);
	cursor = 0;
	fakes.on_writable = deliver;
	/* The client reads one byte a step, although the server could write in every
	 * step. */
	for (unsigned step = 0; (seen.n < news.n || seen.acks < acks) && step < 400000;
	     step++) {
		if (step % 997 == 0 && acks < 150)
			ack(c, ++acks);
		if (step % 7001 == 0) {
			conn_write_ping(c);
			pings++;
		}
		if (step % 101 == 0)
			deliver(c);
		if (step % 50 == 0)
			rig_turn(&rig);
		(void)client_read(&client, 1);
		take(&client, &seen, &got);
	}
	CU_ASSERT_EQUAL(seen.n, news.n);
	conn_close(c, CLOSE_DRAIN, "bye");
	CU_ASSERT_PTR_NULL(rig_conn(&rig, &client));
	CU_ASSERT_FALSE(
	    conn_write_frames(c, news.data, news.at[1])); /* no frame follows a close */
	ack(c, 9999);
	read_until_closed(&rig, &client, &seen);
	CU_ASSERT_EQUAL(seen.close_code, CLOSE_DRAIN);
	CU_ASSERT_EQUAL(seen.acks, acks);
	CU_ASSERT_TRUE(seen.pings > 0 && seen.pings <= pings);
	CU_ASSERT_EQUAL(client.len, 0);
	client_close(&client);
	rig_turn(&rig);
	free(news.data);
	rig_down(&rig);
}

static void
writes_control_frames_before_channel_frames(void)
{
	static struct client client;
	static struct got got;
	struct rig rig;
	struct conn *c;

	rig_up(&rig);
	rig_client(&rig, &client, 0);
	c = rig_conn(&rig, &client);
	frame_log_fill(&news, 1, 100);
	ack(c, 1);
	CU_ASSERT_TRUE(conn_write_frames(c, news.data, news.len));
	ack(c, 2);
	rig_turn(&rig);
	(void)client_read(&client, 65536);
	client_next(&client, &got);
	CU_ASSERT_STRING_EQUAL(got.text, "{\"ack\":1}");
	client_next(&client, &got);
	CU_ASSERT_EQUAL(strncmp(got.text, "{\"n\":1,", 7), 0);
	client_next(&client, &got);
	CU_ASSERT_STRING_EQUAL(got.text, "{\"ack\":2}");
	CU_ASSERT_PTR_NULL(c->out.control.data); /* an empty buffer holds no memory */
	client_close(&client);
	rig_turn(&rig);
	free(news.data);
	rig_down(&rig);
}

static void
drops_lossy_frames_when_their_buffer_is_full(void)
{
	static struct client client;
	static struct got got;
	char big[4000];
	struct rig rig;
	struct conn *c;

	rig_up(&rig);
	rig_client(&rig, &client, 0);
	c = rig_conn(&rig, &client);
	memset(big, 'x', sizeof(big));
	CU_ASSERT_TRUE(conn_lossy_frame(c, "{\"n\":1}", 7));
	rig_turn(&rig); /* the first frame after a pause is written immediately */
	(void)client_read(&client, 65536);
	client_next(&client, &got);
	CU_ASSERT_STRING_EQUAL(got.text, "{\"n\":1}");
	CU_ASSERT_TRUE(conn_lossy_frame(c, big, sizeof(big)));
	CU_ASSERT_TRUE(conn_lossy_frame(c, big, sizeof(big)));
	CU_ASSERT_FALSE(conn_lossy_frame(c, big, sizeof(big)));
	rig_turn(&rig);
	(void)client_read(&client, 65536);
	client_next(&client, &got);
	CU_ASSERT_EQUAL(got.opcode, -1); /* the pause is not over */
	rig.worker.env.now_ms += CONN_LOSSY_PAUSE_MS;
	conn_write_tick(&rig.worker.conns);
	rig_turn(&rig);
	(void)client_read(&client, 65536);
	client_next(&client, &got);
	CU_ASSERT_EQUAL(got.len, sizeof(big));
	CU_ASSERT_PTR_NULL(c->out.lossy.data);
	conn_lossy_clear(c);
	CU_ASSERT_TRUE(conn_lossy_frame(c, "{}", 2));
	client_close(&client);
	rig_turn(&rig);
	rig_down(&rig);
}

static void
survives_a_peer_that_is_gone(void)
{
	static struct client client;
	struct rig rig;
	struct conn *c;

	rig_up(&rig);
	rig_client(&rig, &client, 0);
	c = rig_conn(&rig, &client);
	frame_log_fill(&news, 1, 100);
	client_close(&client);
	/* The write finds that the socket is closed. It must not free the connection that
	 * its caller still uses. */
	CU_ASSERT_FALSE(conn_write_frames(c, news.data, news.len));
	CU_ASSERT_EQUAL(c->state, CONN_CLOSING);
	CU_ASSERT_EQUAL(fakes.closed, 0);
	rig_turn(&rig);
	CU_ASSERT_EQUAL(fakes.closed, 1);
	CU_ASSERT_EQUAL(rig.worker.conns.n, 0);
	free(news.data);
	rig_down(&rig);
}

static void
answers_the_peers_close(void)
{
	static struct client client;
	struct rig rig;

	rig_up(&rig);
	rig_client(&rig, &client, 0);
	client_send(&client, 8, true, "\x03\xe8", 2);
	CU_ASSERT_EQUAL(rig_close_code(&rig, &client), 1000);
	client_close(&client);
	rig_turn(&rig);
	CU_ASSERT_EQUAL(rig.worker.conns.n, 0);
	CU_ASSERT_EQUAL(metrics_sum(rig.worker.env.metrics, push_metrics_close(1000)), 1);
	rig_down(&rig);
}

/* The worker answers bad UTF-8 with a Close frame, and must write no frame after it. */
static void
writes_nothing_after_a_close_for_bad_utf8(void)
{
	static struct client client;
	static struct got got;
	struct rig rig;
	struct conn *c;

	rig_up(&rig);
	rig_client(&rig, &client, 0);
	frame_log_fill(&news, 1, 100);
	client_send(&client, 1, true, "\xc3\x28", 2);
	for (int i = 0; i < 5; i++)
		rig_turn(&rig);
	c = rig_conn(&rig, &client);
	if (c != NULL)
		CU_ASSERT_FALSE(conn_write_frames(c, news.data, news.len));
	CU_ASSERT_EQUAL(rig_close_code(&rig, &client), 1007);
	(void)client_read(&client, 65536);
	client_next(&client, &got);
	CU_ASSERT_EQUAL(got.opcode, -1);
	client_close(&client);
	rig_turn(&rig);
	CU_ASSERT_EQUAL(metrics_sum(rig.worker.env.metrics, push_metrics_close(1007)), 1);
	free(news.data);
	rig_down(&rig);
}

/* One byte more than the limit is cut off. */
static void
cuts_a_long_reason(void)
{
	static struct rig rig;
	static struct client client;
	static struct got got;
	struct seen seen = {0};
	char reason[CLOSE_REASON_MAX + 2];

	memset(reason, 'x', sizeof(reason) - 1);
	reason[sizeof(reason) - 1] = '\0';
	rig_up(&rig);
	rig_client(&rig, &client, 0);
	conn_close(rig_conn(&rig, &client), CLOSE_SLOW, reason);
	rig_turn(&rig);
	(void)client_read(&client, sizeof(client.data));
	client_next(&client, &got);
	CU_ASSERT_EQUAL(got.opcode, 8);
	CU_ASSERT_EQUAL(got.len, 2 + CLOSE_REASON_MAX);
	take(&client, &seen, &got);
	client_close(&client);
	rig_down(&rig);
}

static CU_TestInfo cases[] = {
    {"cuts a close reason that is too long", cuts_a_long_reason},
    {"acks, pings, broadcasts and a close against a one-byte reader",
	writes_all_kinds_to_a_slow_reader},
    {"writes control frames before channel frames",
	writes_control_frames_before_channel_frames},
    {"drops lossy frames when their buffer is full",
	drops_lossy_frames_when_their_buffer_is_full},
    {"survives a peer that has closed", survives_a_peer_that_is_gone},
    {"answers the peer's close", answers_the_peers_close},
    {"writes nothing after a close for bad UTF-8",
	writes_nothing_after_a_close_for_bad_utf8},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/conn_write", cases)
