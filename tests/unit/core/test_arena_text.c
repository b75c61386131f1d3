#include <stdalign.h>
#include <stdint.h>
#include <string.h>

#include "core/arena.h"
#include "core/text.h"
#include "cunit_main.h"

static int undone[3], n_undone;

static void
note(void *thing)
{
	undone[n_undone++] = *(int *)thing;
}

static void
runs_the_last_deferred_call_first(void)
{
	struct arena *a = arena_new();
	int one = 1, two = 2;

	n_undone = 0;
	arena_defer(a, note, &one);
	arena_defer(a, note, &two);
	arena_free(&a);
	CU_ASSERT_EQUAL(n_undone, 2);
	CU_ASSERT_EQUAL(undone[0], 2);
	CU_ASSERT_EQUAL(undone[1], 1);
	CU_ASSERT_PTR_NULL(a);
}

/* Allocations of all sizes are aligned and zeroed, and do not overlap. This holds after a
 * reset of the arena, too. */
static void
allocates_apart_aligned_and_zeroed(void)
{
	enum { N = 600 };
	struct arena *a = arena_new();
	unsigned char *at[N];
	unsigned wrong = 0;

	for (unsigned round = 0; round < 3; round++) {
		for (size_t i = 0; i < N; i++) {
			const size_t size = i % 7 == 0 ? i * 40 : i;

			at[i] = arena_alloc(a, size);
			wrong += (uintptr_t)at[i] % alignof(max_align_t) != 0;
			for (size_t k = 0; k < size; k++)
				wrong += at[i][k] != 0;
			memset(at[i], (int)(i % 251 + 1), size);
		}
		for (size_t i = 0; i < N; i++)
			for (size_t k = 0; k < (i % 7 == 0 ? i * 40 : i); k++)
				wrong += at[i][k] != i % 251 + 1;
		arena_reset(a);
	}
	CU_ASSERT_EQUAL(wrong, 0);
	arena_free(&a);
}

static void
copies_and_prints(void)
{
	struct arena *a = arena_new();

	CU_ASSERT_STRING_EQUAL(arena_strdup(a, "abc"), "abc");
	CU_ASSERT_STRING_EQUAL(arena_memdup(a, "abcdef", 3), "abc");
	CU_ASSERT_STRING_EQUAL(arena_printf(a, "%s-%d", "x", 7), "x-7");
	arena_free(&a);
}

static void
text_takes_up_to_its_cap_and_no_more(void)
{
	struct arena *a = arena_new();
	struct text t;

	text_init(&t, a, 1001);
	for (int i = 0; i < 100; i++)
		text_addf(&t, "%010d", i);
	CU_ASSERT_FALSE(t.overflow);
	CU_ASSERT_EQUAL(t.len, 1000);
	text_add(&t, "x", 1);
	CU_ASSERT_TRUE(t.overflow);
	CU_ASSERT_EQUAL(t.len, 1000);
	CU_ASSERT_EQUAL(strlen(t.data), 1000);
	arena_free(&a);
}

static void
text_overflow_is_sticky(void)
{
	struct arena *a = arena_new();
	struct text t;

	text_init(&t, a, 4);
	text_add(&t, "12345", 5);
	text_add(&t, "1", 1);
	CU_ASSERT_TRUE(t.overflow);
	CU_ASSERT_EQUAL(t.len, 0);
	arena_free(&a);
}

/* A text that is too long must not be cut in the middle. */
static void
a_text_that_does_not_fit_is_left_out_completely(void)
{
	struct arena *a = arena_new();
	struct text t;

	text_init(&t, a, 10);
	text_addf(&t, "%s", "12345");
	text_addf(&t, "%s", "67890");
	CU_ASSERT_TRUE(t.overflow);
	CU_ASSERT_STRING_EQUAL(t.data, "12345");
	arena_free(&a);
}

static CU_TestInfo cases[] = {
    {"runs the last deferred call first", runs_the_last_deferred_call_first},
    {"allocations are aligned and zeroed, and do not overlap",
	allocates_apart_aligned_and_zeroed},
    {"copies and prints", copies_and_prints},
    {"text takes up to its cap and no more", text_takes_up_to_its_cap_and_no_more},
    {"text overflow is sticky", text_overflow_is_sticky},
    {"a text that does not fit is left out completely",
	a_text_that_does_not_fit_is_left_out_completely},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("arena and text", cases)
