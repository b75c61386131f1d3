/* What `bench` does: how many sockets and channels, how many messages, and when. */
#ifndef CTL_BENCH_PLAN_H
#define CTL_BENCH_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/attr.h"

/* libwebsockets polls all sockets in each turn. With 2,000, a turn costs 0.2 ms, and the
 * process stays far below the 20,000 descriptors that a machine may allow. */
#define BENCH_SOCKETS_MAX  2000
#define BENCH_CHANNELS_MAX 100
#define BENCH_RATE_MAX     1000 /* above it, use the load generator of ./dev bench */
#define BENCH_SECONDS_MAX  600
/* Users that bench creates. Further sockets are more sockets of the same users: a user
 * may have ES_PUSH_USER_CONNECTIONS (100), and bench opens at most 40 for each. */
#define BENCH_USERS_MAX 50
#define BENCH_EACH      3 /* channels that one socket subscribes to */

struct bench_plan {
	int64_t sockets, channels, rate, seconds;
};

#define BENCH_WHY 300

/* Options as given; NULL: the default. */
struct bench_words {
	const char *sockets, *channels, *rate, *seconds;
};
/* Returns false, with the reason in why, when a number is outside its limits. */
bool bench_plan_read(const struct bench_words *words, struct bench_plan *out,
    char why[BENCH_WHY]) ES_MUST_CHECK;

uint64_t bench_plan_messages(const struct bench_plan *p);
/* The time at which message k is due, in microseconds after the first. */
int64_t bench_plan_due_us(const struct bench_plan *p, uint64_t k);
/* The channels of socket i are bench_plan_channel(p, i, 0) to (p, i, each - 1). */
unsigned bench_plan_each(const struct bench_plan *p);
unsigned bench_plan_channel(const struct bench_plan *p, unsigned socket, unsigned i);

#define BENCH_HOST 256
/* True when the URL (http, https, ws, wss, unix) leads to this machine. Writes its host
 * to out. A name other than localhost is never this machine, whatever it resolves to. */
bool bench_plan_is_local(const char *url, char out[BENCH_HOST]) ES_MUST_CHECK;

#endif
