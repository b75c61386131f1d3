/* Free memory between long-lived blocks goes back to the system. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/heap_trim.h"
#include "cunit_main.h"

#define N    4000
#define SIZE 16000

static long
resident_kb(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long size = 0, resident = 0;

	if (f != NULL) {
		CU_ASSERT_EQUAL(fscanf(f, "%ld %ld", &size, &resident), 2);
		(void)fclose(f);
	}
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static char *short_lived[N], *long_lived[N];

/* Allocates and frees short-lived blocks. The first call leaves long-lived blocks between
 * them. */
static void
wave(void)
{
	for (size_t i = 0; i < N; i++) {
		short_lived[i] = calloc(1, SIZE);
		if (long_lived[i] == NULL)
			long_lived[i] = calloc(1, 100);
		memset(short_lived[i], 1, SIZE);
	}
	for (size_t i = 0; i < N; i++)
		free(short_lived[i]);
}

/* Runs wave() twice, with a heap_trim() after each wave. The second wave uses the memory
 * that the first one freed. */
static void
returns_the_free_memory_between_long_lived_blocks(void)
{
	struct heap_trim trim = {0};

#ifdef __SANITIZE_ADDRESS__
	return; /* ASan's malloc has no heap to trim */
#endif
	(void)heap_trim(&trim);
	CU_ASSERT_FALSE(heap_trim(&trim)); /* the heap has not changed */
	for (unsigned n = 0; n < 2; n++) {
		long before;

		wave();
		before = resident_kb();
		CU_ASSERT_TRUE(heap_trim(&trim));
		CU_ASSERT_TRUE(resident_kb() < before - N * (SIZE - 8192) / 1024);
		CU_ASSERT_FALSE(heap_trim(&trim));
	}
	for (size_t i = 0; i < N; i++)
		free(long_lived[i]);
}

static CU_TestInfo cases[] = {
    {"returns the free memory between long-lived blocks",
	returns_the_free_memory_between_long_lived_blocks},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("core/heap_trim", cases)
