/* One setting of a table, and the report of what is wrong with settings. Loading,
 * printing and the search for misspelt names build on it. */
#ifndef CONF_CONF_ITEM_H
#define CONF_CONF_ITEM_H

#include "conf/conf.h"
#include "core/text.h"

#define CONF_SECRET_FILE_MAX 16384 /* bytes */
#define CONF_NAME_MAX        64    /* bytes, without the NUL */

/* State of one load. arena and both texts are the loader's. */
struct conf_load {
	struct arena *arena;
	struct text faults, warnings; /* a line each */
	unsigned n_faults;
};

/* True when NAME_FILE may name a file with the value: secrets, and URLs, which may hold a
 * password. */
bool conf_item_has_file(const struct conf_item *item);

/* Returns where the value comes from: "environment", "file" or "default". */
const char *conf_item_source(const struct conf_item *item);

/* Returns the check of the setting called name, or NULL. */
const struct conf_check *conf_item_check(
    const struct conf_table tables[], size_t n, const char *name);

/* Adds the line "NAME (SOURCE): WHY" to the faults. */
void conf_item_fault(struct conf_load *l, const char *name, const char *source,
    const char *fmt, ...) ES_PRINTF(4, 5);

/* Warns of an ES_ variable that belongs to another project and is ignored. */
void conf_item_warn(struct conf_load *l, const char *name);

#endif
