/* Readers that are too slow: the worker writes small slices, limits their buffers, and
 * closes them in the end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cunit_main.h"

#include "conn/conn_stalled.h"
#include "conn/conn_write.h"
#include "frame_log.h"
#include "rig.h"

#include "core/banned.h"

static struct frame_log news;

static void
ack(struct conn *c, unsigned n)
{
	char json[40];

	conn_queue_frame(
	    c, json, (size_t)snprintf(json, sizeof(json), "{\"ack\":%u}", n));
}

static void
gives_a_slow_socket_small_slices(void)
{
	static struct client client;
	struct rig rig;
	struct conn *c;

	rig_up(&rig);
	rig_client(&rig, &client, 4096);
	c = rig_conn(&rig, &client);
	CU_ASSERT_EQUAL(conn_write_room(c), CONN_WRITE_MAX);
	frame_log_fill(&news, 20, 3000);
	CU_ASSERT_TRUE(conn_write_frames(c, news.data, news.at[20]));
	CU_ASSERT_EQUAL(conn_write_room(c), 0); /* blocked */
	CU_ASSERT_EQUAL(rig.worker.conns.out_bytes, (int64_t)news.at[20]);
	CU_ASSERT_FALSE(conn_write_frames(c, news.data, news.at[1]));
	for (int i = 0; i < 1000 && conn_write_room(c) == 0; i++) {
		(void)client_read(&client, 4096);
		rig_turn(&rig);
	}
	CU_ASSERT_EQUAL(conn_write_room(c), CONN_CAREFUL_MAX);
	CU_ASSERT_TRUE(fakes.writable > 0);
	CU_ASSERT_EQUAL(rig.worker.conns.out_bytes, 0);
	while (client_read(&client, 65536) && client.len < news.len)
		rig_turn(&rig);
	CU_ASSERT_TRUE(conn_write_frames(c, news.data, news.at[1])); /* all written */
	CU_ASSERT_EQUAL(conn_write_room(c), CONN_WRITE_MAX);
	client_close(&client);
	rig_turn(&rig);
	free(news.data);
	rig_down(&rig);
}

/* The ring may be rewritten while a reader has taken only a part of a write:
 * libwebsockets has copied the rest, so the reader's bytes are not mixed. */
static void
a_partial_write_keeps_its_bytes(void)
{
	static struct client client;
	static char sent[CONN_WRITE_MAX];
	struct rig rig;
	struct conn *c;
	size_t before;

	rig_up(&rig);
	rig_client(&rig, &client, 4096);
	c = rig_conn(&rig, &client);
	frame_log_fill(&news, 20, 3000);
	memcpy(sent, news.data, news.at[20]);
	while (client_read(&client, 65536) && client.len > 0) {
		struct got got;

		client_next(&client, &got); /* hello */
		if (got.opcode < 0)
			break;
	}
	before = client.len;
	CU_ASSERT_TRUE(conn_write_frames(c, sent, news.at[20]));
	CU_ASSERT_EQUAL(conn_write_room(c), 0); /* partial */
	memset(sent, 'T', sizeof(sent));
	for (int i = 0; i < 200; i++) {
		(void)client_read(&client, 1);
		rig_turn(&rig);
	}
	for (int i = 0; i < 1000 && client.len < before + news.at[20]; i++) {
		(void)client_read(&client, 4096);
		rig_turn(&rig);
	}
	CU_ASSERT_EQUAL(client.len - before, news.at[20]);
	CU_ASSERT_EQUAL(memcmp(client.data + before, news.data, news.at[20]), 0);
	client_close(&client);
	rig_turn(&rig);
	free(news.data);
	rig_down(&rig);
}

static void
closes_a_client_that_reads_no_answers(void)
{
	static struct client client;
	struct rig rig;
	struct conn *c;
	unsigned n = 0;

	rig_up(&rig);
	rig_client(&rig, &client, 4096);
	c = rig_conn(&rig, &client);
	while (rig_conn(&rig, &client) != NULL && n < 1000000) {
		ack(c, ++n);
		if (n % 100 == 0)
			rig_turn(&rig);
	}
	/* the buffer and the kernel together hold this many frames of 15 bytes */
	CU_ASSERT_TRUE(n > CONN_CONTROL_MAX / 20 && n < CONN_CONTROL_MAX / 4);
	CU_ASSERT_EQUAL(c->io.code, CLOSE_SLOW);
	client_close(&client);
	rig_turn(&rig);
	rig_down(&rig);
}

