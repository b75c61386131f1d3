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

static bool json_check_value(struct scan *j);

static bool
json_check_wrong(struct scan *j, const char *why)
{
	if (j->out->why == NULL) {
		j->out->why = why;
		j->out->at = j->at;
	}
	return false;
}

static int
json_check_peek(const struct scan *j)
{
	return j->at < j->len ? (unsigned char)j->s[j->at] : -1;
}

static bool
json_check_take(struct scan *j, char c)
{
	if (json_check_peek(j) != c)
		return false;
	j->at++;
	return true;
}

static void
json_check_blanks(struct scan *j)
{
	while (json_check_peek(j) == ' ' || json_check_peek(j) == '\t' ||
	       json_check_peek(j) == '\n' || json_check_peek(j) == '\r')
		j->at++;
}

static bool
json_check_word(struct scan *j, const char *text)
{
	const size_t n = strlen(text);

	if (j->len - j->at < n || memcmp(j->s + j->at, text, n) != 0)
		return json_check_wrong(j, "expected true, false or null");
	j->at += n;
	return true;
}

static bool
json_check_digits(struct scan *j)
{
	const size_t start = j->at;

	while (json_check_peek(j) >= '0' && json_check_peek(j) <= '9')
		j->at++;
	return j->at > start || json_check_wrong(j, "expected a digit");
}

static bool
json_check_number(struct scan *j)
{
	(void)json_check_take(j, '-');
	if (!json_check_take(j, '0') && !json_check_digits(j))
		return false;
	if (json_check_take(j, '.') && !json_check_digits(j))
		return false;
	if (json_check_take(j, 'e') || json_check_take(j, 'E')) {
		if (!json_check_take(j, '+'))
			(void)json_check_take(j, '-');
		return json_check_digits(j);
	}
	return true;
}

static bool
json_check_hex4(struct scan *j, unsigned *out)
{
	*out = 0;
	for (int i = 0; i < 4; i++, j->at++) {
		const int c = json_check_peek(j);

		*out <<= 4;
		if (c >= '0' && c <= '9')
			*out |= (unsigned)(c - '0');
		else if (c >= 'a' && c <= 'f')
			*out |= (unsigned)(c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			*out |= (unsigned)(c - 'A' + 10);
		else
			return json_check_wrong(j, "expected four hex digits after \\u");
	}
	return true;
}

static bool
json_check_unicode_escape(struct scan *j)
{
	unsigned high, low;

	if (!json_check_hex4(j, &high))
		return false;
	/* json-c would end the name at the NUL. */
	if (high == 0 && j->in_name)
		return json_check_wrong(j, "U+0000 in a field name");
	if (high < 0xd800 || high > 0xdfff)
		return true;
	if (high > 0xdbff || !json_check_take(j, '\\') || !json_check_take(j, 'u') ||
	    !json_check_hex4(j, &low) || low < 0xdc00 || low > 0xdfff)
		return json_check_wrong(j, "lone surrogate");
	return true;
}

static bool
json_check_string(struct scan *j)
{
	if (!json_check_take(j, '"'))
		return json_check_wrong(j, "expected a string");
	for (;;) {
		const int c = json_check_peek(j);

		if (c < 0)
			return json_check_wrong(j, "unterminated string");
		if (c < 0x20)
			return json_check_wrong(
			    j, "unescaped control character in a string");
		j->at++;
		if (c == '"')
			return true;
		if (c != '\\')
			continue;
		if (json_check_take(j, 'u')) {
			if (!json_check_unicode_escape(j))
				return false;
		} else if (json_check_peek(j) <= 0 ||
			   strchr("\"\\/bfnrt", json_check_peek(j)) == NULL) {
			return json_check_wrong(j, "unknown escape sequence");
		} else {
			j->at++;
		}
	}
}

static bool
json_check_member(struct scan *j)
{
	json_check_blanks(j);
	j->in_name = true;
	if (!json_check_string(j))
		return false;
	j->in_name = false;
	json_check_blanks(j);
	if (!json_check_take(j, ':'))
		return json_check_wrong(j, "expected ':'");
	j->out->members++;
	return json_check_value(j);
}

/* Reads the items after an opening bracket, up to the closing one. */
static bool
json_check_items(struct scan *j, char close, bool (*item)(struct scan *))
{
	json_check_blanks(j);
	if (json_check_take(j, close))
		return true;
	do {
		if (!item(j))
			return false;
		json_check_blanks(j);
	} while (json_check_take(j, ','));
	return json_check_take(j, close) ||
	       json_check_wrong(j, "expected ',' or a closing bracket");
}

static bool
json_check_nested(struct scan *j, char close, bool (*item)(struct scan *))
{
	bool good;

	if (++j->depth > JSON_DEPTH_MAX)
		return json_check_wrong(
		    j, "nested deeper than " JSON_DEPTH_TEXT " levels");
	good = json_check_items(j, close, item);
	j->depth--;
	return good;
}

static bool
json_check_value(struct scan *j)
{
	json_check_blanks(j);
	switch (json_check_peek(j)) {
	case '{':
		j->at++;
		return json_check_nested(j, '}', json_check_member);
	case '[':
		j->at++;
		return json_check_nested(j, ']', json_check_value);
	case '"':
		return json_check_string(j);
	case 't':
		return json_check_word(j, "true");
	case 'f':
		return json_check_word(j, "false");
	case 'n':
		return json_check_word(j, "null");
	case -1:
		return json_check_wrong(j, "expected a value");
	default:
		return json_check_number(j);
	}
}

bool
json_check(const char *text, size_t len, struct json_check *out)
{
	struct scan j = {.s = text, .len = len, .out = out};
	size_t points;

	*out = (struct json_check){0};
	if (!json_check_value(&j))
		return false;
	json_check_blanks(&j);
	if (j.at != len)
		return json_check_wrong(&j, "unexpected text after the value");
	/* Outside of strings the parser accepts only ASCII, so utf8_length() in effect
	 * checks the strings. */
	return utf8_length(text, len, &points) || json_check_wrong(&j, "invalid UTF-8");
}
