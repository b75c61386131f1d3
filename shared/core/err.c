#include "core/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/parse.h"

#include "core/banned.h"

/* err.h redefines these names for the static analyzer; this file defines the real
 * functions. */
#undef es_fail
#undef es_fail_field

struct code_info {
	int status;
	const char *name, *title;
	bool retryable;
};

static const struct code_info infos[ES_CODE_COUNT] = {
#define X(name, status, wire, title, retry) [ES_##name] = {status, wire, title, retry},
    ES_CODES(X)
#undef X
};

int
es_code_status(enum es_code code)
{
	return infos[code].status;
}

const char *
es_code_name(enum es_code code)
{
	return infos[code].name;
}

const char *
es_code_title(enum es_code code)
{
	return infos[code].title;
}

bool
es_code_retryable(enum es_code code)
{
	return infos[code].retryable;
}

enum es_code
es_code_from_name(const char *name)
{
	for (int i = 0; i < ES_CODE_COUNT; i++)
		if (strcmp(infos[i].name, name) == 0)
			return (enum es_code)i;
	return ES_INTERNAL;
}

/* Makes s valid UTF-8, as JSON and WebSocket text frames require. The text may quote
 * invalid input, and snprintf() may have cut it inside a character. */
static void
err_clean(char *s)
{
	const size_t len = strlen(s);
	size_t at = 0;

	while (at < len) {
		const size_t step = utf8_step(s + at, len - at);

		if (step > 0) {
			at += step;
		} else if ((unsigned char)s[at] >= 0xc0 && len - at < 4) {
			s[at] = '\0';
			return;
		} else {
			s[at++] = '?';
		}
	}
}

static void err_fill(struct es_err *err, enum es_code code, const char *field,
    const char *fmt, va_list ap) __attribute__((format(printf, 4, 0)));

static void
err_fill(
    struct es_err *err, enum es_code code, const char *field, const char *fmt, va_list ap)
{
	*err = (struct es_err){.code = code};
	(void)snprintf(err->field, sizeof(err->field), "%s", field);
	(void)vsnprintf(err->text, sizeof(err->text), fmt, ap);
	err_clean(err->field);
	err_clean(err->text);
}

void
es_err_reason(const struct es_err *err, char out[ES_REASON_MAX])
{
	const int len = snprintf(out, ES_REASON_MAX, "%s%s%s", err->text,
	    err->cause[0] != '\0' ? ": " : "", err->cause);

	if (err->sqlstate[0] != '\0')
		(void)snprintf(out + len, ES_REASON_MAX - (size_t)len,
		    " (SQLSTATE %s%s%s)", err->sqlstate,
		    err->statement != NULL ? ", statement " : "",
		    err->statement != NULL ? err->statement : "");
	err_clean(out);
}

enum es_code
es_fail(struct es_err *err, enum es_code code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	err_fill(err, code, "", fmt, ap);
	va_end(ap);
	return code;
}

enum es_code
es_fail_field(
    struct es_err *err, enum es_code code, const char *field, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	err_fill(err, code, field, fmt, ap);
	va_end(ap);
	return code;
}
