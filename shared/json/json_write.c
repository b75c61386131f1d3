#include "json/json_write.h"

#include <string.h>

#include "core/parse.h"

#include "core/banned.h"

static void
json_write_put(struct json_write *w, const char *s)
{
	text_add(w->out, s, strlen(s));
}

/* Writes the code point at s as \uXXXX (a pair above U+FFFF) and returns its length in
 * bytes. Writes U+FFFD for a byte that is not UTF-8, so that a mistake of the caller
 * never reads past the end. */
static size_t
json_write_put_ascii(struct json_write *w, const unsigned char *s)
{
	static const unsigned char lead_mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	const size_t len = utf8_step((const char *)s, strnlen((const char *)s, 4));
	unsigned point = s[0] & lead_mask[len];

	if (len == 0) {
		json_write_put(w, "\\ufffd");
		return 1;
	}
	for (size_t i = 1; i < len; i++)
		point = point << 6 | (s[i] & 0x3f);
	if (point < 0x10000) {
		text_addf(w->out, "\\u%04x", point);
	} else {
		point -= 0x10000;
		text_addf(w->out, "\\u%04x\\u%04x", 0xd800 | point >> 10,
		    0xdc00 | (point & 0x3ff));
	}
	return len;
}

static bool
json_write_plain(const struct json_write *w, unsigned char c)
{
	return c >= 0x20 && c != '"' && c != '\\' && c != 0x7f && (c < 0x80 || !w->ascii);
}

static void
json_write_put_special(struct json_write *w, unsigned char c)
{
	switch (c) {
	case '"':
		json_write_put(w, "\\\"");
		return;
	case '\\':
		json_write_put(w, "\\\\");
		return;
	case '\n':
		json_write_put(w, "\\n");
		return;
	case '\t':
		json_write_put(w, "\\t");
		return;
	case '\r':
		json_write_put(w, "\\r");
		return;
	default:
		text_addf(w->out, "\\u%04x", c);
	}
}

static void
json_write_put_quoted(struct json_write *w, const char *s)
{
	json_write_put(w, "\"");
	while (*s != '\0') {
		size_t run = 0;

		while (s[run] != '\0' && json_write_plain(w, (unsigned char)s[run]))
			run++;
		text_add(w->out, s, run);
		s += run;
		if (*s == '\0')
			break;
		if ((unsigned char)*s < 0x80)
			json_write_put_special(w, (unsigned char)*s++);
		else
			s += json_write_put_ascii(w, (const unsigned char *)s);
	}
	json_write_put(w, "\"");
}

static void
json_write_put_key(struct json_write *w, const char *key)
{
	if (w->comma)
		json_write_put(w, ",");
	w->comma = true;
	if (key != NULL) {
		json_write_put_quoted(w, key);
		json_write_put(w, ":");
	}
}

void
jw_init(struct json_write *w, struct text *out)
{
	*w = (struct json_write){.out = out};
}

static void
json_write_open_with(struct json_write *w, const char *key, const char *bracket)
{
	json_write_put_key(w, key);
	json_write_put(w, bracket);
	w->comma = false;
}

static void
json_write_close_with(struct json_write *w, const char *bracket)
{
	json_write_put(w, bracket);
	w->comma = true;
}

void
jw_object(struct json_write *w, const char *key)
{
	json_write_open_with(w, key, "{");
}

void
jw_object_end(struct json_write *w)
{
	json_write_close_with(w, "}");
}

void
jw_array(struct json_write *w, const char *key)
{
	json_write_open_with(w, key, "[");
}

void
jw_array_end(struct json_write *w)
{
	json_write_close_with(w, "]");
}

void
jw_string(struct json_write *w, const char *key, const char *value)
{
	json_write_put_key(w, key);
	if (value != NULL)
		json_write_put_quoted(w, value);
	else
		json_write_put(w, "null");
}

void
jw_int(struct json_write *w, const char *key, int64_t value)
{
	char digits[20]; /* INT64_MIN has 19 digits and a sign */
	size_t at = sizeof(digits);
	uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;

	do
		digits[--at] = (char)('0' + rest % 10);
	while ((rest /= 10) > 0);
	if (value < 0)
		digits[--at] = '-';
	json_write_put_key(w, key);
	text_add(w->out, digits + at, sizeof(digits) - at);
}

void
jw_bool(struct json_write *w, const char *key, bool value)
{
	json_write_put_key(w, key);
	json_write_put(w, value ? "true" : "false");
}

void
jw_null(struct json_write *w, const char *key)
{
	json_write_put_key(w, key);
	json_write_put(w, "null");
}

void
jw_raw(struct json_write *w, const char *key, const char *json)
{
	json_write_put_key(w, key);
	json_write_put(w, json);
}
