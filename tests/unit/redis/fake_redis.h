/* A Redis that answers every command with a prepared text. Its first connection gets one
 * text, all later ones the other. */
#ifndef TESTS_FAKE_REDIS_H
#define TESTS_FAKE_REDIS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct fake_redis {
	const char *first, *later; /* answers in RESP */
	bool pongs;                /* PING gets its normal answer */
	bool cut; /* the fake closes the first connection after its answer */
	char url[64];

	/* Private to fake_redis.c. */
	_Atomic int64_t later_ms;
	_Atomic bool over;
	int listener;
	pthread_t thread;
};

void fake_redis_begin(struct fake_redis *f);
/* Monotonic time of the last answer on a later connection; 0: none. */
int64_t fake_redis_later_ms(struct fake_redis *f);
void fake_redis_end(struct fake_redis *f);

#endif
