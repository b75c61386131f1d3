/* The settings file: lines NAME=VALUE, as in an EnvironmentFile of systemd, but without
 * escapes. It can change while a program runs; the environment of a process cannot. */
#ifndef CONF_CONF_FILE_H
#define CONF_CONF_FILE_H

#include "conf/conf_item.h"

#define CONF_FILE_NAME "ES_SETTINGS_FILE"

/* Returns ES_INVALID when the path is not absolute, because a reload must not depend on
 * the folder in which the program was started. */
enum es_code conf_file_check_path(
    const char *path, struct arena *a, struct es_err *err) ES_MUST_CHECK;

/* Reads the file that ES_SETTINGS_FILE names into l->file, and reports its faults. */
void conf_file_read(struct conf_load *l, const struct conf_table tables[], size_t n);

#endif
