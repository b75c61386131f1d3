/* Messages of clients, as bytes on a socket: their limits and their text. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "cunit_main.h"

#include "conn/conn_write.h"
#include "conn/ws_receive.h"
#include "one_client.h"

#include "core/banned.h"

#define MAX 121024 /* 10,000 characters of 12 bytes, and 1,024 */

/* Sends these bytes unchanged. */
static void
wire(const char *bytes, size_t len)
{
	CU_ASSERT_EQUAL(send(client.fd, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
}

/* Sends more bytes than the socket takes at once. */
static void
send_much(const char *data, size_t len)
{
	size_t at = 0;

	while (at < len && rig_conn(&rig, &client) != NULL) {
		const ssize_t n =
		    send(client.fd, data + at, len - at, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n > 0)
			at += (size_t)n;
		rig_turn(&rig);
	}
}

/* Sends one text frame of len bytes, with a mask of zeros. */
static void
send_text(char fill, size_t len, bool fin)
{
	char *frame = malloc(len + 14);

	memset(frame, 0, 14);
	frame[0] = (char)(fin ? 0x81 : 0x01);
	frame[1] = (char)(0x80 | 127);
	for (unsigned i = 0; i < 8; i++)
		frame[2 + i] = (char)((uint64_t)len >> (56 - 8 * i));
	memset(frame + 14, fill, len);
	send_much(frame, len + 14);
	free(frame);
}

static void
derives_the_limit_of_a_message(void)
{
	struct push_conf conf = {.body_max_chars = 10000, .frame_max_bytes = 65536};

	CU_ASSERT_EQUAL(push_conf_message_max(&conf), MAX);
	conf.frame_max_bytes = MAX + 1;
	CU_ASSERT_EQUAL(push_conf_message_max(&conf), MAX + 1);
}

/* 10,000 emoji as JSON escapes take 120,000 bytes, and the worker accepts them as one
 * message. */
static void
takes_the_longest_body_in_its_longest_form(void)
{
	static const char head[] = "{\"type\":\"send\",\"id\":\"long\",\"channelId\":"
				   "\"01900000-0000-7000-8000-00000000c001\",\"body\":\"";
	const size_t n = sizeof(head) - 1 + 120000 + 2;
	char *frame = malloc(n + 15), *at;

	memset(frame, 0, 14);
	frame[0] = (char)0x81;
	frame[1] = (char)(0x80 | 127);
	for (unsigned i = 0; i < 8; i++)
		frame[2 + i] = (char)((uint64_t)n >> (56 - 8 * i));
	memcpy(frame + 14, head, sizeof(head) - 1);
	at = frame + 14 + sizeof(head) - 1;
	for (unsigned i = 0; i < 10000; i++, at += 12)
		memcpy(at, "\\ud83d\\ude00", 12);
	memcpy(at, "\"}", 2);
	one_client_up();
	send_much(frame, n + 14);
	for (unsigned i = 0; i < 20 && fakes.n_sent == 0; i++)
		rig_turn(&rig);
	CU_ASSERT_EQUAL(fakes.n_sent, 1);
	CU_ASSERT_PTR_NOT_NULL(rig_conn(&rig, &client));
	one_client_down();
	free(frame);
}

static void
answers_a_message_above_the_limit(void)
{
	one_client_up();
	send_text('x', MAX, true);
	CU_ASSERT_TRUE(one_client_answered(
	    "\"code\":\"bad_request\"")); /* the worker has parsed it as JSON */
	send_text('x', MAX + 1, true);
	CU_ASSERT_TRUE(one_client_answered("\"code\":\"too_large\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(got.text, "121025 bytes; the limit is 121024"));
	/* also in fragments; afterwards the worker reads the next message */
	send_text('x', MAX, false);
	client_send(&client, 0, true, "xx", 2);
	CU_ASSERT_TRUE(one_client_answered("\"code\":\"too_large\""));
	client_text(&client, "{\"type\":\"ping\",\"id\":\"after\"}");
	CU_ASSERT_TRUE(one_client_answered("\"id\":\"after\""));
	CU_ASSERT_EQUAL(rig_conn(&rig, &client)->io.message.size, 0);
	one_client_down();
}

static void
closes_far_above_the_limit(void)
{
	one_client_up();
	send_text('x', 2 * MAX, true);
	CU_ASSERT_TRUE(one_client_answered("\"code\":\"too_large\""));
	send_text('x', 2 * MAX + 1, true);
	CU_ASSERT_EQUAL(rig_close_code(&rig, &client), CLOSE_TOO_BIG);
	one_client_down();
	one_client_up();
	send_text('x', 2 * MAX, false);
	client_send(&client, 0, true, "x", 1);
	CU_ASSERT_EQUAL(rig_close_code(&rig, &client), CLOSE_TOO_BIG);
	one_client_down();
	/* the header suffices: the worker does not wait for 2^63 - 1 bytes */
	one_client_up();
	wire("\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", 14);
	CU_ASSERT_EQUAL(rig_close_code(&rig, &client), CLOSE_TOO_BIG);
	one_client_down();
}

static void
takes_text_in_utf8_only(void)
{
	one_client_up();
	client_send(&client, 2, true, "\0\xff", 2);
	CU_ASSERT_EQUAL(rig_close_code(&rig, &client), CLOSE_UNSUPPORTED);
	one_client_down();
	one_client_up();
	client_send(&client, 1, true, "\xc3\x28", 2);
	CU_ASSERT_EQUAL(rig_close_code(&rig, &client), CLOSE_BAD_UTF8);
	one_client_down();
	/* two fragments may share a character */
	one_client_up();
	client_send(&client, 1, false, "\"\xc3", 2);
	client_send(&client, 0, true, "\xbc\"", 2);
	CU_ASSERT_TRUE(one_client_answered("\"type\":\"error\""));
	one_client_down();
}

static CU_TestInfo tests[] = {
    {"derives the limit of a message", derives_the_limit_of_a_message},
    {"accepts the longest body with all characters escaped",
	takes_the_longest_body_in_its_longest_form},
    {"answers a message above the limit", answers_a_message_above_the_limit},
    {"closes far above the limit", closes_far_above_the_limit},
    {"accepts only text in UTF-8", takes_text_in_utf8_only},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/ws_receive", tests)