/* One turn queues more answers than the buffer holds; the socket takes them all. */
static void
writes_more_answers_than_the_buffer_holds(void)
{
	static struct client client;
	struct rig rig;
	struct conn *c;

	rig_up(&rig);
	rig_client(&rig, &client, 0);
	c = rig_conn(&rig, &client);
	for (unsigned n = 0; n < CONN_CONTROL_MAX / 13; n++) /* 15 bytes each */
		ack(c, 10000 + n);
	CU_ASSERT_EQUAL(c->state, CONN_OPEN);
	client_close(&client);
	rig_turn(&rig);
	rig_down(&rig);
}

static void
closes_the_slowest_when_memory_is_short(void)
{
	static struct client slow, slower;
	struct rig rig;

	rig_up(&rig);
	rig.conf.out_bytes = 100000;
	frame_log_fill(&news, 20, 3000);
	rig_client(&rig, &slower, 4096);
	rig_client(&rig, &slow, 4096);
	CU_ASSERT_TRUE(
	    conn_write_frames(rig_conn(&rig, &slower), news.data, news.at[20]));
	CU_ASSERT_TRUE(conn_write_frames(rig_conn(&rig, &slow), news.data, news.at[20]));
	CU_ASSERT_PTR_NULL(rig_conn(&rig, &slower));
	CU_ASSERT_PTR_NOT_NULL(rig_conn(&rig, &slow));
	client_close(&slow);
	client_close(&slower);
	rig_turn(&rig);
	free(news.data);
	rig_down(&rig);
}

static void
write_often(struct rig *rig, const struct client *to)
{
	for (int i = 0; i < 10; i++) {
		ack(rig_conn(rig, to), 1);
		rig_turn(rig);
	}
}

/* The buffers exceed ES_OUT_BYTES by one byte. The worker closes one connection, and no
 * further one until the first is freed. */
static void
closes_no_more_than_needed(void)
{
	static struct client slow[3], quick;
	struct rig rig;

	rig_up(&rig);
	frame_log_fill(&news, 20, 3000);
	for (int i = 0; i < 3; i++) {
		rig_client(&rig, &slow[i], 4096);
		CU_ASSERT_TRUE(
		    conn_write_frames(rig_conn(&rig, &slow[i]), news.data, news.at[20]));
	}
	rig_client(&rig, &quick, 0);
	rig.conf.out_bytes = rig.worker.conns.out_bytes - 1;
	conn_close(rig_conn(&rig, &slow[1]), CLOSE_REVOKED, "");
	write_often(&rig, &quick);
	CU_ASSERT_PTR_NOT_NULL(rig_conn(&rig, &slow[0]));
	CU_ASSERT_PTR_NOT_NULL(rig_conn(&rig, &slow[2]));
	rig.conf.out_bytes -= (int64_t)news.at[20];
	write_often(&rig, &quick);
	CU_ASSERT_PTR_NULL(rig_conn(&rig, &slow[0]));
	CU_ASSERT_PTR_NOT_NULL(rig_conn(&rig, &slow[2]));
	for (int i = 0; i < 3; i++)
		client_close(&slow[i]);
	client_close(&quick);
	rig_turn(&rig);
	free(news.data);
	rig_down(&rig);
}

/* Bytes that libwebsockets has taken from the control buffer no longer count for that
 * buffer. */
static void
counts_answers_once(void)
{
	static struct client client;
	struct rig rig;

	rig_up(&rig);
	rig_client(&rig, &client, 4096);
	rig.conf.out_bytes = 60000;
	while (rig.worker.conns.out_bytes < 40000)
		ack(rig_conn(&rig, &client), 1);
	rig_turn(&rig);
	CU_ASSERT_PTR_NOT_NULL(rig_conn(&rig, &client));
	client_close(&client);
	rig_turn(&rig);
	rig_down(&rig);
}

/* Moves the test's clock by a second. libwebsockets writes the bytes that the socket
 * takes, and the tick checks blocked sockets. */
static void
pass_second(struct rig *rig, int64_t *now_ms)
{
	*now_ms += 1000;
	rig->worker.env.now_ms = *now_ms;
	for (int i = 0; i < 4; i++)
		ev_run(rig->worker.env.loop, EVRUN_NOWAIT);
	conn_stalled_tick(&rig->worker.conns);
}

