/* A minimal event loop for a pg_async: one descriptor and one timer. */
#ifndef TESTS_STORE_ASYNC_LOOP_H
#define TESTS_STORE_ASYNC_LOOP_H

#include "core/clock.h"
#include "cunit_main.h"
#include "pg/pg_async.h"

struct loop {
	struct pg_async *pa;
	int fd, want;
	int64_t fire_ms; /* -1: no timer runs */
	unsigned ups, downs;
};

/* Callbacks for pg_async_open(). */
struct pg_async_loop async_loop(struct loop *l);
/* Connects to ES_TEST_DATABASE_URL and waits until the connection is up. */
void open_loop(struct loop *l, size_t max, bool pooled);
/* Runs one turn of the loop, which lasts at most 50 ms. */
void turn(struct loop *l);

/* Runs turns until the condition holds, at most ten seconds. */
#define TURN_UNTIL(l, condition) \
	do { \
		const int64_t end_ms_ = clock_mono_ms() + 10000; \
		while (!(condition) && clock_mono_ms() < end_ms_) \
			turn(l); \
		CU_ASSERT_TRUE_FATAL(condition); \
	} while (0)

#endif
