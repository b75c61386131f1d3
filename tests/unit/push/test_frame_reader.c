/* The reader of a client's frames, byte by byte and in one piece. */
#include <stdio.h>
#include <string.h>

#include "cunit_main.h"

#include "core/check.h"
#include "wire/frame_reader.h"

#include "core/banned.h"

/* The result of the reader as letters: T text, B binary, C close, P ping, O pong, each
 * followed by its payload; . ends a message; ! is a protocol error. */
struct parsed {
	char text[4096];
	size_t len;
	unsigned code;
};

static void
put(struct parsed *h, const char *data, size_t len)
{
	CHECK(h->len + len < sizeof(h->text));
	memcpy(h->text + h->len, data, len);
	h->len += len;
	h->text[h->len] = '\0';
}

static char
letter(enum frame_opcode opcode)
{
	switch (opcode) {
	case OPCODE_TEXT:
		return 'T';
	case OPCODE_BINARY:
		return 'B';
	case OPCODE_CLOSE:
		return 'C';
	case OPCODE_PING:
		return 'P';
	case OPCODE_PONG:
		return 'O';
	case OPCODE_CONTINUATION:
		break;
	}
	return '?';
}

/* Feeds the reader step bytes at a time. */
static void
parse(const unsigned char *bytes, size_t len, size_t step, struct parsed *h)
{
	struct frame_reader r = {0};
	char copy[2048];

	memset(h, 0, sizeof(*h));
	CHECK(len <= sizeof(copy));
	memcpy(copy, bytes, len);
	for (size_t at = 0; at < len;) {
		const size_t n = len - at < step ? len - at : step;
		size_t used = 0;

		while (used < n) {
			enum frame_event event;
			struct frame_piece piece;

			used += frame_reader_next(
			    &r, copy + at + used, n - used, &event, &piece);
			if (event == FRAME_BROKEN) {
				h->code = piece.code;
				put(h, "!", 1);
				return;
			}
			if (event == FRAME_MORE)
				continue;
			if (piece.frame_starts)
				put(h, (char[]){letter(piece.opcode)}, 1);
			put(h, piece.data, piece.len);
			if (piece.message_ends)
				put(h, ".", 1);
		}
		at += n;
	}
}

/* Appends a masked frame. The mask is not zero. */
static size_t
frame(unsigned char *out, unsigned first, const char *payload, size_t len)
{
	static const unsigned char mask[4] = {0x12, 0x34, 0x56, 0x78};
	size_t n = 0;

	out[n++] = (unsigned char)first;
	if (len < 126) {
		out[n++] = (unsigned char)(0x80 | len);
	} else {
		out[n++] = 0x80 | 126;
		out[n++] = (unsigned char)(len >> 8);
		out[n++] = (unsigned char)len;
	}
	memcpy(out + n, mask, 4);
	n += 4;
	for (size_t i = 0; i < len; i++)
		out[n++] = (unsigned char)(payload[i] ^ mask[i % 4]);
	return n;
}

static void
reads_the_same_in_pieces_of_any_size(void)
{
	static const size_t steps[] = {2048, 1, 2, 3, 5, 7, 13, 64, 127};
	unsigned char bytes[2048];
	char longer[301], expected[1024];
	struct parsed h;
	size_t n = 0;

	memset(longer, 'x', 300);
	longer[300] = '\0';
	n += frame(bytes + n, 0x81, "hello", 5);
	n += frame(bytes + n, 0x01, "one", 3);
	n += frame(bytes + n, 0x89, "ping", 4);
	n += frame(bytes + n, 0x00, "", 0);
	n += frame(bytes + n, 0x80, "two", 3);
	n += frame(bytes + n, 0x81, longer, 300);
	n += frame(bytes + n, 0x81, "", 0);
	n += frame(bytes + n, 0x82, "b", 1);
	n += frame(bytes + n, 0x8a, "es", 2);
	n += frame(bytes + n, 0x88, "\x03\xe8", 2);
	(void)snprintf(expected, sizeof(expected),
	    "Thello.TonePpingTTtwo.T%s.T.Bb.OesC\x03\xe8", longer);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		parse(bytes, n, steps[i], &h);
		CU_ASSERT_STRING_EQUAL(h.text, expected);
	}
}

