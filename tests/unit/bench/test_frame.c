#include "../../../bench/load/frame.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

#include "../../../bench/load/field.h"
#include "cunit_main.h"

static char in[FRAME_MAX], out[FRAME_MAX + FRAME_HEAD_MAX];

static void
a_masked_frame_is_read_again(void)
{
	const size_t sizes[] = {0, 1, 125, 126, 127, 1000, FRAME_MAX};

	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (char)('a' + i % 26);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const size_t n = frame_masked(out, FRAME_TEXT, 0x12345678, in, sizes[i]);
		struct frame f;

		if (sizes[i] > 0)
			CU_ASSERT_NOT_EQUAL(memcmp(out + n - sizes[i], in, sizes[i]), 0);
		CU_ASSERT_EQUAL(frame_read(&f, out, n - 1), 0);
		CU_ASSERT_EQUAL(frame_read(&f, out, n), (long)n);
		CU_ASSERT_EQUAL(f.op, FRAME_TEXT);
		CU_ASSERT_EQUAL(f.len, sizes[i]);
		CU_ASSERT_EQUAL(memcmp(f.data, in, f.len), 0);
	}
}

/* The masked "Hello" of RFC 6455, section 5.7. */
static void
the_example_of_the_rfc(void)
{
	const unsigned char mask[4] = {0x37, 0xfa, 0x21, 0x3d};
	const unsigned char wire[] = {
	    0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58};
	uint32_t key;

	memcpy(&key, mask, sizeof(key));
	CU_ASSERT_EQUAL(frame_masked(out, FRAME_TEXT, key, "Hello", 5), sizeof(wire));
	CU_ASSERT_EQUAL(memcmp(out, wire, sizeof(wire)), 0);
}

static void
frames_that_are_too_long_or_fragmented_are_refused(void)
{
	struct frame f;

	CU_ASSERT_EQUAL(frame_read(&f, memcpy(out, "\x81\x7f", 2), 2), -1);
	CU_ASSERT_EQUAL(frame_read(&f, memcpy(out, "\x01\x00", 2), 2), -1);
	CU_ASSERT_EQUAL(frame_read(&f, memcpy(out, "\xc1\x00", 2), 2), -1);
}

static void
fields_are_found_at_other_places_too(void)
{
	const char *one = "{\"a\":1,\"seq\":123,\"b\":2}", *two = "{\"seq\":45}";
	struct field seq = {.key = "\"seq\":"}, none = {.key = "\"none\":"};

	CU_ASSERT_EQUAL(field_number(&seq, one, strlen(one)), 123);
	CU_ASSERT_EQUAL(field_number(&seq, one, strlen(one)), 123);
	CU_ASSERT_EQUAL(field_number(&seq, two, strlen(two)), 45);
	CU_ASSERT_EQUAL(field_number(&seq, one, strlen(one)), 123);
	CU_ASSERT_EQUAL(field_number(&none, one, strlen(one)), -1);
	CU_ASSERT_EQUAL(field_number(&seq, two, 7), -1);
}

static CU_TestInfo cases[] = {
    {"a_masked_frame_is_read_again", a_masked_frame_is_read_again},
    {"the_example_of_the_rfc", the_example_of_the_rfc},
    {"frames_that_are_too_long_or_fragmented_are_refused",
	frames_that_are_too_long_or_fragmented_are_refused},
    {"fields_are_found_at_other_places_too", fields_are_found_at_other_places_too},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("bench frame", cases)
