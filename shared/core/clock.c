#include "core/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "core/check.h"

#include "core/banned.h"

static int64_t
clock_read_us(clockid_t which)
{
	struct timespec now;

	CHECK(clock_gettime(which, &now) == 0);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t
clock_mono_us(void)
{
	return clock_read_us(CLOCK_MONOTONIC);
}

int64_t
clock_mono_ms(void)
{
	return clock_read_us(CLOCK_MONOTONIC) / 1000;
}

int64_t
clock_wall_ms(void)
{
	return clock_read_us(CLOCK_REALTIME) / 1000;
}

static void
clock_put_digits(char *at, int n, int width)
{
	for (int i = width - 1; i >= 0; i--, n /= 10)
		at[i] = (char)('0' + n % 10);
}

/* Writes the digits itself: a page of history has 50 times or more, and snprintf() and
 * strftime() take ten times as long. */
void
clock_format(int64_t wall_ms, char out[ES_TIME_TEXT])
{
	static const char after_year[] = "-00-00T00:00:00.000Z";
	const int64_t rest = ((wall_ms % 1000) + 1000) % 1000;
	const time_t seconds = (time_t)((wall_ms - rest) / 1000);
	struct tm tm;
	char *at = out + 4;

	CHECK(gmtime_r(&seconds, &tm) != NULL);
	if (tm.tm_year >= -1900 && tm.tm_year < 10000 - 1900)
		clock_put_digits(out, tm.tm_year + 1900, 4);
	else
		at = out + snprintf(out, ES_TIME_TEXT - sizeof(after_year), "%d",
			       tm.tm_year + 1900);
	memcpy(at, after_year, sizeof(after_year));
	clock_put_digits(at + 1, tm.tm_mon + 1, 2);
	clock_put_digits(at + 4, tm.tm_mday, 2);
	clock_put_digits(at + 7, tm.tm_hour, 2);
	clock_put_digits(at + 10, tm.tm_min, 2);
	clock_put_digits(at + 13, tm.tm_sec, 2);
	clock_put_digits(at + 16, (int)rest, 3);
}

/* Returns the number in s[from..to), whose characters are all digits. */
static int
clock_number(const char *s, size_t from, size_t to)
{
	int n = 0;

	for (size_t i = from; i < to; i++)
		n = n * 10 + (s[i] - '0');
	return n;
}

static int
clock_days_of(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

/* Parses "2026-01-02T03:04:05". strptime() would also accept blanks, short numbers and 31
 * February. */
static bool
clock_parse_seconds(const char *s, struct tm *out)
{
	static const char shape[] = "dddd-dd-ddTdd:dd:dd";
	int year, month;

	for (size_t i = 0; i < sizeof(shape) - 1; i++)
		if (shape[i] == 'd' ? s[i] < '0' || s[i] > '9' : s[i] != shape[i])
			return false;
	year = clock_number(s, 0, 4);
	month = clock_number(s, 5, 7);
	*out = (struct tm){.tm_year = year - 1900,
	    .tm_mon = month - 1,
	    .tm_mday = clock_number(s, 8, 10),
	    .tm_hour = clock_number(s, 11, 13),
	    .tm_min = clock_number(s, 14, 16),
	    .tm_sec = clock_number(s, 17, 19)};
	return month >= 1 && month <= 12 && out->tm_mday >= 1 &&
	       out->tm_mday <= clock_days_of(year, month) && out->tm_hour <= 23 &&
	       out->tm_min <= 59 && out->tm_sec <= 59;
}

bool
clock_parse(const char *s, int64_t *out_ms)
{
	const char *rest = s + sizeof("2026-01-02T03:04:05") - 1;
	struct tm tm;
	int64_t ms = 0, unit = 100;

	if (!clock_parse_seconds(s, &tm))
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

	/* A signal ends the sleep early on purpose, so that SIGTERM does not wait for a
	 * back-off. */
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
	if (top < min_ms)
		return min_ms;
	CHECK(getrandom(&dice, sizeof(dice), 0) == (ssize_t)sizeof(dice));
	return min_ms + (int64_t)(dice % (uint64_t)(top - min_ms + 1));
}