static void
refuses_frames_that_break_the_protocol(void)
{
	static const struct {
		const char *what, *bytes;
		size_t len;
	} cases[] = {
#define BYTES(s) s, sizeof(s) - 1
	    {"no mask", BYTES("\x81\x02hi")},
	    {"RSV1", BYTES("\xc1\x80\1\2\3\4")},
	    {"RSV2", BYTES("\xa1\x80\1\2\3\4")},
	    {"RSV3", BYTES("\x91\x80\1\2\3\4")},
	    {"opcode 3", BYTES("\x83\x80\1\2\3\4")},
	    {"opcode 11", BYTES("\x8b\x80\1\2\3\4")},
	    {"a continuation of nothing", BYTES("\x80\x80\1\2\3\4")},
	    {"text inside of text", BYTES("\x01\x80\1\2\3\4\x81\x80\1\2\3\4")},
	    {"a ping in fragments", BYTES("\x09\x80\1\2\3\4")},
	    {"a ping of 126 bytes", BYTES("\x89\xfe\x00\x7e\1\2\3\4")},
	    {"a close of 126 bytes", BYTES("\x88\xfe\x00\x7e\1\2\3\4")},
	    {"125 in two bytes", BYTES("\x81\xfe\x00\x7d\1\2\3\4")},
	    {"65535 in eight bytes", BYTES("\x81\xff\0\0\0\0\0\0\xff\xff\1\2\3\4")},
	    {"2^63", BYTES("\x81\xff\x80\0\0\0\0\0\0\0\1\2\3\4")},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t step = 1; step <= 16; step += 15) {
			struct parsed h;

			parse((const unsigned char *)cases[i].bytes, cases[i].len, step,
			    &h);
			if (h.code != 1002)
				fprintf(stderr, "%s: %u\n", cases[i].what, h.code);
			CU_ASSERT_EQUAL(h.code, 1002);
			CU_ASSERT_EQUAL(h.text[h.len - 1], '!');
		}
}

/* The reader reports the length before the first byte of the payload, so that its caller
 * can refuse the frame. */
static void
reports_a_long_frame_after_its_header(void)
{
	char bytes[] = "\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\1\2\3\4";
	struct frame_reader r = {0};
	struct frame_piece piece;
	enum frame_event event;

	CU_ASSERT_EQUAL(
	    frame_reader_next(&r, bytes, sizeof(bytes) - 1, &event, &piece), 14);
	CU_ASSERT_EQUAL(event, FRAME_DATA);
	CU_ASSERT_TRUE(piece.frame_starts);
	CU_ASSERT_EQUAL(piece.len, 0);
	CU_ASSERT_EQUAL(piece.left, (uint64_t)INT64_MAX);
}

static void
checks_close_frames(void)
{
	static const struct {
		const char *payload;
		size_t len;
		unsigned code;
		bool good;
	} cases[] = {
	    {BYTES(""), 1005, true},
	    {BYTES("\x03\xe8"), 1000, true},
	    {BYTES("\x03\xe8"
		   "bye"),
		1000, true},
	    {BYTES("\x0b\xb8"), 3000, true},
	    {BYTES("\x13\x87"), 4999, true},
	    {BYTES("\x03"), 1002, false},
	    {BYTES("\x00\x00"), 1002, false},
	    {BYTES("\x03\xe7"), 1002, false},
	    {BYTES("\x03\xec"), 1002, false}, /* 1004 */
	    {BYTES("\x03\xed"), 1002, false}, /* 1005 */
	    {BYTES("\x03\xee"), 1002, false}, /* 1006 */
	    {BYTES("\x03\xf7"), 1002, false}, /* 1015 */
	    {BYTES("\x0b\xb7"), 1002, false}, /* 2999 */
	    {BYTES("\x13\x88"), 1002, false}, /* 5000 */
	    {BYTES("\xff\xff"), 1002, false},
	    {BYTES("\x03\xe8\xc3\x28"), 1007, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *why;
		uint16_t code;

		CU_ASSERT_EQUAL(
		    frame_reader_close(cases[i].payload, cases[i].len, &code, &why),
		    cases[i].good);
		CU_ASSERT_EQUAL(code, cases[i].code);
		CU_ASSERT_EQUAL(why == NULL, cases[i].good);
	}
}

static void
checks_utf8(void)
{
	CU_ASSERT_TRUE(frame_reader_utf8("", 0));
	CU_ASSERT_TRUE(frame_reader_utf8("a\0b\0", 4));
	CU_ASSERT_TRUE(frame_reader_utf8("\xf0\x9f\x98\x80", 4));
	CU_ASSERT_FALSE(frame_reader_utf8("\xf0\x9f\x98", 3));
	CU_ASSERT_FALSE(frame_reader_utf8("a\0\xff", 3));
	CU_ASSERT_FALSE(frame_reader_utf8("\xed\xa0\x80", 3)); /* a surrogate */
	CU_ASSERT_FALSE(frame_reader_utf8("\xc0\x80", 2));     /* overlong */
}

static CU_TestInfo cases[] = {
    {"reads the same in pieces of any size", reads_the_same_in_pieces_of_any_size},
    {"refuses frames that break the protocol", refuses_frames_that_break_the_protocol},
    {"reports the length of a long frame after its header",
	reports_a_long_frame_after_its_header},
    {"checks close frames", checks_close_frames},
    {"checks UTF-8", checks_utf8},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/frame_reader", cases)
