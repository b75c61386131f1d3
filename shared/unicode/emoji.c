#include "unicode/emoji.h"

#include <stddef.h>
#include <string.h>
#include <utf8proc.h>

#include "core/banned.h"

#define JOINER     0x200d
#define KEYCAP     0x20e3
#define AS_EMOJI   0xfe0f  /* variation selector 16 */
#define BLACK_FLAG 0x1f3f4 /* with tags behind it: the flag of a region */
#define LAST_TAG   0xe007f

/* The next character at *s, and moves *s behind it. 0 at the end, and for bytes that are
 * not UTF-8. */
static utf8proc_int32_t
emoji_take(const char **s)
{
	utf8proc_int32_t c;
	const utf8proc_ssize_t n =
	    **s == '\0' ? 0 : utf8proc_iterate((const utf8proc_uint8_t *)*s, -1, &c);

	if (n <= 0)
		return 0;
	*s += n;
	return c;
}

static utf8proc_int32_t
emoji_peek(const char *s)
{
	return emoji_take(&s);
}

static bool
emoji_skip(const char **s, utf8proc_int32_t wanted)
{
	if (emoji_peek(*s) != wanted)
		return false;
	(void)emoji_take(s);
	return true;
}

static bool
emoji_is_skin_tone(utf8proc_int32_t c)
{
	return c >= 0x1f3fb && c <= 0x1f3ff;
}

static bool
emoji_is_flag_letter(utf8proc_int32_t c)
{
	return c >= 0x1f1e6 && c <= 0x1f1ff;
}

static bool
emoji_is_tag(utf8proc_int32_t c)
{
	return c >= 0xe0020 && c < LAST_TAG;
}

static bool
emoji_is_pictograph(utf8proc_int32_t c)
{
	return emoji_is_skin_tone(c) || utf8proc_get_property(c)->boundclass ==
	                                    UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC;
}

/* The tags behind BLACK_FLAG. */
static bool
emoji_take_tags(const char **s)
{
	while (emoji_is_tag(emoji_peek(*s)))
		(void)emoji_take(s);
	return emoji_skip(s, LAST_TAG);
}

/* A part between two joiners. */
static bool
emoji_take_part(const char **s)
{
	const utf8proc_int32_t c = emoji_take(s);

	if (c == 0)
		return false;
	if (emoji_is_flag_letter(c))
		return emoji_is_flag_letter(emoji_take(s));
	if (c < 0x80) {
		if (strchr("0123456789#*", c) == NULL)
			return false;
		(void)emoji_skip(s, AS_EMOJI);
		return emoji_skip(s, KEYCAP);
	}
	if (!emoji_is_pictograph(c))
		return false;
	if (c == BLACK_FLAG && emoji_is_tag(emoji_peek(*s)))
		return emoji_take_tags(s);
	if (emoji_is_skin_tone(emoji_peek(*s)))
		(void)emoji_take(s);
	else
		(void)emoji_skip(s, AS_EMOJI);
	return true;
}

static bool
emoji_is_name(const char *s, size_t len)
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789_+-";

	return len > 2 && s[0] == ':' && s[len - 1] == ':' &&
	       strspn(s + 1, alphabet) == len - 2;
}

bool
emoji_valid(const char *s)
{
	const size_t len = strnlen(s, EMOJI_MAX + 1);

	if (len > EMOJI_MAX)
		return false;
	if (emoji_is_name(s, len))
		return true;
	do {
		if (!emoji_take_part(&s))
			return false;
	} while (emoji_skip(&s, JOINER));
	return *s == '\0';
}
