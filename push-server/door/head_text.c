#include "door/head_text.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "core/hex.h"

#include "core/banned.h"

bool
head_text_token(const char *s)
{
	static const char also[] = "!#$%&'*+-.^_`|~";
	const char *p = s;

	while (isalnum((unsigned char)*p) || (*p != '\0' && strchr(also, *p) != NULL))
		p++;
	return p != s && *p == '\0';
}

bool
head_text_visible(const char *s)
{
	const char *p = s;

	while (*p > 0x20 && *p < 0x7f)
		p++;
	return p != s && *p == '\0';
}

bool
head_text_value(const char *s)
{
	for (const unsigned char *p = (const unsigned char *)s; *p != '\0'; p++)
		if ((*p < 0x20 && *p != '\t') || *p == 0x7f)
			return false;
	return true;
}

char *
head_text_trim(char *s)
{
	char *end;

	s += strspn(s, " \t");
	end = s + strlen(s);
	while (end > s && (end[-1] == ' ' || end[-1] == '\t'))
		*--end = '\0';
	return s;
}

const char *
head_text_trim_const(const char *s)
{
	return s + strspn(s, " \t");
}

bool
head_text_has(const char *list, const char *word)
{
	const size_t len = strlen(word);

	for (const char *p = list; *p != '\0';) {
		const size_t skip = strspn(p, " \t,"), n = strcspn(p + skip, " \t,");

		if (n == len && strncasecmp(p + skip, word, len) == 0)
			return true;
		p += skip + n;
	}
	return false;
}

bool
head_text_key(const char *s)
{
	/* The last digit has two bits of data and four zero bits. */
	static const char last[] = "AQgw";
	size_t n = 0;

	while (isalnum((unsigned char)s[n]) || s[n] == '+' || s[n] == '/')
		n++;
	return n == 22 && strcmp(s + n, "==") == 0 && strchr(last, s[21]) != NULL;
}

static bool
head_text_decode(char *s)
{
	char *to = s;

	for (; *s != '\0'; s++) {
		if (*s == '%') {
			const int octet = hex_percent(s, strnlen(s, 3));

			if (octet <= 0)
				return false;
			*to++ = (char)octet;
			s += 2;
		} else {
			*to++ = *s == '+' ? ' ' : *s;
		}
	}
	*to = '\0';
	return true;
}

bool
head_text_query(char *query, const char *name, const char **out)
{
	const size_t len = strlen(name);

	for (char *p = query; p != NULL;) {
		char *next = strchr(p, '&');

		if (next != NULL)
			*next++ = '\0';
		if (strncmp(p, name, len) == 0 && p[len] == '=') {
			*out = p + len + 1;
			return head_text_decode(p + len + 1);
		}
		p = next;
	}
	return true;
}
