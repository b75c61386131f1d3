/* ES_ variables of the environment that are not settings. */
#ifndef CONF_CONF_UNKNOWN_H
#define CONF_CONF_UNKNOWN_H

#include "conf/conf_item.h"

/* Reports the ES_ variables of the environment that are not in known and are not
 * NAME_FILE of a setting. A name that resembles a setting is a fault, any other a
 * warning. */
void conf_unknown(struct conf_load *l, const struct conf_table tables[], size_t n,
    const char *const known[]);

/* Reports a name of the settings file unless it is in known, or is NAME_FILE of a setting
 * that may be read from a file. */
void conf_unknown_in_file(struct conf_load *l, const struct conf_table tables[], size_t n,
    const char *const known[], const struct conf_file_line *line);

#endif
