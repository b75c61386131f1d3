#include "json/json_check.h"

#include <string.h>

#include "core/parse.h"

#include "core/banned.h"

struct scan {
	const char *s;
	size_t len, at;
	unsigned depth;
	bool in_name;
	struct json_check *out;
};

static bool value(struct scan *j);

static bool
wrong(struct scan *j, const char *why)
{
	if (j->out->why == NULL) {
		j->out->why = why;
		j->out->at = j->at;
	}
	return false;
}

static int
peek(const struct scan *j)
{
	return j->at < j->len ? (unsigned char)j->s[j->at] : -1;
}

static bool
take(struct scan *j, char c)
{
	if (peek(j) != c)
		return false;
	j->at++;
	return true;
}

static void
blanks(struct scan *j)
{
	while (peek(j) == ' ' || peek(j) == '\t' || peek(j) == '\n' || peek(j) == '\r')
		j->at++;
}

static bool
word(struct scan *j, const char *text)
{
	const size_t n = strlen(text);

	if (j->len - j->at < n || memcmp(j->s + j->at, text, n) != 0)
		return wrong(j, "expected true, false or null");
	j->at += n;
	return true;
}

static bool
digits(struct scan *j)
{
	const size_t start = j->at;

	while (peek(j) >= '0' && peek(j) <= '9')
		j->at++;
	return j->at > start || wrong(j, "expected a digit");
}

static bool
number(struct scan *j)
{
	(void)take(j, '-');
	if (!take(j, '0') && !digits(j))
		return false;
	if (take(j, '.') && !digits(j))
		return false;
	if (take(j, 'e') || take(j, 'E')) {
		if (!take(j, '+'))
			(void)take(j, '-');
		return digits(j);
	}
	return true;
}

static bool
hex4(struct scan *j, unsigned *out)
{
	*out = 0;
	for (int i = 0; i < 4; i++, j->at++) {
		const int c = peek(j);

		*out <<= 4;
		if (c >= '0' && c <= '9')
			*out |= (unsigned)(c - '0');
		else if (c >= 'a' && c <= 'f')
			*out |= (unsigned)(c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			*out |= (unsigned)(c - 'A' + 10);
		else
			return wrong(j, "expected four hex digits after \\u");
	}
	return true;
}

static bool
unicode_escape(struct scan *j)
{
	unsigned high, low;

	if (!hex4(j, &high))
		return false;
	/* json-c would cut the name there. */
	if (high == 0 && j->in_name)
		return wrong(j, "U+0000 in a field name");
	if (high < 0xd800 || high > 0xdfff)
		return true;
	if (high > 0xdbff || !take(j, '\\') || !take(j, 'u') || !hex4(j, &low) ||
	    low < 0xdc00 || low > 0xdfff)
		return wrong(j, "lone surrogate");
	return true;
}

static bool
string(struct scan *j)
{
	if (!take(j, '"'))
		return wrong(j, "expected a string");
	for (;;) {
		const int c = peek(j);

		if (c < 0)
			return wrong(j, "unterminated string");
		if (c < 0x20)
			return wrong(j, "unescaped control character in a string");
		j->at++;
		if (c == '"')
			return true;
		if (c != '\\')
			continue;
		if (take(j, 'u')) {
			if (!unicode_escape(j))
				return false;
		} else if (peek(j) <= 0 || strchr("\"\\/bfnrt", peek(j)) == NULL) {
			return wrong(j, "unknown escape sequence");
		} else {
			j->at++;
		}
	}
}

static bool
member(struct scan *j)
{
	blanks(j);
	j->in_name = true;
	if (!string(j))
		return false;
	j->in_name = false;
	blanks(j);
	if (!take(j, ':'))
		return wrong(j, "expected ':'");
	j->out->members++;
	return value(j);
}

/* After the opening bracket: items until the closing one. */
static bool
items(struct scan *j, char close, bool (*item)(struct scan *))
{
	blanks(j);
	if (take(j, close))
		return true;
	do {
		if (!item(j))
			return false;
		blanks(j);
	} while (take(j, ','));
	return take(j, close) || wrong(j, "expected ',' or a closing bracket");
}

static bool
nested(struct scan *j, char close, bool (*item)(struct scan *))
{
	bool good;

	if (++j->depth > JSON_DEPTH_MAX)
		return wrong(j, "nested deeper than " JSON_DEPTH_TEXT " levels");
	good = items(j, close, item);
	j->depth--;
	return good;
}

static bool
value(struct scan *j)
{
	blanks(j);
	switch (peek(j)) {
	case '{':
		j->at++;
		return nested(j, '}', member);
	case '[':
		j->at++;
		return nested(j, ']', value);
	case '"':
		return string(j);
	case 't':
		return word(j, "true");
	case 'f':
		return word(j, "false");
	case 'n':
		return word(j, "null");
	case -1:
		return wrong(j, "expected a value");
	default:
		return number(j);
	}
}

bool
json_check(const char *text, size_t len, struct json_check *out)
{
	struct scan j = {.s = text, .len = len, .out = out};
	size_t points;

	*out = (struct json_check){0};
	if (!value(&j))
		return false;
	blanks(&j);
	if (j.at != len)
		return wrong(&j, "unexpected text after the value");
	/* Outside strings only ASCII got this far; this judges the strings. */
	return utf8_length(text, len, &points) || wrong(&j, "invalid UTF-8");
}
