/* Time, always with its unit in the name. Wall-clock time never decides an order or a
 * time-out. */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"

#define ES_TIME_TEXT 32 /* room for "2026-01-02T03:04:05.678Z" */

/* Milliseconds and microseconds of CLOCK_MONOTONIC, for time-outs and durations. */
int64_t clock_mono_ms(void);
int64_t clock_mono_us(void);

/* Milliseconds since 1970 in UTC, for time stamps and the times in tokens. */
int64_t clock_wall_ms(void);

/* Writes RFC 3339 in UTC, with milliseconds and Z. */
void clock_format(int64_t wall_ms, char out[ES_TIME_TEXT]);

/* Parses the format of clock_format(); the fraction is optional and may have any number
 * of digits. Returns false for anything else. */
bool clock_parse(const char *s, int64_t *out_ms) ES_MUST_CHECK;

/* Only for the back-off of programs that block; tests never call it. A signal ends the
 * sleep early. */
void clock_sleep_ms(int64_t ms);

/* Exponential back-off with jitter: a random value in [min_ms, min(max_ms, min_ms *
 * 2^tries)]. */
int64_t clock_backoff_ms(unsigned tries, int64_t min_ms, int64_t max_ms);

#endif
