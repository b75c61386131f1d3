#include "http/field_check.h"

#include <string.h>

#include "core/parse.h"
#include "unicode/unicode.h"

#include "core/banned.h"

/* True for a control character of C0 or C1, or a line or paragraph separator. */
static bool
field_check_has_control(const char *s)
{
	for (const unsigned char *p = (const unsigned char *)s; *p != '\0'; p++) {
		if (*p < 0x20 || *p == 0x7f)
			return true;
		if (p[0] == 0xc2 && p[1] < 0xa0)
			return true;
		if (p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9))
			return true;
	}
	return false;
}

enum es_code
field_check_name(const char *field, const char **s, size_t min, size_t max,
    struct arena *a, struct es_err *err)
{
	const char *clean;
	size_t points;

	if (*s == NULL)
		return ES_OK;
	if (!utf8_length(*s, strlen(*s), &points))
		return es_fail_field(err, ES_INVALID, field, "must be valid UTF-8");
	clean = unicode_clean(*s, a);
	if (!utf8_length(clean, strlen(clean), &points) || points < min || points > max)
		return es_fail_field(
		    err, ES_INVALID, field, "must have %zu to %zu characters", min, max);
	if (field_check_has_control(clean))
		return es_fail_field(
		    err, ES_INVALID, field, "must not contain a control character");
	if (unicode_has_bidi(clean))
		return es_fail_field(err, ES_INVALID, field,
		    "must not contain a text direction control (U+202A to U+202E, "
		    "U+2066 to U+2069)");
	if (min > 0 && !unicode_visible(clean))
		return es_fail_field(
		    err, ES_INVALID, field, "must have at least one visible character");
	if (min > 0 && strlen(unicode_key(clean, a)) > UNICODE_KEY_MAX)
		return es_fail_field(err, ES_INVALID, field,
		    "is too long once its compatibility characters are expanded (NFKC)");
	*s = clean;
	return ES_OK;
}

enum es_code
field_check_email(const char *field, const char **s, struct arena *a, struct es_err *err)
{
	const char *at;

	if (*s == NULL)
		return ES_OK;
	TRY(field_check_name(field, s, 3, EMAIL_MAX, a, err));
	at = strchr(*s, '@');
	if (at == NULL || at == *s || at[1] == '\0' || strchr(at + 1, '@') != NULL ||
	    unicode_has_white_space(*s))
		return es_fail_field(err, ES_INVALID, field,
		    "must be an e-mail address, such as ann@example.com");
	return ES_OK;
}

enum es_code
field_check_word(
    const char *field, const char *s, const char *allowed, struct es_err *err)
{
	const size_t len = s == NULL ? 0 : strlen(s);

	if (s == NULL)
		return ES_OK;
	for (const char *w = allowed; *w != '\0'; w += strspn(w, " ")) {
		const size_t n = strcspn(w, " ");

		if (n == len && strncmp(w, s, n) == 0)
			return ES_OK;
		w += n;
	}
	return es_fail_field(err, ES_INVALID, field, "must be one of: %s", allowed);
}