static void
block(struct rig *rig, struct client *client, int64_t *now_ms)
{
	rig_up(rig);
	rig_client(rig, client, 4096);
	*now_ms = rig->worker.env.now_ms;
	frame_log_fill(&news, 20, 3000);
	CU_ASSERT_TRUE(conn_write_frames(rig_conn(rig, client), news.data, news.at[20]));
	CU_ASSERT_EQUAL(conn_write_room(rig_conn(rig, client)), 0);
}

static void
unblock(struct rig *rig, struct client *client)
{
	client_close(client);
	rig_turn(rig);
	free(news.data);
	rig_down(rig);
}

static void
closes_a_reader_that_takes_nothing_for_30_seconds(void)
{
	static struct client client;
	struct rig rig;
	struct conn *c;
	int64_t now_ms;

	block(&rig, &client, &now_ms);
	c = rig_conn(&rig, &client);
	for (int second = 0; second < 29; second++)
		pass_second(&rig, &now_ms);
	CU_ASSERT_PTR_NOT_NULL(rig_conn(&rig, &client));
	pass_second(&rig, &now_ms);
	CU_ASSERT_PTR_NULL(rig_conn(&rig, &client));
	CU_ASSERT_EQUAL(c->io.code, CLOSE_SLOW);
	CU_ASSERT_STRING_EQUAL(
	    c->io.reason, "too slow: the client read nothing for 30 s");
	unblock(&rig, &client);
}

/* The client reads 60 KB at 500 bytes a second, which takes two minutes. The socket stays
 * blocked all that time. */
static void
keeps_a_slow_reader_until_it_stops(void)
{
	static struct client client;
	struct rig rig;
	int64_t now_ms;

	block(&rig, &client, &now_ms);
	for (int second = 0; second < 90; second++) {
		(void)client_read(&client, 500);
		pass_second(&rig, &now_ms);
		CU_ASSERT_PTR_NOT_NULL_FATAL(rig_conn(&rig, &client));
		CU_ASSERT_EQUAL(conn_write_room(rig_conn(&rig, &client)), 0);
	}
	/* the kernel counts the bytes of a unix socket by whole buffers */
	for (int second = 0; second < 20; second++)
		pass_second(&rig, &now_ms);
	CU_ASSERT_PTR_NOT_NULL(rig_conn(&rig, &client));
	for (int second = 0; second < 10; second++)
		pass_second(&rig, &now_ms);
	CU_ASSERT_PTR_NULL(rig_conn(&rig, &client));
	unblock(&rig, &client);
}

/* When memory is short, the worker first closes the reader that has taken nothing for the
 * longest time. */
static void
sheds_the_reader_that_has_stopped(void)
{
	static struct client reads, stopped, quick;
	struct rig rig;
	int64_t now_ms;

	block(&rig, &reads, &now_ms); /* this reader is blocked first */
	rig_client(&rig, &stopped, 4096);
	CU_ASSERT_TRUE(
	    conn_write_frames(rig_conn(&rig, &stopped), news.data, news.at[20]));
	for (int second = 0; second < 20; second++) {
		(void)client_read(&reads, 500);
		pass_second(&rig, &now_ms);
	}
	rig_client(&rig, &quick, 0);
	rig.conf.out_bytes = rig.worker.conns.out_bytes - 1;
	write_often(&rig, &quick);
	CU_ASSERT_PTR_NOT_NULL(rig_conn(&rig, &reads));
	CU_ASSERT_PTR_NULL(rig_conn(&rig, &stopped));
	client_close(&stopped);
	client_close(&quick);
	unblock(&rig, &reads);
}

static CU_TestInfo cases[] = {
    {"gives a slow socket small slices", gives_a_slow_socket_small_slices},
    {"a partial write keeps its bytes when the source changes",
	a_partial_write_keeps_its_bytes},
    {"closes a client that does not read its answers",
	closes_a_client_that_reads_no_answers},
    {"writes more answers than the buffer holds",
	writes_more_answers_than_the_buffer_holds},
    {"closes the slowest when memory is short", closes_the_slowest_when_memory_is_short},
    {"closes no more connections than needed", closes_no_more_than_needed},
    {"counts each answer in one buffer only", counts_answers_once},
    {"closes a reader that takes nothing for 30 seconds",
	closes_a_reader_that_takes_nothing_for_30_seconds},
    {"keeps a slow reader until it stops", keeps_a_slow_reader_until_it_stops},
    {"sheds the reader that has stopped", sheds_the_reader_that_has_stopped},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/conn_slow", cases)
