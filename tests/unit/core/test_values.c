/* ids, clock, numbers and UTF-8. */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/hash.h"
#include "core/hex.h"
#include "core/id.h"
#include "core/nearest.h"
#include "core/parse.h"
#include "cunit_main.h"

static void
uuids_are_valid_version_7_and_rise(void)
{
	char before[ES_UUID_TEXT], now[ES_UUID_TEXT];

	uuid_new(before);
	for (int i = 0; i < 10000; i++) {
		uuid_new(now);
		CU_ASSERT_TRUE_FATAL(uuid_valid(now));
		CU_ASSERT_EQUAL_FATAL(now[14], '7');
		CU_ASSERT_PTR_NOT_NULL_FATAL(strchr("89ab", now[19]));
		CU_ASSERT_TRUE_FATAL(strcmp(before, now) < 0);
		memcpy(before, now, sizeof(now));
	}
}

/* The random part of an id is from a pool, which the child of a fork() must not share. */
static void
a_forked_process_makes_other_uuids(void)
{
	char mine[ES_UUID_TEXT], its[ES_UUID_TEXT] = "";
	const size_t random_part = 19;
	int ends[2];
	pid_t child;

	uuid_new(mine);
	CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		uuid_new(its);
		_exit(write(ends[1], its, sizeof(its)) == sizeof(its) ? 0 : 1);
	}
	uuid_new(mine);
	CU_ASSERT_EQUAL(read(ends[0], its, sizeof(its)), sizeof(its));
	CU_ASSERT_EQUAL(waitpid(child, NULL, 0), child);
	CU_ASSERT_TRUE(uuid_valid(its));
	CU_ASSERT_STRING_NOT_EQUAL(mine + random_part, its + random_part);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void
refuses_malformed_uuids(void)
{
	static const char *const bad[] = {"", "0", "01900000-0000-7000-8000-00000000000",
	    "01900000-0000-7000-8000-0000000000001",
	    "01900000-0000-7000-8000-00000000000G",
	    "01900000x0000-7000-8000-000000000001"};
	struct channel_id id = {"untouched"};
	struct es_err err;

	for (unsigned i = 0; i < ES_COUNT(bad); i++) {
		CU_ASSERT_FALSE(uuid_valid(bad[i]));
		CU_ASSERT_EQUAL(channel_id_parse(bad[i], &id, &err), ES_NOT_FOUND);
		CU_ASSERT_STRING_EQUAL(err.text, "no such channel");
		CU_ASSERT_STRING_EQUAL(id.text, "untouched");
	}
	CU_ASSERT_EQUAL(channel_id_parse(NULL, &id, &err), ES_NOT_FOUND);
}

static void
accepts_an_upper_case_uuid_and_makes_it_lower_case(void)
{
	struct channel_id id = {"untouched"};
	struct uuid other;
	struct es_err err;

	CU_ASSERT_FALSE(uuid_valid("01900000-0000-7000-8000-0000000000AF"));
	CU_ASSERT_EQUAL(
	    channel_id_parse("01900000-0000-7000-8000-0000000000AF", &id, &err), ES_OK);
	CU_ASSERT_STRING_EQUAL(id.text, "01900000-0000-7000-8000-0000000000af");
	CU_ASSERT_TRUE(uuid_take("0190000A-0000-7000-8000-0000000000AF", other.text));
	CU_ASSERT_STRING_EQUAL(other.text, "0190000a-0000-7000-8000-0000000000af");
	CU_ASSERT_FALSE(uuid_take(NULL, other.text));
	CU_ASSERT_FALSE(uuid_take("0190000A-0000-7000-8000-0000000000AFA", other.text));
	CU_ASSERT_STRING_EQUAL(other.text, "0190000a-0000-7000-8000-0000000000af");
}

static void
a_plain_number_has_one_form(void)
{
	static const char *const bad[] = {"", "-", "00", "007", "-0", "-01", "+1", "1.0"};
	int64_t n = 77;

	for (unsigned i = 0; i < ES_COUNT(bad); i++)
		if (parse_plain_int(bad[i], INT64_MIN, INT64_MAX, &n))
			CU_FAIL(bad[i]);
	CU_ASSERT_EQUAL(n, 77);
	CU_ASSERT_TRUE(parse_plain_int("0", 0, 9, &n) && n == 0);
	CU_ASSERT_TRUE(parse_plain_int("-10", -10, 9, &n) && n == -10);
	CU_ASSERT_FALSE(parse_plain_int("10", -10, 9, &n));
}

