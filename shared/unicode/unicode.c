#include "unicode/unicode.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "core/check.h"

#include "core/banned.h"

/* Property White_Space of Unicode: 25 characters, the same since Unicode 6.3. */
static bool
unicode_is_white_space(utf8proc_int32_t c)
{
	return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 ||
	       c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 ||
	       c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

/* True for white space, and for U+2800, which Unicode calls a symbol and every font draws
 * as a blank. */
static bool
unicode_is_blank_symbol(utf8proc_int32_t c)
{
	return unicode_is_white_space(c) || c == 0x2800;
}

/* utf8proc knows assigned characters only. Unicode reserves these ranges for more
 * default-ignorable ones. */
static bool
unicode_is_reserved_ignorable(utf8proc_int32_t c)
{
	return c == 0x2065 || (c >= 0xfff0 && c <= 0xfff8) ||
	       (c >= 0xe0000 && c <= 0xe0fff);
}

static bool
unicode_is_visible(utf8proc_int32_t c)
{
	const utf8proc_property_t *p = utf8proc_get_property(c);

	return !unicode_is_blank_symbol(c) && !p->ignorable &&
	       !unicode_is_reserved_ignorable(c) && p->category != UTF8PROC_CATEGORY_CC;
}

static bool
unicode_is_bidi(utf8proc_int32_t c)
{
	return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/* Returns the bytes of the character at s. s must not be at the end. */
static size_t
unicode_step(const char *s, utf8proc_int32_t *c)
{
	const utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)s, -1, c);

	CHECK(n > 0); /* the caller has checked the text */
	return (size_t)n;
}

static bool
unicode_any(const char *s, bool (*is)(utf8proc_int32_t c))
{
	utf8proc_int32_t c;

	while (*s != '\0') {
		s += unicode_step(s, &c);
		if (is(c))
			return true;
	}
	return false;
}

static const char *
unicode_trim(const char *s, bool (*is)(utf8proc_int32_t c), struct arena *a)
{
	const char *from = NULL, *to = s;
	utf8proc_int32_t c;

	for (const char *p = s; *p != '\0';) {
		const char *start = p;

		p += unicode_step(p, &c);
		if (is(c))
			continue;
		if (from == NULL)
			from = start;
		to = p;
	}
	return from == NULL ? "" : arena_memdup(a, from, (size_t)(to - from));
}

static const char *
unicode_without_reserved(const char *s, struct arena *a)
{
	char *out = arena_alloc(a, strlen(s) + 1), *to = out;
	utf8proc_int32_t c;

	while (*s != '\0') {
		const size_t n = unicode_step(s, &c);

		if (!unicode_is_reserved_ignorable(c)) {
			memcpy(to, s, n);
			to += n;
		}
		s += n;
	}
	*to = '\0';
	return out;
}

static const char *
unicode_map(const char *s, utf8proc_option_t options, struct arena *a)
{
	utf8proc_uint8_t *mapped = NULL;
	const utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)s, 0, &mapped,
	    (utf8proc_option_t)(UTF8PROC_NULLTERM | UTF8PROC_STABLE | options));
	const char *out;

	CHECK(n >= 0 && mapped != NULL); /* out of memory ends the program */
	out = arena_memdup(a, (const char *)mapped, (size_t)n);
	free(mapped);
	return out;
}

const char *
unicode_clean(const char *s, struct arena *a)
{
	return unicode_trim(
	    unicode_map(s, UTF8PROC_COMPOSE, a), unicode_is_white_space, a);
}

/* Applies NFC first. Canonically equal texts have the same NFC, but not the same folding:
 * U+0345 folds to a letter, which normalisation no longer moves after an accent. */
const char *
unicode_key(const char *s, struct arena *a)
{
	const utf8proc_option_t fold =
	    (utf8proc_option_t)(UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD |
				UTF8PROC_IGNORE);
	const char *nfc = unicode_map(s, UTF8PROC_COMPOSE, a);
	const char *folded = unicode_map(unicode_without_reserved(nfc, a), fold, a);

	return unicode_trim(folded, unicode_is_blank_symbol, a);
}

bool
unicode_visible(const char *s)
{
	return unicode_any(s, unicode_is_visible);
}

bool
unicode_has_white_space(const char *s)
{
	return unicode_any(s, unicode_is_white_space);
}

bool
unicode_has_bidi(const char *s)
{
	return unicode_any(s, unicode_is_bidi);
}
