/* ES_ variables of the environment that are not settings. */
#ifndef CONF_CONF_UNKNOWN_H
#define CONF_CONF_UNKNOWN_H

#include "conf/conf_item.h"

/* Reports the ES_ variables of the environment that are neither in known nor the file
 * (NAME_FILE) of a setting: as a fault when the name resembles a setting, else as a
 * warning. */
void conf_unknown(struct conf_load *l, const struct conf_table tables[], size_t n,
    const char *const known[]);

/* Reports a name of the settings file that is neither in known nor NAME_FILE of a setting
 * that is read from a file. */
void conf_unknown_in_file(struct conf_load *l, const struct conf_table tables[], size_t n,
    const char *const known[], const struct conf_file_line *line);

#endif
