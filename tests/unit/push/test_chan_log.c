/* The ring of one channel: growth, wrap, eviction, holes, the shared budget. */
#include <string.h>

#include "core/check.h"
#include "cunit_main.h"
#include "log/chan_log.h"

#include "core/banned.h"

#define CHANNEL_BYTES (64 * 1024)

static const unsigned char *
frame_of(int64_t seq, size_t len)
{
	static unsigned char bytes[CHANNEL_BYTES];

	memset(bytes, (int)(seq & 0xff), len);
	return bytes;
}

static enum chan_log_result
append(struct chan_log *log, int64_t seq, size_t len)
{
	const struct chan_frame frame = {.seq = seq,
	    .accepted_ms = 1000 + seq,
	    .bytes = frame_of(seq, len),
	    .len = len};

	return chan_log_append(log, &frame);
}

/* Reads everything after the cursor and checks each byte; lens[seq] is the length of
 * frame seq. */
static int64_t
read_all(struct chan_log *log, int64_t after, const size_t lens[], size_t max)
{
	for (;;) {
		const struct chan_span span = chan_log_span(log, after, INT64_MAX, max);
		size_t at = 0;

		if (span.n == 0)
			return after;
		for (unsigned i = 0; i < span.n; i++) {
			after++;
			for (size_t b = 0; b < lens[after]; b++)
				if (span.bytes[at + b] != (after & 0xff))
					return -after;
			at += lens[after];
		}
		CU_ASSERT_EQUAL(at, span.len);
		CU_ASSERT_EQUAL(after, span.through);
		CU_ASSERT_EQUAL(span.accepted_ms, 1000 + after);
		CU_ASSERT_TRUE(span.n == 1 || span.len <= max);
	}
}

static void
test_hole_and_repeat(void)
{
	struct chan_logs *all = chan_logs_new(1 << 20, CHANNEL_BYTES);
	struct chan_log *log = chan_log_new(all, 10);

	CU_ASSERT_EQUAL(chan_logs_bytes(all), 0);
	CU_ASSERT_EQUAL(append(log, 10, 5), CHAN_LOG_REPEAT);
	CU_ASSERT_EQUAL(append(log, 12, 5), CHAN_LOG_HOLE);
	CU_ASSERT_EQUAL(chan_log_head(log), 10);
	CU_ASSERT_EQUAL(append(log, 11, 5), CHAN_LOG_APPENDED);
	CU_ASSERT_EQUAL(append(log, 11, 5), CHAN_LOG_REPEAT);
	CU_ASSERT_EQUAL(append(log, 9, 5), CHAN_LOG_REPEAT);
	CU_ASSERT_EQUAL(append(log, 1000, 5), CHAN_LOG_HOLE);
	CU_ASSERT_EQUAL(append(log, 12, 5), CHAN_LOG_APPENDED);
	CU_ASSERT_EQUAL(chan_log_head(log), 12);
	CU_ASSERT_EQUAL(chan_log_base(log), 10);
	CU_ASSERT_EQUAL(chan_log_span(log, 11, INT64_MAX, 99).through, 12);
	CU_ASSERT_EQUAL(chan_log_span(log, 12, INT64_MAX, 99).n, 0);
	CU_ASSERT_EQUAL(chan_log_span(log, 5000, INT64_MAX, 99).n, 0);
	CU_ASSERT_EQUAL(chan_log_span(log, 10, 11, 99).n, 1);
	CU_ASSERT_EQUAL(chan_log_span(log, 10, 10, 99).n, 0);
	chan_log_restart(log, 7);
	CU_ASSERT_EQUAL(chan_log_base(log), 7);
	CU_ASSERT_EQUAL(chan_log_head(log), 7);
	CU_ASSERT_EQUAL(chan_logs_bytes(all), 0);
	chan_log_free(&log);
	chan_logs_free(&all);
	CU_ASSERT_PTR_NULL(all);
}

/* Frames from tiny to half a ring, enough of them to wrap many times. Every cursor that
 * the log still covers reads exactly the bytes that were appended. */
