/* Names as people read them: names that look alike have the same key, and an invisible
 * name is refused. The tables are those of utf8proc, so the locales of process and
 * database do not matter. All strings must be valid UTF-8 without U+0000 (see
 * utf8_length() in core/parse.h). */
#ifndef UNICODE_UNICODE_H
#define UNICODE_UNICODE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"
#include "core/attr.h"

/* Bytes of a key. A row of a B-tree takes at most 2,704, and one character can become 18
 * in a key (U+FDFA). */
#define UNICODE_KEY_MAX 2000

/* Returns the form to store: NFC, without White_Space at both ends. The result is
 * allocated in the arena a. */
const char *unicode_clean(const char *s, struct arena *a);

/* Returns the form to compare: NFKC with full case folding and without default-ignorable
 * characters (toNFKC_Casefold of Unicode), without blanks at both ends. The result is
 * allocated in the arena a. The caller refuses a key that is empty or longer than
 * UNICODE_KEY_MAX. */
const char *unicode_key(const char *s, struct arena *a);

/* True when s has at least one character that a reader sees. White_Space,
 * Default_Ignorable and control characters are invisible, and so are the blanks that
 * Unicode calls letters or symbols (U+2800, U+3164). */
bool unicode_visible(const char *s) ES_MUST_CHECK;

/* True when s contains a White_Space character. */
bool unicode_has_white_space(const char *s) ES_MUST_CHECK;

/* True when s contains a control that changes the direction of the text after it (U+202A
 * to U+202E, U+2066 to U+2069). Joiners (U+200C, U+200D) and marks (U+200E, U+200F) are
 * allowed. */
bool unicode_has_bidi(const char *s) ES_MUST_CHECK;

#endif
