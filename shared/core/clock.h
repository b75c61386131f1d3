/* Time, always with its unit in the name. Wall time never decides order or timeouts. */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"

#define ES_TIME_TEXT 32 /* room for "2026-01-02T03:04:05.678Z" */

/* Milliseconds (microseconds) of CLOCK_MONOTONIC: for timeouts and durations. */
int64_t clock_mono_ms(void);
int64_t clock_mono_us(void);

/* Milliseconds since 1970 in UTC: for stamps and token times. */
int64_t clock_wall_ms(void);

/* RFC 3339 in UTC with milliseconds and Z. */
void clock_format(int64_t wall_ms, char out[ES_TIME_TEXT]);

/* Reads what clock_format writes (fraction optional, Z only); false otherwise. */
bool clock_parse(const char *s, int64_t *out_ms) ES_MUST_CHECK;

/* Sleep; used by back-off in blocking programs only, never by a test. */
void clock_sleep_ms(int64_t ms);

/* Exponential back-off with full jitter: a value in [min, min(max, min * 2^tries)]. */
int64_t clock_backoff_ms(unsigned tries, int64_t min_ms, int64_t max_ms);

#endif
