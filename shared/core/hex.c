#include "core/hex.h"

#include "core/banned.h"

int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int
hex_octet(const char *s, size_t len)
{
	int high, low;

	if (len < 2)
		return -1;
	high = hex_digit(s[0]);
	low = hex_digit(s[1]);
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

int
hex_percent(const char *s, size_t len)
{
	return len < 3 || s[0] != '%' ? -1 : hex_octet(s + 1, len - 1);
}
