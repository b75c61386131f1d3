#include <string.h>

#include "core/err.h"
#include "core/parse.h"
#include "cunit_main.h"

static void
fills_code_field_and_text(void)
{
	struct es_err err = {.retry_after_ms = 7};

	CU_ASSERT_EQUAL(
	    es_fail_field(&err, ES_INVALID, "name", "is %d too long", 3), ES_INVALID);
	CU_ASSERT_EQUAL(err.code, ES_INVALID);
	CU_ASSERT_STRING_EQUAL(err.field, "name");
	CU_ASSERT_STRING_EQUAL(err.text, "is 3 too long");
	CU_ASSERT_EQUAL(err.retry_after_ms, 0);
}

static void
cuts_long_texts(void)
{
	struct es_err err;
	char longer[500];

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	(void)es_fail_field(&err, ES_INVALID, longer, "%s", longer);
	CU_ASSERT_EQUAL(strlen(err.field), sizeof(err.field) - 1);
	CU_ASSERT_EQUAL(strlen(err.text), sizeof(err.text) - 1);
}

/* An error goes into a frame, and a frame must be UTF-8. The name of an unknown field may
 * be cut in the middle of a character. */
static void
a_text_is_valid_utf_8_whatever_it_quotes(void)
{
	static const char *const quoted[] = {
	    "\xff", "a\xc3", "\x80\x80z", "\xe2\x82\xac"};
	char euros[200] = "";
	struct es_err err;
	size_t points;

	for (size_t shift = 0; shift < 3; shift++) {
		memset(euros, 'x', shift);
		for (size_t at = shift; at + 4 < sizeof(euros); at += 3)
			memcpy(euros + at, "\xe2\x82\xac", 4);
		(void)es_fail_field(&err, ES_INVALID, euros, "%s", euros);
		CU_ASSERT_TRUE(utf8_length(err.field, strlen(err.field), &points));
		CU_ASSERT_TRUE(strlen(err.field) > sizeof(err.field) - 5);
		CU_ASSERT_TRUE(utf8_length(err.text, strlen(err.text), &points));
	}
	for (unsigned i = 0; i < ES_COUNT(quoted); i++) {
		(void)es_fail(&err, ES_INVALID, "%s", quoted[i]);
		CU_ASSERT_TRUE(utf8_length(err.text, strlen(err.text), &points));
	}
	CU_ASSERT_STRING_EQUAL(err.text, "\xe2\x82\xac");
}

static void
finds_a_code_by_its_name(void)
{
	for (int i = 0; i < ES_CODE_COUNT; i++) {
		const enum es_code code = (enum es_code)i;

		CU_ASSERT_EQUAL(es_code_from_name(es_code_name(code)), code);
		CU_ASSERT_TRUE(es_code_status(code) >= 200 && es_code_status(code) < 600);
		CU_ASSERT_TRUE(strlen(es_code_title(code)) > 0);
	}
	CU_ASSERT_EQUAL(es_code_from_name("no_such_code"), ES_INTERNAL);
}

static CU_TestInfo cases[] = {
    {"fills code, field and text", fills_code_field_and_text},
    {"cuts long texts", cuts_long_texts},
    {"a text is valid UTF-8 whatever it quotes",
	a_text_is_valid_utf_8_whatever_it_quotes},
    {"finds a code by its name", finds_a_code_by_its_name},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("errors", cases)
