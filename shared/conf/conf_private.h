/* What the files of this folder share. */
#ifndef CONF_CONF_PRIVATE_H
#define CONF_CONF_PRIVATE_H

#include "conf/conf.h"
#include "core/text.h"

#define CONF_SECRET_FILE_MAX 16384
#define CONF_NAME_MAX        64

/* What holds a secret may come from a file that NAME_FILE names: so may a URL with a
 * password in it. */
static inline bool
conf_has_file(const struct conf_item *item)
{
	return item->kind == CONF_SECRET || item->kind == CONF_URL;
}

struct conf_load {
	struct arena *arena;
	struct text faults, warnings; /* a line each */
	unsigned n_faults;
};

/* "environment", "file" or "default". */
const char *conf_source(const struct conf_item *item);

/* The check of that item, or NULL. */
const struct conf_check *conf_check_of(
    const struct conf_table tables[], size_t n, const char *name);

void conf_fault(struct conf_load *l, const char *name, const char *source,
    const char *fmt, ...) ES_PRINTF(4, 5);

/* An ES_ variable of another project, which is ignored. */
void conf_warning(struct conf_load *l, const char *name);

/* Reports ES_ variables that are neither in known nor NAME_FILE of one that is read so:
 * near misses as faults, others as warnings. */
void conf_unknown(struct conf_load *l, const struct conf_table tables[], size_t n,
    const char *const known[]);

#endif
