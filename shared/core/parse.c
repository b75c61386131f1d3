#include "core/parse.h"

#include "core/banned.h"

bool
parse_int(const char *s, int64_t min, int64_t max, int64_t *out)
{
	const bool negative = min < 0 && *s == '-';
	int64_t n = 0;

	if (negative)
		s++;
	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9' || __builtin_mul_overflow(n, 10, &n) ||
		    __builtin_sub_overflow(n, *s - '0', &n))
			return false;
	}
	/* n holds the negated number, because int64_t has one more negative value. */
	if (!negative && __builtin_sub_overflow(0, n, &n))
		return false;
	if (n < min || n > max)
		return false;
	*out = n;
	return true;
}

bool
parse_plain_int(const char *s, int64_t min, int64_t max, int64_t *out)
{
	const char *digits = *s == '-' ? s + 1 : s;

	if (digits[0] == '0' && (digits[1] != '\0' || digits != s))
		return false;
	return parse_int(s, min, max, out);
}

/* Length of the UTF-8 sequence at s (RFC 3629 section 4); 0 if it is invalid or NUL. */
static size_t
parse_sequence(const unsigned char *s, size_t left)
{
	size_t need;
	unsigned char low = 0x80, high = 0xbf;

	if (s[0] < 0x80)
		return s[0] != 0;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		need = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		need = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		need = 4;
	else
		return 0;
	if (s[0] == 0xe0)
		low = 0xa0;
	if (s[0] == 0xed)
		high = 0x9f;
	if (s[0] == 0xf0)
		low = 0x90;
	if (s[0] == 0xf4)
		high = 0x8f;
	if (left < need || s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < need; i++)
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	return need;
}

size_t
utf8_step(const char *s, size_t len)
{
	return len == 0 ? 0 : parse_sequence((const unsigned char *)s, len);
}

bool
utf8_length(const char *s, size_t len, size_t *out_points)
{
	const unsigned char *at = (const unsigned char *)s;
	size_t points = 0;

	while (len > 0) {
		const size_t step = parse_sequence(at, len);

		if (step == 0)
			return false;
		at += step;
		len -= step;
		points++;
	}
	*out_points = points;
	return true;
}