static const char *
nearest_of(const char *name)
{
	static char out[NEAREST_NAME_MAX + 1];

	return nearest_word(name, "limit cursor allowedOrigins", out) ? out : "";
}

static void
finds_the_known_name_nearest_to_a_misspelt_one(void)
{
	CU_ASSERT_STRING_EQUAL(nearest_of("lmit"), "limit");
	CU_ASSERT_STRING_EQUAL(nearest_of("LIMIT"), "limit");
	CU_ASSERT_STRING_EQUAL(nearest_of("allowed_origins"), "allowedOrigins");
	CU_ASSERT_STRING_EQUAL(nearest_of("name"), "");
	CU_ASSERT_STRING_EQUAL(nearest_of(""), "");
	CU_ASSERT_STRING_EQUAL(nearest_of("0123456789012345678901234567890123456789"
					  "012345678901234567890123456789"),
	    "");
	CU_ASSERT_EQUAL(nearest_distance("kitten", "sitting"), 3);
}

static void
a_time_equals_itself_after_being_written_and_read(void)
{
	static const int64_t some[] = {
	    0, 1, 999, 1000, 1767322984678LL, 4102444800000LL, -1};
	char text[ES_TIME_TEXT];
	int64_t back;

	for (unsigned i = 0; i < ES_COUNT(some); i++) {
		clock_format(some[i], text);
		CU_ASSERT_TRUE_FATAL(clock_parse(text, &back));
		CU_ASSERT_EQUAL(back, some[i]);
	}
	clock_format(1767322984678LL, text);
	CU_ASSERT_STRING_EQUAL(text, "2026-01-02T03:03:04.678Z");
	clock_format(-60000000000000LL, text);
	CU_ASSERT_STRING_EQUAL(text, "0068-09-03T13:20:00.000Z");
	CU_ASSERT_TRUE(clock_parse(text, &back) && back == -60000000000000LL);
	clock_format(253402300799999LL, text);
	CU_ASSERT_STRING_EQUAL(text, "9999-12-31T23:59:59.999Z");
	clock_format(253402300800000LL, text);
	CU_ASSERT_STRING_EQUAL(text, "10000-01-01T00:00:00.000Z");
}

static void
refuses_malformed_times(void)
{
	static const char *const bad[] = {"", "2026", "2026-01-02 03:04:05Z",
	    "2026-01-02T03:04:05", "2026-01-02T03:04:05.Z", "2026-01-02T03:04:05+01:00",
	    "2026-01-02T03:04:05ZZ", "2026-1-02T03:04:05Z", " 2026-01-02T03:04:05Z",
	    "2026-01-02T 3:04:05Z", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
	    "2026-04-31T00:00:00Z", "2026-00-01T00:00:00Z", "2026-13-01T00:00:00Z",
	    "2026-01-00T00:00:00Z", "2026-01-02T24:00:00Z", "2026-01-02T03:60:00Z",
	    "2026-01-02T03:04:60Z", "+026-01-02T03:04:05Z"};
	int64_t ms = 77;

	for (unsigned i = 0; i < ES_COUNT(bad); i++)
		CU_ASSERT_FALSE(clock_parse(bad[i], &ms));
	CU_ASSERT_EQUAL(ms, 77);
	CU_ASSERT_TRUE(clock_parse("2024-02-29T23:59:59.1239Z", &ms));
	CU_ASSERT_EQUAL(ms, 1709251199123LL);
	CU_ASSERT_TRUE(clock_parse("2000-02-29T00:00:00Z", &ms));
}

static void
a_back_off_stays_between_its_bounds(void)
{
	for (unsigned tries = 0; tries < 70; tries++) {
		const int64_t ms = clock_backoff_ms(tries, 100, 5000);

		CU_ASSERT_TRUE(ms >= 100 && ms <= 5000);
	}
	CU_ASSERT_EQUAL(clock_backoff_ms(0, 100, 5000), 100);
	CU_ASSERT_EQUAL(clock_backoff_ms(9, 100, 50), 100);
}

