/* The queue of waiting spans: its order and its limit. */
#include <string.h>

#include "cunit_main.h"
#include "trace/trace_waiting.h"

static void
keeps_order_around_the_ring(void)
{
	struct trace_waiting *w = trace_waiting_new(3);
	struct arena *a = arena_new();
	struct text t;

	for (int round = 0; round < 5; round++) {
		CU_ASSERT_TRUE(trace_waiting_add(w, "one,", 3));
		CU_ASSERT_TRUE(trace_waiting_add(w, "two", 3));
		text_init(&t, a, 100);
		trace_waiting_put(w, 2, &t);
		CU_ASSERT_STRING_EQUAL(t.data, "one,two");
		text_init(&t, a, 100);
		trace_waiting_put(w, 1, &t);
		CU_ASSERT_STRING_EQUAL(t.data, "one");
		trace_waiting_drop(w, 2);
		CU_ASSERT_EQUAL(trace_waiting_n(w), 0);
	}
	arena_free(&a);
	trace_waiting_free(&w);
	CU_ASSERT_PTR_NULL(w);
}

static void
takes_no_more_than_its_limit(void)
{
	struct trace_waiting *w = trace_waiting_new(3);

	for (int i = 0; i < 3; i++)
		CU_ASSERT_TRUE(trace_waiting_add(w, "span", 4));
	CU_ASSERT_FALSE(trace_waiting_add(w, "span", 4));
	CU_ASSERT_EQUAL(trace_waiting_n(w), 3);
	trace_waiting_drop(w, 1);
	CU_ASSERT_TRUE(trace_waiting_add(w, "span", 4));
	trace_waiting_free(&w);
}

static CU_TestInfo cases[] = {
    {"keeps the order around the ring", keeps_order_around_the_ring},
    {"takes no more than its limit", takes_no_more_than_its_limit},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("trace_waiting", cases)
