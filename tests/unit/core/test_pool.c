/* A pool of objects of one size. The objects are aligned, zeroed and densely packed, and
 * do not overlap. The pool returns free slabs. */
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/pool.h"
#include "cunit_main.h"

#define N    5000
#define SIZE 136

static unsigned char *things[N];

static unsigned
take(struct pool *p, size_t i)
{
	unsigned wrong = 0;

	things[i] = pool_take(p);
	wrong += (uintptr_t)things[i] % alignof(max_align_t) != 0;
	for (size_t k = 0; k < SIZE; k++)
		wrong += things[i][k] != 0;
	memset(things[i], (int)(i % 251 + 1), SIZE);
	return wrong;
}

static unsigned
give(struct pool *p, size_t i)
{
	unsigned wrong = 0;

	for (size_t k = 0; k < SIZE; k++)
		wrong += things[i][k] != i % 251 + 1;
	pool_give(p, things[i]);
	things[i] = NULL;
	return wrong;
}

static void
objects_are_apart_aligned_and_zeroed(void)
{
	struct pool *p = pool_new(SIZE);
	unsigned wrong = 0;
	size_t n = 0;

	srand(1);
	for (unsigned step = 0; step < 100000; step++) {
		const size_t i = (size_t)rand() % N;

		if (things[i] == NULL) {
			wrong += take(p, i);
			n++;
		} else {
			wrong += give(p, i);
			n--;
		}
		wrong += pool_n(p) != n;
	}
	for (size_t i = 0; i < N; i++)
		if (things[i] != NULL)
			wrong += give(p, i);
	CU_ASSERT_EQUAL(wrong, 0);
	pool_free(&p);
	CU_ASSERT_PTR_NULL(p);
}

static void
packs_objects_densely_and_returns_free_slabs(void)
{
	struct pool *p = pool_new(SIZE);
	size_t one;

	for (size_t i = 0; i < N; i++)
		CU_ASSERT_EQUAL(take(p, i), 0);
	CU_ASSERT_TRUE(pool_bytes(p) / N <= SIZE + 24);
	for (size_t i = 1; i < N; i++)
		CU_ASSERT_EQUAL(give(p, i), 0);
	one = pool_bytes(p);
	CU_ASSERT_TRUE(
	    one <= 2 * 65536); /* the slab of the last object, and a spare one */
	CU_ASSERT_EQUAL(give(p, 0), 0);
	CU_ASSERT_TRUE(pool_bytes(p) <= 65536);
	pool_free(&p);
}

static CU_TestInfo cases[] = {
    {"objects are aligned and zeroed, and do not overlap",
	objects_are_apart_aligned_and_zeroed},
    {"packs objects densely and returns free slabs",
	packs_objects_densely_and_returns_free_slabs},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("core/pool", cases)