static void
refuses_numbers_that_are_not_whole_or_not_in_range(void)
{
	static const char *const bad[] = {"", "-", "+1", " 1", "1 ", "1.0", "0x1", "1e3",
	    "9223372036854775808", "99999999999999999999"};
	int64_t n = 77;

	for (unsigned i = 0; i < ES_COUNT(bad); i++)
		CU_ASSERT_FALSE(parse_int(bad[i], INT64_MIN, INT64_MAX, &n));
	CU_ASSERT_FALSE(parse_int("101", 1, 100, &n));
	CU_ASSERT_FALSE(parse_int("-1", 0, 100, &n));
	CU_ASSERT_EQUAL(n, 77);
	CU_ASSERT_TRUE(parse_int("100", 1, 100, &n) && n == 100);
	CU_ASSERT_TRUE(
	    parse_int("9223372036854775807", 0, INT64_MAX, &n) && n == INT64_MAX);
	CU_ASSERT_TRUE(parse_int("-9223372036854775808", INT64_MIN, INT64_MAX, &n) &&
		       n == INT64_MIN);
}

static void
counts_code_points_and_refuses_bad_utf_8(void)
{
	static const char *const bad[] = {"\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\x80",
	    "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
	    "\xc3", "\xe2\x82", "\xff"};
	size_t n = 0;

	for (unsigned i = 0; i < ES_COUNT(bad); i++)
		CU_ASSERT_FALSE(utf8_length(bad[i], strlen(bad[i]), &n));
	CU_ASSERT_FALSE(utf8_length("a\0b", 3, &n));
	CU_ASSERT_TRUE(utf8_length("", 0, &n) && n == 0);
	CU_ASSERT_EQUAL(utf8_step("", 0), 0);
	CU_ASSERT_EQUAL(utf8_step("\xe2\x82\xac", 3), 3);
	CU_ASSERT_EQUAL(utf8_step("\xe2\x82\xac", 2), 0);
	CU_ASSERT_TRUE(
	    utf8_length("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 10, &n) && n == 4);
}

static void
hex_accepts_two_digits_of_either_case(void)
{
	static const char digits[] = "0123456789abcdef";
	char text[4] = "%";

	for (int octet = 0; octet < 256; octet++) {
		text[1] = digits[octet / 16];
		text[2] = digits[octet % 16];
		CU_ASSERT_EQUAL(hex_percent(text, 3), octet);
		CU_ASSERT_EQUAL(hex_octet(text + 1, 2), octet);
	}
	CU_ASSERT_EQUAL(hex_percent("%fF", 3), 255);
	CU_ASSERT_EQUAL(hex_percent("%ff", 2), -1);
	CU_ASSERT_EQUAL(hex_octet("ff", 1), -1);
	CU_ASSERT_EQUAL(hex_percent("-ff", 3), -1);
	for (int c = 0; c < 256; c++)
		CU_ASSERT_EQUAL(hex_digit((char)c) >= 0,
		    c != 0 && strchr("0123456789abcdefABCDEF", c) != NULL);
}

/* Partition numbers depend on these hashes, which are test vectors of the FNV draft. */
static void
hash_has_its_known_answers(void)
{
	CU_ASSERT_EQUAL(hash_bytes("", 0), 0xcbf29ce484222325ULL);
	CU_ASSERT_EQUAL(hash_bytes("a", 1), 0xaf63dc4c8601ec8cULL);
	CU_ASSERT_EQUAL(hash_bytes("foobar", 6), 0x85944171f73967e8ULL);
}

static CU_TestInfo cases[] = {
    {"uuids are valid, version 7, and rise", uuids_are_valid_version_7_and_rise},
    {"a forked process makes other uuids", a_forked_process_makes_other_uuids},
    {"refuses malformed uuids", refuses_malformed_uuids},
    {"accepts an upper-case uuid, and makes it lower case",
	accepts_an_upper_case_uuid_and_makes_it_lower_case},
    {"a plain number has one form", a_plain_number_has_one_form},
    {"finds the known name nearest to a misspelt one",
	finds_the_known_name_nearest_to_a_misspelt_one},
    {"a time equals itself after being written and read",
	a_time_equals_itself_after_being_written_and_read},
    {"refuses malformed times", refuses_malformed_times},
    {"a back-off stays between its bounds", a_back_off_stays_between_its_bounds},
    {"refuses numbers that are not whole or not in range",
	refuses_numbers_that_are_not_whole_or_not_in_range},
    {"counts code points and refuses bad UTF-8",
	counts_code_points_and_refuses_bad_utf_8},
    {"hex accepts two digits of either case", hex_accepts_two_digits_of_either_case},
    {"the hash returns the values of the FNV draft", hash_has_its_known_answers},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("values", cases)
