#include "auth/issuer_profile.h"

#include <string.h>

#include "core/parse.h"

#include "core/banned.h"

#define NAME_MAX_POINTS 200
#define EMAIL_MAX_BYTES 320

/* True for U+0000 to U+001F, U+007F to U+009F and the bidi controls, which reorder the
 * text around them. */
static bool
issuer_profile_is_control(const unsigned char *s, size_t step)
{
	if (step == 1)
		return s[0] < 0x20 || s[0] == 0x7f;
	if (step == 2)
		return s[0] == 0xc2 && s[1] < 0xa0;
	return step == 3 && s[0] == 0xe2 &&
	       ((s[1] == 0x80 && s[2] >= 0xaa && s[2] <= 0xae) ||
		   (s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9));
}

static const char *
issuer_profile_clean(const char *s, struct arena *a)
{
	const size_t len = strlen(s);
	char *out = arena_alloc(a, len + 1);
	size_t n = 0, points = 0, step;

	s += strspn(s, " ");
	for (; *s != '\0' && points < NAME_MAX_POINTS; s += step) {
		step = utf8_step(s, strlen(s));
		if (step == 0)
			break;
		if (issuer_profile_is_control((const unsigned char *)s, step))
			continue;
		memcpy(out + n, s, step);
		n += step;
		points++;
	}
	while (n > 0 && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
	return out;
}

const char *
issuer_profile_name(const char *claim, const char *subject, struct arena *a)
{
	const char *name = claim != NULL ? issuer_profile_clean(claim, a) : "";

	if (name[0] == '\0')
		name = issuer_profile_clean(subject, a);
	return name[0] != '\0' ? name : "User";
}

const char *
issuer_profile_email(const char *claim)
{
	const char *at = claim != NULL ? strchr(claim, '@') : NULL;

	if (at == NULL || at == claim || at[1] == '\0' || strchr(at + 1, '@') != NULL ||
	    strlen(claim) > EMAIL_MAX_BYTES)
		return NULL;
	for (const char *p = claim; *p != '\0'; p++)
		if (*p <= ' ' || *p == 0x7f) /* bytes above 0x7f are negative */
			return NULL;
	return claim;
}

enum es_code
issuer_profile_check(
    const struct issuer_claims *claims, const struct subject_row *row, struct es_err *err)
{
	if (row->user.text[0] == '\0')
		return es_fail(err, ES_UNAUTHENTICATED, "token: unknown user (sub)");
	if (!claims->owners && strcmp(row->role, "owner") == 0)
		return es_fail(
		    err, ES_UNAUTHENTICATED, "token: this key may not sign in an owner");
	return ES_OK;
}
