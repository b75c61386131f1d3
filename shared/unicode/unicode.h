/* Names as people read them: two names that look alike have one key, and a name that
 * shows nothing is none. The tables are those of utf8proc, so neither the locale of the
 * process nor that of the database matters. All strings are valid UTF-8 without U+0000
 * (utf8_length() of core/parse.h has checked them). */
#ifndef UNICODE_UNICODE_H
#define UNICODE_UNICODE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"
#include "core/attr.h"

/* Bytes of a key. A row of a B-tree takes at most 2,704, and one character can become 18
 * in a key (U+FDFA). */
#define UNICODE_KEY_MAX 2000

/* The form that is stored: NFC, without White_Space at both ends. Lives in a. */
const char *unicode_clean(const char *s, struct arena *a);

/* The form that is compared: NFKC with full case folding and without default-ignorable
 * characters (Unicode's toNFKC_Casefold), without blanks at both ends. Lives in a. The
 * key may be empty, and longer than UNICODE_KEY_MAX: the caller refuses both. */
const char *unicode_key(const char *s, struct arena *a);

/* At least one character that a reader sees: not White_Space, not Default_Ignorable, no
 * control, none of the blanks that Unicode calls letters or symbols (U+2800, U+3164). */
bool unicode_visible(const char *s) ES_MUST_CHECK;

/* A White_Space character anywhere. */
bool unicode_has_blank(const char *s) ES_MUST_CHECK;

/* A control that turns the direction of the text after it (U+202A to U+202E, U+2066 to
 * U+2069). Joiners (U+200C, U+200D) and marks (U+200E, U+200F) are none. */
bool unicode_has_bidi(const char *s) ES_MUST_CHECK;

#endif
