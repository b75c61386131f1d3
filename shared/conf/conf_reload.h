/* The list of the settings that a program takes while it runs. */
#ifndef CONF_CONF_RELOAD_H
#define CONF_CONF_RELOAD_H

#include "conf/conf.h"

/* True when the program takes a new value of this setting while it runs. */
bool conf_reload_takes(const struct conf_table tables[], size_t n, const char *name);

/* Aborts the program (CHECK) when the list names a setting that the program does not
 * have. */
void conf_reload_check_names(const struct conf_table tables[], size_t n);

#endif
