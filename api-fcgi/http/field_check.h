/* Checks of a field's text that a JSON type can't express. Each check fails with
 * ES_INVALID and the name of the field. A text that is NULL (field absent) passes. */
#ifndef API_FIELD_CHECK_H
#define API_FIELD_CHECK_H

#include <stddef.h>

#include "core/arena.h"
#include "core/err.h"

/* Checks a name or another short text of one line, and replaces *s by its stored form:
 * NFC, without blanks at the ends (unicode/unicode.h), allocated in the arena a. The text
 * has min to max code points, no control character and no bidi control. With min > 0 it
 * has at least one visible character, and its comparison key has at most UNICODE_KEY_MAX
 * bytes. */
enum es_code field_check_name(const char *field, const char **s, size_t min, size_t max,
    struct arena *a, struct es_err *err) ES_MUST_CHECK;
/* Checks an e-mail address: one @ with text before and after it, no blanks, 3 to 320
 * characters. Replaces *s like field_check_name(). */
enum es_code field_check_email(
    const char *field, const char **s, struct arena *a, struct es_err *err) ES_MUST_CHECK;
/* Checks that s is one of the words in allowed, which blanks separate. */
enum es_code field_check_word(const char *field, const char *s, const char *allowed,
    struct es_err *err) ES_MUST_CHECK;

#define TENANT_NAME_MAX  200
#define DISPLAY_NAME_MAX 200
#define EMAIL_MAX        320
#define CHANNEL_NAME_MAX 100
#define TOPIC_MAX        1000
#define USER_ROLES       "owner admin member guest bot"
#define MEMBER_ROLES     "owner admin member"
#define POSTING_POLICIES "everyone admins"

/* Maximum bytes of n characters in a request: before NFC composes them, a character may
 * be three code points of four bytes each. */
#define NAME_BYTES(n) (12L * (n))

#endif
