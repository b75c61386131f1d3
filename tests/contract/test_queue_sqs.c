/* The contract of a leasing queue, with SQS. */
#include "queue_leasing.h"

#include <CUnit/Basic.h>

#include "core/banned.h"

int
main(void)
{
	CU_SuiteInfo suites[] = {
	    {"leasing", NULL, NULL, NULL, NULL, leasing_cases},
	    {"groups of SQS", NULL, NULL, NULL, NULL, leasing_group_cases},
	    {"faults of SQS", NULL, NULL, NULL, NULL, leasing_fault_cases},
	    CU_SUITE_INFO_NULL,
	};
	unsigned failed, ran;

	(void)leasing_endpoint();
	if (CU_initialize_registry() != CUE_SUCCESS ||
	    CU_register_suites(suites) != CUE_SUCCESS)
		return 2;
	CU_basic_set_mode(CU_BRM_VERBOSE);
	(void)CU_basic_run_tests();
	failed = CU_get_number_of_failures();
	ran = CU_get_number_of_tests_run();
	CU_cleanup_registry();
	return failed == 0 && ran > 0 ? 0 : 1;
}
