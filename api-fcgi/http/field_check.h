/* Checks of text that JSON alone can't express. All refuse with ES_INVALID naming the
 * member. */
#ifndef API_FIELD_CHECK_H
#define API_FIELD_CHECK_H

#include <stddef.h>

#include "core/arena.h"
#include "core/err.h"

/* A name, or another short text of one line: *s becomes its stored form (NFC, no blanks
 * at the ends; see unicode/unicode.h), which has min to max code points, no control and
 * no bidi control. With min > 0 it shows at least one character, and its key is within
 * UNICODE_KEY_MAX. *s NULL passes: not given. */
enum es_code field_check_name(const char *field, const char **s, size_t min, size_t max,
    struct arena *a, struct es_err *err) ES_MUST_CHECK;
/* Something@something without blanks, 3 to 320 characters, stored as field_check_name()
 * does. *s NULL passes. */
enum es_code field_check_email(
    const char *field, const char **s, struct arena *a, struct es_err *err) ES_MUST_CHECK;
/* One of the words of allowed (blank-separated). NULL passes. */
enum es_code field_check_word(const char *field, const char *s, const char *allowed,
    struct es_err *err) ES_MUST_CHECK;

#define TENANT_NAME_MAX  200
#define DISPLAY_NAME_MAX 200
#define EMAIL_MAX        320
#define CHANNEL_NAME_MAX 100
#define TOPIC_MAX        1000
#define EMAIL_MAX        320
#define USER_ROLES       "owner admin member guest bot"
#define MEMBER_ROLES     "owner admin member"
#define POSTING_POLICIES "everyone admins"

/* Bytes that a client may send for n characters: one may take three code points of four
 * bytes before it is composed. */
#define NAME_BYTES(n) (12L * (n))

#endif
