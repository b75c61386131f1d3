/* Checks of text that JSON alone can't express. All refuse with ES_INVALID naming the
 * member. */
#ifndef API_CHECKS_H
#define API_CHECKS_H

#include <stddef.h>

#include "core/err.h"

/* min to max code points, no control characters, not only blanks. NULL passes: not given.
 */
enum es_code check_name(const char *field, const char *s, size_t min, size_t max,
    struct es_err *err) ES_MUST_CHECK;
/* Something@something without blanks, 3 to 320 characters. NULL passes. */
enum es_code check_email(
    const char *field, const char *s, struct es_err *err) ES_MUST_CHECK;
/* One of the words of allowed (blank-separated). NULL passes. */
enum es_code check_word(const char *field, const char *s, const char *allowed,
    struct es_err *err) ES_MUST_CHECK;

#define TENANT_NAME_MAX  200
#define DISPLAY_NAME_MAX 200
#define CHANNEL_NAME_MAX 100
#define TOPIC_MAX        1000
#define USER_ROLES       "owner admin member guest bot"
#define MEMBER_ROLES     "owner admin member"

#endif
