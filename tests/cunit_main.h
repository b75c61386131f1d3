/* CUNIT_MAIN("name", cases) defines main() for a test program. main() returns 1 when a
 * case failed or no case ran, because CUnit's run function returns neither. */
#ifndef TESTS_CUNIT_MAIN_H
#define TESTS_CUNIT_MAIN_H

#include <CUnit/Basic.h>

#define CUNIT_MAIN(name, cases) CUNIT_MAIN_WITH(name, cases, NULL, NULL)
/* setup and cleanup (int f(void), 0 is success) run once, around all cases. */
#define CUNIT_MAIN_WITH(name, cases, setup, cleanup) \
	int main(void) \
	{ \
		CU_SuiteInfo suites[] = { \
		    {name, setup, cleanup, NULL, NULL, cases}, \
		    CU_SUITE_INFO_NULL, \
		}; \
		unsigned failed, ran; \
\
		if (CU_initialize_registry() != CUE_SUCCESS || \
		    CU_register_suites(suites) != CUE_SUCCESS) \
			return 2; \
		CU_basic_set_mode(CU_BRM_VERBOSE); \
		(void)CU_basic_run_tests(); \
		failed = CU_get_number_of_failures(); \
		ran = CU_get_number_of_tests_run(); \
		CU_cleanup_registry(); \
		return failed == 0 && ran > 0 ? 0 : 1; \
	}

#endif
