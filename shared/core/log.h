/* JSON log on stderr, one object a line: {"ts","lvl","svc","pid","msg",...fields}.
 * Programs log, libraries do not. No line holds a token, a message body or an e-mail. */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

struct log_field {
	enum { LOG_FIELD_STR, LOG_FIELD_INT } kind;
	const char *key;
	const char *str;
	int64_t num;
};

#define LOG_STR(k, v) ((struct log_field){.kind = LOG_FIELD_STR, .key = (k), .str = (v)})
#define LOG_INT(k, v) ((struct log_field){.kind = LOG_FIELD_INT, .key = (k), .num = (v)})

/* Left out of the line when the array of characters is empty. */
#define LOG_FILLED(k, v) \
	((struct log_field){ \
	    .kind = LOG_FIELD_STR, .key = (v)[0] != '\0' ? (k) : NULL, .str = (v)})
/* Left out of the line when the text is NULL. */
#define LOG_GIVEN(k, v) \
	((struct log_field){ \
	    .kind = LOG_FIELD_STR, .key = (v) != NULL ? (k) : NULL, .str = (v)})
/* The fields of a struct es_err that an operator needs. */
#define LOG_ERR_FIELDS(e) \
	LOG_STR("error", (e)->text), LOG_FILLED("sqlstate", (e)->sqlstate), \
	    LOG_FILLED("cause", (e)->cause), LOG_GIVEN("statement", (e)->statement)

/* svc names the program ("api", "push", "fanout"); the pointer must stay valid. */
void log_init(const char *svc, enum log_level level);
void log_set_level(enum log_level level);
bool log_level_parse(const char *name, enum log_level *out) ES_MUST_CHECK;

/* Writes one line of at most 4 KiB with one write(2). A NULL string becomes null. */
void log_write(
    enum log_level level, const char *msg, const struct log_field fields[], unsigned n);

#define LOG_N_(level, msg, ...) \
	log_write(level, msg, (const struct log_field[]){__VA_ARGS__}, \
	    (unsigned)(sizeof((const struct log_field[]){__VA_ARGS__}) / \
		       sizeof(struct log_field)))

/* log_info("listening", LOG_STR("address", a)); at least one field is required, LOG_NONE
 * stands for none. */
#define LOG_NONE            ((struct log_field){.kind = LOG_FIELD_INT, .key = NULL})
#define log_error(msg, ...) LOG_N_(LOG_ERROR, msg, __VA_ARGS__)
#define log_warn(msg, ...)  LOG_N_(LOG_WARN, msg, __VA_ARGS__)
#define log_info(msg, ...)  LOG_N_(LOG_INFO, msg, __VA_ARGS__)
#define log_debug(msg, ...) LOG_N_(LOG_DEBUG, msg, __VA_ARGS__)

#endif
