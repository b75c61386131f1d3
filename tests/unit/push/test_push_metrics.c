/* The metric rows of close codes. */
#include <stdio.h>

#include "cunit_main.h"
#include "env/push_metrics.h"

#include "core/banned.h"

static void
each_close_code_has_its_row(void)
{
	const unsigned codes[] = {1000, 1001, 1002, 1003, 1005, 1006, 1007, 1009, 1011,
	    4001, 4002, 4003, 4004, 4005, 4008, 4009, 4100, 4101, 4102, 4103, 4104, 4200};
	char labels[32];

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		const struct metric *m = &push_metrics[push_metrics_close(codes[i])];

		(void)snprintf(labels, sizeof(labels), "code=\"%u\"", codes[i]);
		CU_ASSERT_STRING_EQUAL(m->labels, labels);
	}
}

static void
other_close_codes_share_the_last_row(void)
{
	const unsigned codes[] = {0, 999, 1004, 1012, 4000, 4201, 5000};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		CU_ASSERT_EQUAL(push_metrics_close(codes[i]), PM_CLOSE_LAST);
		CU_ASSERT_STRING_EQUAL(
		    push_metrics[PM_CLOSE_LAST].labels, "code=\"other\"");
	}
}

static CU_TestInfo cases[] = {
    {"each close code has its row", each_close_code_has_its_row},
    {"other close codes share the last row", other_close_codes_share_the_last_row},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/push_metrics", cases)
