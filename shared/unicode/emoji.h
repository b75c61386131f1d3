/* What a reaction may be: one emoji as Unicode defines it, or the name of an emoji of the
 * tenant's own, as in ":party_parrot:". */
#ifndef UNICODE_EMOJI_H
#define UNICODE_EMOJI_H

#include <stdbool.h>

#include "core/attr.h"

#define EMOJI_MAX 64 /* bytes */

#define EMOJI_RULE \
	"must be one emoji, or :name: with a name of a-z 0-9 _ + -, of at most 64 bytes"

/* True when s is one of the following, and has at most EMOJI_MAX bytes:
 * - an emoji sequence of UTS #51: a pictograph with an optional skin tone or U+FE0F, a
 *   flag, a keycap, or several of them with U+200D between them;
 * - ":name:".
 * Any s is allowed, invalid UTF-8 too. Only the form is checked, so that an emoji of a
 * later Unicode is an emoji: two letters of a flag need not be a country. The same emoji
 * with and without U+FE0F are two strings. */
bool emoji_valid(const char *s) ES_MUST_CHECK;

#endif
