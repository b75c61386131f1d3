/* One setting of a table, and the report of what is wrong with settings. Loading,
 * printing and the search for misspelt names build on it. */
#ifndef CONF_CONF_ITEM_H
#define CONF_CONF_ITEM_H

#include "conf/conf.h"
#include "core/log.h"
#include "core/text.h"

#define CONF_SECRET_FILE_MAX 16384 /* bytes */
#define CONF_NAME_MAX        64    /* bytes, without the NUL */

struct conf_file_line {
	const char *name, *value;
	const char *where; /* "PATH:LINE" */
};

/* The settings file; without one it has no lines. */
struct conf_file {
	struct conf_file_line *lines;
	size_t n;
};

/* State of one load. arena and both texts belong to the caller. */
struct conf_load {
	struct arena *arena;
	struct conf_file file;
	struct text faults, warnings; /* one line for each fault or warning */
	unsigned n_faults;
};

/* True when NAME_FILE may name a file with the value: secrets, and URLs, which may hold a
 * password. */
bool conf_item_has_file(const struct conf_item *item);

/* Returns the line of the settings file that sets name, or NULL. */
const struct conf_file_line *conf_item_line(
    const struct conf_file *file, const char *name);

/* Returns the value of the variable name, or NULL. An empty variable counts as not set: a
 * compose file passes on every variable. */
const char *conf_item_variable(const char *name);

/* Finds a value in the environment or the settings file; *out_value is NULL when neither
 * has it. Returns false, after a fault, when both have it. */
bool conf_item_find(struct conf_load *l, const char *name, const char **out_value,
    const char **out_source) ES_MUST_CHECK;

/* Returns where the value comes from: "environment", "PATH:LINE" of the settings file,
 * "file" (NAME_FILE) or "default". */
const char *conf_item_source(const struct conf_file *file, const struct conf_item *item);

/* Returns the check of the setting called name, or NULL. */
const struct conf_check *conf_item_check(
    const struct conf_table tables[], size_t n, const char *name);

/* Adds the line "NAME (SOURCE): WHY" to the faults. */
void conf_item_fault(struct conf_load *l, const char *name, const char *source,
    const char *fmt, ...) ES_PRINTF(4, 5);

/* Writes one log line for each line of text. */
void conf_item_log(enum log_level level, const char *msg, const char *text);

/* Warns of an ES_ variable that belongs to another project and is ignored. */
void conf_item_warn(struct conf_load *l, const char *name);

#endif
