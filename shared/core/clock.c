#include "core/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "core/check.h"

#include "core/banned.h"

static int64_t
read_us(clockid_t which)
{
	struct timespec now;

	CHECK(clock_gettime(which, &now) == 0);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t
clock_mono_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

int64_t
clock_mono_ms(void)
{
	return read_us(CLOCK_MONOTONIC) / 1000;
}

int64_t
clock_wall_ms(void)
{
	return read_us(CLOCK_REALTIME) / 1000;
}

void
clock_format(int64_t wall_ms, char out[ES_TIME_TEXT])
{
	const int64_t rest = ((wall_ms % 1000) + 1000) % 1000;
	const time_t seconds = (time_t)((wall_ms - rest) / 1000);
	struct tm tm;
	size_t n;

	CHECK(gmtime_r(&seconds, &tm) != NULL);
	n = strftime(out, ES_TIME_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);
	CHECK(n > 0);
	(void)snprintf(out + n, ES_TIME_TEXT - n, ".%03dZ", (int)rest);
}

bool
clock_parse(const char *s, int64_t *out_ms)
{
	struct tm tm = {0};
	const char *rest = strptime(s, "%Y-%m-%dT%H:%M:%S", &tm);
	int64_t ms = 0, unit = 100;

	if (rest == NULL)
		return false;
	if (*rest == '.') {
		for (rest++; *rest >= '0' && *rest <= '9'; rest++, unit /= 10)
			ms += (*rest - '0') * unit;
		if (rest[-1] == '.')
			return false;
	}
	if (rest[0] != 'Z' || rest[1] != '\0')
		return false;
	*out_ms = (int64_t)timegm(&tm) * 1000 + ms;
	return true;
}

void
clock_sleep_ms(int64_t ms)
{
	struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	/* A signal ends the wait early on purpose: SIGTERM must not wait for back-off. */
	if (ms > 0 && nanosleep(&left, NULL) != 0)
		CHECK(errno == EINTR);
}

int64_t
clock_backoff_ms(unsigned tries, int64_t min_ms, int64_t max_ms)
{
	int64_t top = min_ms;
	uint32_t dice;

	for (unsigned i = 0; i < tries && top < max_ms; i++)
		top *= 2;
	if (top > max_ms)
		top = max_ms;
	CHECK(getrandom(&dice, sizeof(dice), 0) == (ssize_t)sizeof(dice));
	return min_ms + (int64_t)(dice % (uint64_t)(top - min_ms + 1));
}
