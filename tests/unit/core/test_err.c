#include <string.h>

#include "core/err.h"
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

static void
names_lead_back_to_codes(void)
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
    {"names lead back to codes", names_lead_back_to_codes},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("errors", cases)
