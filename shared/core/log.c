#include "core/log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/check.h"
#include "core/clock.h"
#include "core/parse.h"

#include "core/banned.h"

#define LINE_MAX_BYTES 4096

static const char *service = "?";
static enum log_level lowest = LOG_INFO;

static const char *const names[] = {"error", "warn", "info", "debug"};

struct line {
	char data[LINE_MAX_BYTES];
	size_t len;
};

static void
log_check(const char *file, int line, const char *what)
{
	log_error("CHECK failed", LOG_STR("file", file), LOG_INT("line", line),
	    LOG_STR("condition", what));
}

void
log_init(const char *svc, enum log_level level)
{
	check_set_report(log_check);
	service = svc;
	lowest = level;
}

void
log_set_level(enum log_level level)
{
	lowest = level;
}

bool
log_level_parse(const char *name, enum log_level *out)
{
	for (unsigned i = 0; i < ES_COUNT(names); i++)
		if (strcmp(names[i], name) == 0) {
			*out = (enum log_level)i;
			return true;
		}
	return false;
}

/* Drops text that does not fit. 8 bytes stay reserved for closing the JSON object, so
 * that a shortened line is valid JSON. */
static void
log_put(struct line *l, const char *s, size_t len)
{
	if (l->len + len > sizeof(l->data) - 8)
		return;
	memcpy(l->data + l->len, s, len);
	l->len += len;
}

static void
log_put_quoted(struct line *l, const char *s)
{
	char esc[8];
	size_t step;

	log_put(l, "\"", 1);
	for (; *s != '\0' && l->len < sizeof(l->data) - 32; s += step) {
		const unsigned char c = (unsigned char)*s;

		step = utf8_step(s, strnlen(s, 4));
		if (c == '"' || c == '\\') {
			esc[0] = '\\';
			esc[1] = (char)c;
			log_put(l, esc, 2);
		} else if (c < 0x20 || c == 0x7f) {
			log_put(l, esc, (size_t)snprintf(esc, sizeof(esc), "\\u%04x", c));
		} else if (step > 0) {
			log_put(l, s, step);
		} else {
			/* Replace a byte that is not UTF-8: a JSON parser would refuse
			 * the whole line. */
			log_put(l, "\\ufffd", 6);
			step = 1;
		}
	}
	/* The closing quote may use the bytes that log_put() reserves. */
	l->data[l->len++] = '"';
}

static void
log_put_pair(struct line *l, const struct log_field *f)
{
	char number[32];

	if (f->key == NULL || l->len > sizeof(l->data) - 128)
		return;
	log_put(l, ",", 1);
	log_put_quoted(l, f->key);
	log_put(l, ":", 1);
	if (f->kind == LOG_FIELD_INT)
		log_put(l, number,
		    (size_t)snprintf(number, sizeof(number), "%lld", (long long)f->num));
	else if (f->str == NULL)
		log_put(l, "null", 4);
	else
		log_put_quoted(l, f->str);
}

void
log_write(
    enum log_level level, const char *msg, const struct log_field fields[], unsigned n)
{
	struct line l = {.len = 0};
	char time[ES_TIME_TEXT];
	ssize_t written;

	if (level > lowest)
		return;
	clock_format(clock_wall_ms(), time);
	l.len = (size_t)snprintf(l.data, sizeof(l.data),
	    "{\"ts\":\"%s\",\"lvl\":\"%s\",\"svc\":\"%s\",\"pid\":%d,\"msg\":", time,
	    names[level], service, (int)getpid());
	log_put_quoted(&l, msg);
	for (unsigned i = 0; i < n; i++)
		log_put_pair(&l, &fields[i]);
	l.data[l.len++] = '}';
	l.data[l.len++] = '\n';
	/* A failed write to stderr can't be reported anywhere. */
	written = write(STDERR_FILENO, l.data, l.len);
	(void)written;
}
