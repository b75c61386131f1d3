#include "json/json_write.h"

#include <string.h>

#include "core/parse.h"

#include "core/banned.h"

static void
put(struct json_write *w, const char *s)
{
	text_add(w->out, s, strlen(s));
}

/* One code point at s as \uXXXX, a pair above U+FFFF; returns its length. A byte that is
 * no UTF-8 becomes U+FFFD: the caller's mistake must not lead past the end. */
static size_t
put_ascii(struct json_write *w, const unsigned char *s)
{
	static const unsigned char lead_mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	const size_t len = utf8_step((const char *)s, strnlen((const char *)s, 4));
	unsigned point = s[0] & lead_mask[len];

	if (len == 0) {
		put(w, "\\ufffd");
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
plain(const struct json_write *w, unsigned char c)
{
	return c >= 0x20 && c != '"' && c != '\\' && c != 0x7f && (c < 0x80 || !w->ascii);
}

static void
put_special(struct json_write *w, unsigned char c)
{
	switch (c) {
	case '"':
		put(w, "\\\"");
		return;
	case '\\':
		put(w, "\\\\");
		return;
	case '\n':
		put(w, "\\n");
		return;
	case '\t':
		put(w, "\\t");
		return;
	case '\r':
		put(w, "\\r");
		return;
	default:
		text_addf(w->out, "\\u%04x", c);
	}
}

static void
put_quoted(struct json_write *w, const char *s)
{
	put(w, "\"");
	while (*s != '\0') {
		size_t run = 0;

		while (s[run] != '\0' && plain(w, (unsigned char)s[run]))
			run++;
		text_add(w->out, s, run);
		s += run;
		if (*s == '\0')
			break;
		if ((unsigned char)*s < 0x80)
			put_special(w, (unsigned char)*s++);
		else
			s += put_ascii(w, (const unsigned char *)s);
	}
	put(w, "\"");
}

static void
put_key(struct json_write *w, const char *key)
{
	if (w->comma)
		put(w, ",");
	w->comma = true;
	if (key != NULL) {
		put_quoted(w, key);
		put(w, ":");
	}
}

void
jw_init(struct json_write *w, struct text *out)
{
	*w = (struct json_write){.out = out};
}

static void
open_with(struct json_write *w, const char *key, const char *bracket)
{
	put_key(w, key);
	put(w, bracket);
	w->comma = false;
}

static void
close_with(struct json_write *w, const char *bracket)
{
	put(w, bracket);
	w->comma = true;
}

void
jw_object(struct json_write *w, const char *key)
{
	open_with(w, key, "{");
}

void
jw_object_end(struct json_write *w)
{
	close_with(w, "}");
}

void
jw_array(struct json_write *w, const char *key)
{
	open_with(w, key, "[");
}

void
jw_array_end(struct json_write *w)
{
	close_with(w, "]");
}

void
jw_string(struct json_write *w, const char *key, const char *value)
{
	put_key(w, key);
	if (value != NULL)
		put_quoted(w, value);
	else
		put(w, "null");
}

void
jw_int(struct json_write *w, const char *key, int64_t value)
{
	put_key(w, key);
	text_addf(w->out, "%lld", (long long)value);
}

void
jw_bool(struct json_write *w, const char *key, bool value)
{
	put_key(w, key);
	put(w, value ? "true" : "false");
}

void
jw_null(struct json_write *w, const char *key)
{
	put_key(w, key);
	put(w, "null");
}

void
jw_raw(struct json_write *w, const char *key, const char *json)
{
	put_key(w, key);
	put(w, json);
}