static void
test_wrap(void)
{
	static size_t lens[5000];
	struct chan_logs *all = chan_logs_new(1 << 20, CHANNEL_BYTES);
	struct chan_log *log = chan_log_new(all, 0);
	unsigned rnd = 12345, wrong = 0;

	for (int64_t seq = 1; seq < 5000; seq++) {
		rnd = rnd * 1103515245u + 12345u;
		lens[seq] = 1 + (rnd >> 16) % (seq % 50 == 0 ? CHANNEL_BYTES / 2 : 900);
		CU_ASSERT_EQUAL_FATAL(append(log, seq, lens[seq]), CHAN_LOG_APPENDED);
		if (seq % 37 == 0)
			wrong += read_all(log, chan_log_base(log), lens, 4096) != seq;
		wrong += read_all(log, seq - 1, lens, 4096) != seq;
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_TRUE(chan_log_base(log) > 4000); /* frames were evicted */
	CU_ASSERT_TRUE(chan_log_base(log) < 4990); /* and frames were kept */
	chan_log_free(&log);
	chan_logs_free(&all);
}

static void
test_growth(void)
{
	static size_t lens[2000];
	struct chan_logs *all = chan_logs_new(1 << 20, CHANNEL_BYTES);
	struct chan_log *log = chan_log_new(all, 0);
	size_t before, held = 0;

	lens[1] = 100;
	CU_ASSERT_EQUAL(append(log, 1, 100), CHAN_LOG_APPENDED);
	before = chan_logs_bytes(all);
	CU_ASSERT_TRUE(before >= CHAN_LOG_FIRST && before < 2 * CHAN_LOG_FIRST);
	for (int64_t seq = 2; seq < 2000; seq++) {
		lens[seq] = 100;
		CU_ASSERT_EQUAL(append(log, seq, 100), CHAN_LOG_APPENDED);
		if (chan_log_base(log) == 0)
			held = (size_t)seq;
	}
	CU_ASSERT_EQUAL(
	    held, CHANNEL_BYTES / 100); /* nothing was dropped before the limit */
	CU_ASSERT_EQUAL(read_all(log, chan_log_base(log), lens, 4096), 1999);
	CU_ASSERT_TRUE(chan_logs_bytes(all) < 2 * CHANNEL_BYTES);
	/* one frame larger than the first ring, in an empty log */
	chan_log_restart(log, 0);
	lens[1] = CHANNEL_BYTES;
	CU_ASSERT_EQUAL(append(log, 1, CHANNEL_BYTES), CHAN_LOG_APPENDED);
	CU_ASSERT_EQUAL(read_all(log, 0, lens, 4096), 1);
	chan_log_free(&log);
	chan_logs_free(&all);
}

static void
test_budget(void)
{
	struct chan_logs *all = chan_logs_new(3 * 21000, CHANNEL_BYTES);
	struct chan_log *logs[4];
	static size_t lens[200];

	for (unsigned i = 0; i < 4; i++)
		logs[i] = chan_log_new(all, 0);
	for (int64_t seq = 1; seq <= 80; seq++) {
		lens[seq] = 200; /* 16 000 bytes: a ring of 16 KiB and its index */
		for (unsigned i = 0; i < 3; i++)
			CU_ASSERT_EQUAL(append(logs[i], seq, 200), CHAN_LOG_APPENDED);
	}
	CU_ASSERT_EQUAL(chan_log_base(logs[0]), 0);
	/* the read makes logs[0] the most recently used one */
	CU_ASSERT_EQUAL(read_all(logs[0], 0, lens, 4096), 80);
	for (int64_t seq = 1; seq <= 80; seq++)
		CU_ASSERT_EQUAL(append(logs[3], seq, 200), CHAN_LOG_APPENDED);
	CU_ASSERT_TRUE(chan_logs_bytes(all) <= 3 * 21000);
	CU_ASSERT_EQUAL(chan_log_base(logs[0]), 0);
	CU_ASSERT_EQUAL(chan_log_base(logs[1]), 80); /* empty; keeps its head */
	CU_ASSERT_EQUAL(chan_log_head(logs[1]), 80);
	CU_ASSERT_EQUAL(append(logs[1], 81, 200), CHAN_LOG_APPENDED);
	lens[81] = 200;
	CU_ASSERT_EQUAL(read_all(logs[1], 80, lens, 4096), 81);
	CU_ASSERT_EQUAL(chan_log_base(logs[3]), 0);
	for (unsigned i = 0; i < 4; i++)
		chan_log_free(&logs[i]);
	CU_ASSERT_EQUAL(chan_logs_bytes(all), 0);
	chan_logs_free(&all);
}

static void
rewrite(unsigned char *frame, size_t len)
{
	memset(frame, 'T', len);
}

/* A message and changes of its text at random places of a ring that wraps. After the
 * rewrite no byte of its frames is in any span, and every other frame is as it was. */
static void
test_rewrite(void)
{
	struct chan_logs *all = chan_logs_new(1 << 20, CHANNEL_BYTES);
	struct chan_log *log = chan_log_new(all, 0);
	unsigned rnd = 7, wrong = 0, rewritten = 0;

	for (int64_t seq = 1; seq < 3000; seq++) {
		struct chan_frame frame = {.seq = seq, .accepted_ms = 1000 + seq};
		unsigned char bytes[700];

		rnd = rnd * 1103515245u + 12345u;
		frame.len = 1 + (rnd >> 16) % sizeof(bytes);
		frame.message_id = 1 + (rnd >> 8) % 200;
		memset(bytes, (int)frame.message_id, frame.len);
		frame.bytes = bytes;
		CU_ASSERT_EQUAL_FATAL(chan_log_append(log, &frame), CHAN_LOG_APPENDED);
		if (seq % 10 != 0)
			continue;
		rewritten += chan_log_rewrite(log, frame.message_id, rewrite);
		for (int64_t at = chan_log_base(log); at < seq; at++) {
			const struct chan_span s = chan_log_span(log, at, at + 1, 1);

			for (size_t i = 0; i < s.len; i++)
				wrong += s.bytes[i] == frame.message_id ||
				         s.bytes[i] != s.bytes[0];
		}
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_TRUE(rewritten > 300); /* more than one frame of a message */
	CU_ASSERT_EQUAL(chan_log_rewrite(log, 5000, rewrite), 0);
	chan_log_free(&log);
	chan_logs_free(&all);
}

static CU_TestInfo cases[] = {
    {"all frames with a message's text are rewritten, no other", test_rewrite},
    {"a hole and a repeat change nothing", test_hole_and_repeat},
    {"frames of all sizes survive many wraps", test_wrap},
    {"a full ring grows up to its limit", test_growth},
    {"beyond the budget the least recently used log is emptied", test_budget},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/chan_log", cases)
